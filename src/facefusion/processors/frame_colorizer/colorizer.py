"""A learned colouriser as a frame processor."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from facefusion.core import Float32, Frame, Pixels, from_unit, to_unit
from facefusion.core.settings import check_settings
from facefusion.processors.frame_colorizer.settings import Settings


class Colouriser(Protocol):
    """What a network that colours can do."""

    def colour(self, pixels: Pixels) -> Float32:
        """(H, W, 3) float32 RGB in [0, 1]: `pixels` (H, W, 3) RGB with other colours and the same lightness."""


class FrameColorizer:
    """Colours frames; a pure function of its input, safe in threads."""

    name: ClassVar[str] = "frame_colorizer"
    scale = 1

    def __init__(self, colouriser: Colouriser, settings: Settings) -> None:
        check_settings(settings)
        self._colouriser, self._blend = colouriser, np.float32(settings.blend)

    def process_frame(self, frame: Frame) -> Frame:
        """The coloured frame, of the same dtype, with its alpha if it has one."""
        if self._blend <= 0:
            return frame
        coloured = self._colouriser.colour(frame.pixels)
        if self._blend < 1:
            before = to_unit(frame.pixels)
            coloured = before + self._blend * (coloured - before)
        return replace(frame, pixels=from_unit(coloured, frame.pixels.dtype))
