"""How the skin moves from one frame to the next, by dense optical flow.

Landmarks say where a face is, a little differently in every frame; the flow says how far the skin moved, to a few
hundredths of a pixel, but not where it is. Together they hold a texture to the skin (see `smooth`). DIS flow (Kroeger
et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016) is run on a small crop, forwards and backwards; where
the two disagree (something came in between, the picture is blurred) the movement is not sure.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Float32, Pixels, UInt8
from facefusion.core.arrays import PIXEL_MAX

CROP_SIZE = 192
_MARGIN = 1.3
_STRIDE, _STEPS = 4, 12
"""Pixels between the patches of the search, and its most steps. Finer ones took twice as long and held no stiller."""
_REFINED = 2
"""Steps of the variational refinement; OpenCV's five are no nearer to the truth and half of all time (ADR 0129)."""
_BLUR = 1.125
"""Single vectors tremble: they are averaged with this Gaussian, in pixels of the crop."""
_DOUBT_PX = 0.5
"""Disagreement of the two directions at which a movement is half sure, in pixels of the crop."""
_STEPS_PER_PX, _LEVELS = 16, 8
"""Movements and sureness are rounded, so that they store small."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A square of whole pixels that both frames are cut to; `scale` leads from the picture to the crop."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def scale(self) -> float:
        return min(CROP_SIZE / max(self.x1 - self.x0, self.y1 - self.y0), 1.0)

    def cut(self, pixels: Pixels) -> UInt8:
        """The window of (H, W, 3) RGB as grey uint8, at most `CROP_SIZE` a side."""
        part = pixels[self.y0 : self.y1, self.x0 : self.x1]
        if part.dtype != np.uint8:
            part = np.clip(part * (255.0 / PIXEL_MAX[part.dtype.name]), 0, 255).astype(np.uint8)
        grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
        size = (max(round(grey.shape[1] * self.scale), 16), max(round(grey.shape[0] * self.scale), 16))
        whole = int(1 / self.scale)
        if whole > 1:
            grey = cv2.resize(grey, (grey.shape[1] // whole, grey.shape[0] // whole), interpolation=cv2.INTER_AREA)
        return cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)


class FaceFlow:
    """Measures how far the skin under landmarks moves between two frames. Safe to use from several threads.

    The numbers depend on OpenCV's number of threads: set it to 1, as a run does.
    """

    def __init__(self) -> None:
        self._own = threading.local()

    def between(self, before: Pixels, after: Pixels, xy: Float32) -> Float32:
        """Movements of the spots of `before` that lie under landmarks `xy` (K, 2), pixels.

        before, after: (H, W, 3) RGB uint8, uint16 or float32 of one size. Returns (K, 3) float32: x and y in pixels,
        and how sure, in [0, 1].
        """
        window = _window_around(xy, before.shape[1], before.shape[0])
        if window is None:
            return np.zeros((len(xy), 3), np.float32)
        first, second = window.cut(before), window.cut(after)
        scale = np.array([first.shape[1] / (window.x1 - window.x0), first.shape[0] / (window.y1 - window.y0)])
        at = ((xy - (window.x0, window.y0) + 0.5) * scale - 0.5).astype(np.float32)
        moved, sure = carried(self._dense(first, second), self._dense(second, first), at)
        rounded = np.round(moved / scale * _STEPS_PER_PX) / _STEPS_PER_PX
        return np.column_stack([rounded, np.round(sure * _LEVELS) / _LEVELS]).astype(np.float32)

    def _dense(self, first: UInt8, second: UInt8) -> Float32:
        if not hasattr(self._own, "dis"):
            self._own.dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            self._own.dis.setPatchStride(_STRIDE)
            self._own.dis.setGradientDescentIterations(_STEPS)
            self._own.dis.setVariationalRefinementIterations(_REFINED)
        flow: Float32 = cv2.GaussianBlur(self._own.dis.calc(first, second, None), (0, 0), _BLUR)
        return flow


def carried(forward: Float32, backward: Float32, at: Float32) -> tuple[Float32, Float32]:
    """Movement (K, 2) of the spots `at` (K, 2) and how sure it is (K,), from dense flows (h, w, 2) both ways.

    The movement is the mean of both directions; a spot that leaves the crop is not sure at all.
    """
    there = sampled(forward, at)
    back = sampled(backward, at + there)
    apart = np.linalg.norm(there + back, axis=1)
    moved = (there - back) / np.float32(2)
    sure = 1.0 / (1.0 + (apart / _DOUBT_PX) ** 2)
    last = np.array([forward.shape[1] - 1, forward.shape[0] - 1])
    inside = ((at >= 0) & (at <= last) & (at + moved >= 0) & (at + moved <= last)).all(axis=1)
    return moved.astype(np.float32), (sure * inside).astype(np.float32)


def sampled(flow: Float32, at: Float32) -> Float32:
    """(K, 2) float32: a dense flow (h, w, 2) at points (K, 2), between pixels by straight interpolation."""
    columns, rows = (np.ascontiguousarray(at[:, axis], np.float32)[None] for axis in (0, 1))
    values: Float32 = cv2.remap(flow, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return values


def _window_around(xy: Float32, width: int, height: int) -> _Window | None:
    """The square around landmarks, cut to the picture; None where next to nothing is left of it."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    center, half = (low + high) / 2, float((high - low).max()) * _MARGIN / 2
    x0, y0 = (int(max(np.floor(value), 0)) for value in center - half)
    x1, y1 = (int(min(np.ceil(value), size)) for value, size in zip(center + half, (width, height), strict=True))
    return _Window(x0, y0, x1, y1) if x1 - x0 >= 16 and y1 - y0 >= 16 else None
