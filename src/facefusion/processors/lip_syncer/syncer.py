"""A learned lip-sync network as a face processor: aligned crop in, the same face saying something out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Protocol

import cv2
import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, Float32, Patch
from facefusion.core.settings import check_settings
from facefusion.geometry.templates import TemplateName, template_points
from facefusion.processors.lip_syncer.settings import Settings

_EDGE = 0.06
"""How far the mask fades out, in crop sides."""


class Speaker(Protocol):
    """What a network that moves lips can do. size, template: of its pictures. takes_weight: it can speak less."""

    size: int
    template: TemplateName
    takes_weight: bool

    def speak(self, faces: Sequence[Float32], mel: Float32, weight: float = 1.0) -> Float32:
        """(n, size, size, 3) float32 RGB in [0, 1]: `faces` saying `mel` (n, 1, 80, 16), one piece for each."""


class Speech(Protocol):
    """What is said."""

    def at(self, index: int) -> Float32:
        """(1, 80, 16) float32: what is heard while frame `index` is seen."""


class LipSyncer:
    """Lets an aligned face say what is heard at its frame. Pure and thread-safe; changes the lower half alone."""

    name: ClassVar[str] = "lip_syncer"
    crop_kind: CropKind = "template"

    def __init__(self, speaker: Speaker, speech: Speech, settings: Settings) -> None:
        check_settings(settings)
        self._speaker, self._speech, self._settings = speaker, speech, settings
        self.template: TemplateName = speaker.template
        self.crop_size = speaker.size

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole picture: aligned crops are cut by their template."""
        return Box(0.0, 0.0, float(width), float(height))

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The crop with other lips, or None when nothing of it is to show."""
        weight = self._settings.weight
        if weight <= 0:
            return None
        said = self._speaker.speak([aligned.pixels], self._speech.at(aligned.frame_index)[None], weight)[0]
        strength = np.float32(1.0 if self._speaker.takes_weight else weight)
        return Patch(said, lower_mask(self.template, self.crop_size) * strength, aligned.matrix)


@lru_cache(maxsize=8)
def lower_mask(template: TemplateName, size: int) -> Float32:
    """(size, size) float32: 1 from the tip of the nose down, softly 0 above it and at the crop's border."""
    nose = float(template_points(template, size=size)[2, 1])
    mask = np.zeros((size, size), np.float32)
    inset = max(round(size * _EDGE), 1)
    mask[min(round(nose), size - 2 * inset) : -inset, inset:-inset] = 1
    side = 2 * inset + 1
    soft: Float32 = cv2.blur(mask, (side, side), borderType=cv2.BORDER_CONSTANT)
    soft.flags.writeable = False
    return soft
