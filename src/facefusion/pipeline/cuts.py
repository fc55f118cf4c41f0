"""Cuts of a clip, seen while it is read: a stand-in until shots are measured in a room of their own."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Pixels
from facefusion.core.arrays import PIXEL_MAX

_SIZE = (48, 27)
_BINS = 8
_JUMP = 0.10
"""Mean change of a thumbnail's pixels; talking heads stay below 0.02, fast pans below 0.09."""
_OTHER_COLOURS = 0.35
"""Share of pixels whose colour bin is new; the same scene stays below 0.2."""
_RISE = 3.0
"""A cut changes this many times more than the frame before it did, which a fast pan does not."""


class CutFinder:
    """Feed it frames in order; says of each whether a new shot begins with it. Holds one thumbnail."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._change_before = 0.0

    def is_cut(self, pixels: Pixels) -> bool:
        """Whether `pixels` (H, W, 3) RGB begins a new shot; never true of the first frame."""
        now = _thumbnail(pixels)
        before, self._before = self._before, now
        if before is None:
            return False
        change = float(np.abs(now - before).mean())
        rose = change > _RISE * max(self._change_before, 0.005)
        self._change_before = change
        return change > _JUMP and rose and _new_colours(before, now) > _OTHER_COLOURS


def _thumbnail(pixels: Pixels) -> NDArray[np.float32]:
    """(27, 48, 3) float32 in [0, 1]; first by nearest pixels, so that a large frame costs nothing."""
    step = max(1, min(pixels.shape[0] // (4 * _SIZE[1]), pixels.shape[1] // (4 * _SIZE[0])))
    small = cv2.resize(np.ascontiguousarray(pixels[::step, ::step]), _SIZE, interpolation=cv2.INTER_AREA)
    unit: NDArray[np.float32] = np.clip(small.astype(np.float32) / PIXEL_MAX[pixels.dtype.name], 0, 1)
    return unit


def _new_colours(before: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    shared = np.minimum(_histogram(before), _histogram(now)).sum()
    return 1.0 - float(shared) / (_SIZE[0] * _SIZE[1])


def _histogram(thumbnail: NDArray[np.float32]) -> NDArray[np.int64]:
    bins = np.minimum((thumbnail.reshape(-1, 3) * _BINS).astype(np.int64), _BINS - 1)
    return np.bincount(bins @ np.array([_BINS * _BINS, _BINS, 1]), minlength=_BINS**3)
