"""A learned face restorer as a face processor: aligned crop in, aligned patch out."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, Float32, Patch
from facefusion.core.settings import check_settings
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.enhancers import FaceRestorer
from facefusion.processors.face_enhancer.settings import Settings

_EDGE = 0.06
"""How far the crop's border fades in, in crop sides."""


class LearnedEnhancer:
    """Clears an aligned face. Pure and thread-safe; `blend` says how much of it shows, the rest is the face before."""

    name: ClassVar[str] = "face_enhancer"
    crop_kind: CropKind = "template"

    def __init__(self, restorer: FaceRestorer, settings: Settings) -> None:
        check_settings(settings)
        self._restorer, self._settings = restorer, settings
        self.template: TemplateName = restorer.template
        self.crop_size = restorer.size

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole picture: aligned crops are cut by their template."""
        return Box(0.0, 0.0, float(width), float(height))

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The clearer crop, or None when nothing of it is to show."""
        if self._settings.blend <= 0:
            return None
        clear = self._restorer.restore([aligned.pixels], self._settings.fidelity)[0]
        mask = edge_mask(self.crop_size) * np.float32(self._settings.blend)
        return Patch(clear, mask, aligned.matrix)


@lru_cache(maxsize=8)
def edge_mask(size: int) -> Float32:
    """(size, size) float32: 1 inside, softly 0 at the crop's border."""
    mask = np.zeros((size, size), np.float32)
    inset = max(round(size * _EDGE), 1)
    mask[inset:-inset, inset:-inset] = 1
    side = 2 * inset + 1
    soft: Float32 = cv2.blur(mask, (side, side), borderType=cv2.BORDER_CONSTANT)
    soft.flags.writeable = False
    return soft
