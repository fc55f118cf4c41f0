"""What looks for things in front of faces: ours, or an occluder or parser of the zoo."""

from __future__ import annotations

from typing import Protocol

from facefusion.core import Float32, Landmarks, Pixels
from facefusion.faces.learned_parser import LearnedOcclusion
from facefusion.faces.parse import OcclusionParser
from facefusion.models import Task
from facefusion.models.zoo import Zoo
from facefusion.pipeline.catalog import OWN_WAYS


class Occlusion(Protocol):
    """Looks for what is in front of a face."""

    def visible(self, pixels: Pixels, landmarks: Landmarks) -> Float32:
        """(H, W) float32 in [0, 1]: 0 where something is in front of the face of `pixels` (H, W, 3) RGB."""


def occlusion_of(model: str, zoo: Zoo) -> Occlusion:
    """Ours for "own", else the model of that name. Raises as the zoo."""
    if model in OWN_WAYS:
        return OcclusionParser(providers=zoo.providers)
    return LearnedOcclusion(zoo.adapter(model, occlusion_task(model, zoo)))


def occlusion_task(model: str, zoo: Zoo) -> Task:
    """Parsers and occluders both serve."""
    card = zoo.store.card(model)
    return "face_parser" if card.task == "face_parser" else "face_occluder"
