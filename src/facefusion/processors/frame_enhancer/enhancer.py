"""Frames made larger, tile by tile, so that memory does not grow with their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Frame, Pixels, from_unit, to_unit
from facefusion.core.settings import check_settings
from facefusion.processors.frame_enhancer.settings import Settings
from facefusion.processors.frame_enhancer.upscale import REACH, enlarged, grain_of

TILE_PX = 512
"""Side of a tile of the source."""


class FrameEnhancer:
    """Makes frames `scale` times as large; a pure function of its input, safe in threads."""

    name: ClassVar[str] = "frame_enhancer"

    def __init__(self, settings: Settings | None = None, *, tile_px: int = TILE_PX) -> None:
        self._settings, self._tile_px = settings or Settings(), tile_px
        check_settings(self._settings)
        self.scale = self._settings.scale

    def process_frame(self, frame: Frame) -> Frame:
        """The larger frame, of the same dtype, with its alpha if it has one."""
        pixels = self._enlarged(frame.pixels)
        alpha = None if frame.alpha is None else self._stretched(frame.alpha)
        return replace(frame, pixels=pixels, alpha=alpha)

    def _enlarged(self, pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        grain = grain_of(to_unit(pixels))
        result = np.empty((height * self.scale, width * self.scale, 3), pixels.dtype)
        for rows, columns in _tiles(height, width, self._tile_px):
            around = _grown(rows, height), _grown(columns, width)
            large = enlarged(to_unit(pixels[around]), self.scale, self._settings.crispness, grain)
            inner = tuple(
                slice((part.start - wide.start) * self.scale, (part.stop - wide.start) * self.scale)
                for part, wide in zip((rows, columns), around, strict=True)
            )
            outer = tuple(slice(part.start * self.scale, part.stop * self.scale) for part in (rows, columns))
            result[outer] = from_unit(large[inner], pixels.dtype)
        return result

    def _stretched(self, alpha: NDArray[Any]) -> NDArray[Any]:
        size = (alpha.shape[1] * self.scale, alpha.shape[0] * self.scale)
        return cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)


def _tiles(height: int, width: int, side: int) -> Iterator[tuple[slice, slice]]:
    for y in range(0, height, side):
        for x in range(0, width, side):
            yield slice(y, min(y + side, height)), slice(x, min(x + side, width))


def _grown(part: slice, limit: int) -> slice:
    return slice(max(part.start - REACH, 0), min(part.stop + REACH, limit))
