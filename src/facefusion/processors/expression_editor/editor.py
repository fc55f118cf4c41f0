"""A learned set of networks that draws a face with another expression, as a face processor."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, Float32, Landmarks, Patch
from facefusion.core.settings import check_settings
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.live_portrait import Edit, LivePortrait
from facefusion.processors.expression_editor.settings import Settings

_EDGE = 0.08
"""How far the crop's border fades in, in crop sides."""
_LIDS = (((159, 145), (33, 133)), ((386, 374), (362, 263)))
_LIPS = ((13, 14), (61, 291))
"""Points of the mesh: what opens, and the corners beside it."""


class ExpressionEditor:
    """Draws an aligned face with another expression. Pure and thread-safe."""

    name: ClassVar[str] = "expression_editor"
    crop_kind: CropKind = "template"

    def __init__(self, portrait: LivePortrait, settings: Settings) -> None:
        check_settings(settings)
        self._portrait, self._settings = portrait, settings
        self.template: TemplateName = portrait.template
        self.crop_size = portrait.size
        self._is_idle = settings == Settings(model=settings.model)

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole picture: aligned crops are cut by their template."""
        return Box(0.0, 0.0, float(width), float(height))

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The crop with another expression, or None when none is asked for."""
        if self._is_idle or aligned.face.landmarks is None:
            return None
        drawn = self._portrait.edited(aligned.pixels, self._edit(aligned.face.landmarks))
        return Patch(drawn, edge_mask(self.crop_size), aligned.matrix)

    def _edit(self, landmarks: Landmarks) -> Edit:
        asked = self._settings
        return Edit(
            eyes=asked.eyes,
            lips=asked.lips,
            strength=asked.strength,
            smile=asked.smile,
            gaze=(asked.gaze_x, asked.gaze_y),
            turn_deg=(asked.pitch_deg, asked.yaw_deg, asked.roll_deg),
            eyes_now=(openness(landmarks, *_LIDS[0]), openness(landmarks, *_LIDS[1])),
            lips_now=openness(landmarks, *_LIPS),
        )


def openness(landmarks: Landmarks, opening: tuple[int, int], corners: tuple[int, int]) -> float:
    """The distance of the points that open, in distances of the corners beside them."""
    high, low, left, right = (landmarks.xy[place] for place in (*opening, *corners))
    return float(np.hypot(*(high - low)) / max(float(np.hypot(*(left - right))), 1e-6))


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
