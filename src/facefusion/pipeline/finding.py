"""Which networks find faces and align them: the bundled ones, or learned ones that somebody names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from facefusion.core import Analysis
from facefusion.errors import InvalidInput
from facefusion.models import ModelStore, Task
from facefusion.models.devices import Device, parse_numbers, parse_overrides
from facefusion.models.memory import GIGABYTE
from facefusion.models.zoo import Zoo
from facefusion.pipeline.catalog import OWN_WAYS
from facefusion.pipeline.settings import FinderSettings, JobSettings

if TYPE_CHECKING:
    from facefusion.faces.analyser import FaceAnalyser

_PARTS: Mapping[str, tuple[str, Task]] = {
    "detector": ("--face-detector-model", "face_detector"),
    "landmarker": ("--face-landmarker-model", "face_landmarker"),
}
"""What an analysis says of the learned networks it was made with: by part, the option and the task."""


def zoo_of_job(job: JobSettings) -> Zoo:
    """Where learned weights come from and what they run on."""
    folder = Path(job.models_folder) if job.models_folder else None
    own = parse_overrides(job.model_provider)
    device = Device(
        numbers=parse_numbers(job.execution_device),
        batch=job.execution_batch,
        memory_bytes=round(job.execution_memory_limit * GIGABYTE),
        precision=job.execution_precision,
    )
    return Zoo(ModelStore.of_user(folder), job.execution_provider, device=device, own=own)


def asked_of(finder: FinderSettings) -> tuple[tuple[str, Task], ...]:
    """The learned networks that are asked for: name or path, and what for."""
    return tuple((model, _PARTS[part][1]) for part, model in _named(finder).items())


def weights_of(finder: FinderSettings, zoo: Zoo) -> dict[str, str]:
    """What tells analyses by learned networks apart: by part, the name and the sha256; empty for the bundled ones.

    Raises as `Zoo.check`.
    """
    said = {}
    for part, model in _named(finder).items():
        used = zoo.used(model, _PARTS[part][1])[0]
        said[part] = f"{used.name} {used.sha256}"
    if "detector" in said:
        said["detector"] += f" above {finder.face_detector_score:g}"
    return said


def analyser_of(job: JobSettings, finder: FinderSettings) -> FaceAnalyser:
    """What finds and reads faces as these settings say. Raises as `Zoo.check`."""
    from facefusion.faces.analyser import FaceAnalyser

    named = _named(finder)
    if not named:
        return FaceAnalyser(providers=job.execution_provider)
    zoo = zoo_of_job(job)
    made = {part: zoo.adapter(model, _PARTS[part][1]) for part, model in named.items()}
    return FaceAnalyser(
        providers=job.execution_provider,
        detector=made.get("detector"),
        above=finder.face_detector_score,
        landmarker=made.get("landmarker"),
        weights=weights_of(finder, zoo),
    )


def check_networks(analysis: Analysis, analyser: FaceAnalyser) -> None:
    """Raise InvalidInput when `analysis` was made by other learned networks than those of `analyser`."""
    for part, (option, _) in _PARTS.items():
        made, wanted = analysis.made_with.get(part, ""), analyser.weights.get(part, "")
        if made != wanted:
            raise InvalidInput(
                f"the analysis: its {part} was {_name(made)}, this run asks for {_name(wanted)}; say {option} "
                f"{made.partition(' ')[0] or 'own'} as it was measured, or analyse again"
            )


def _named(finder: FinderSettings) -> dict[str, str]:
    asked = {"detector": finder.face_detector_model, "landmarker": finder.face_landmarker_model}
    return {part: model for part, model in asked.items() if model not in OWN_WAYS}


def _name(said: str) -> str:
    """The network for people: its name, a little of its hash, and what else belongs to it."""
    name, _, rest = said.partition(" ")
    digest, _, more = rest.partition(" ")
    return f"{name} ({digest[:12]}{' ' + more if more else ''})" if said else "the bundled one"
