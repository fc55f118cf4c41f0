"""The processor: which way a frame is cut out, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Analysis, Cutout, Face, Float32, Frame
from facefusion.processors.background_remover.keyer.key import Screen, key
from facefusion.processors.background_remover.settings import Settings

_SURE_AT, _DEEP_AT = 0.02, 0.05
"""How far from the person's edge, in heights of the picture, their map is believed over the keyer."""


class BackgroundRemover:
    """Takes the foreground out of a frame. Thread-safe."""

    name: ClassVar[str] = "background_remover"

    def __init__(self, settings: Settings, analysis: Analysis | None = None) -> None:
        self._settings, self._analysis = settings, analysis

    def cut_out(self, frame: Frame, faces: Sequence[Face] = ()) -> Cutout:
        """The foreground of `frame`."""
        return key(frame.pixels, Screen(np.array([0.06, 0.32, 0.14], np.float32), 1))


def hold_of(person: Float32) -> Float32:
    """(H, W) float32: 1 deep inside of the person, falling to 0 towards where their map is no longer sure."""
    height, width = person.shape
    step = max(height // 180, 1)
    small = cv2.resize(person, (width // step, height // step), interpolation=cv2.INTER_AREA)
    inside = cv2.distanceTransform((small > 0.8).astype(np.uint8), cv2.DIST_L2, 3) * (step / height)
    hold = np.clip((inside - _SURE_AT) / (_DEEP_AT - _SURE_AT), 0, 1).astype(np.float32)
    return cv2.resize(hold, (width, height), interpolation=cv2.INTER_LINEAR)
