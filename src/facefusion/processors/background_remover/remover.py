"""The processor: which way a frame is cut out, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Analysis, Cutout, Face, Frame, from_unit, to_unit
from facefusion.processors.background_remover.settings import Settings


class BackgroundRemover:
    """Takes the foreground out of a frame. Thread-safe."""

    name: ClassVar[str] = "background_remover"

    def __init__(self, settings: Settings, analysis: Analysis | None = None) -> None:
        self._settings, self._analysis = settings, analysis

    def cut_out(self, frame: Frame, faces: Sequence[Face] = ()) -> Cutout:
        """The foreground of `frame`: what is not green (Vlahos' colour difference)."""
        rgb = to_unit(frame.pixels)
        red, green, blue = cv2.split(rgb)
        excess = green - np.maximum(red, blue)
        screen = float(np.percentile(excess, 95))
        alpha = np.clip(1 - excess / max(screen, 0.05), 0, 1).astype(np.float32)
        clean = np.dstack([red, np.minimum(green, np.maximum(red, blue)), blue])
        return Cutout(from_unit(clean, frame.dtype), alpha)
