"""Steady light: what a swap changes in light and colour may not jump from frame to frame.

The residual (result minus target) is laid out in the face's own texture space, coarsely, so that the same spot of skin
is compared over time whatever the head does. Each frame's residual is moved towards the temporal median of the frames
around it. Only broad light and colour on plain skin is touched: texture, eyes, brows and lips are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from facefusion.core import Float32, Landmarks, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry.raster import rasterize
from facefusion.geometry.uv_maps import face_triangles, uv_maps, uv_pixels

SIZE = 64
"""Texels a side: one is about a sixtieth of the face."""
_BLUR = 1.5
_LARGEST = 0.06
"""Corrections beyond this are no flicker."""
_KNOWN = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """values: (SIZE, SIZE, 3) float32, result minus target in [-1, 1]. known: (SIZE, SIZE) float32 in [0, 1], where the
    face was changed and is seen."""

    values: Float32
    known: Float32


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a picture around a face, and how many of its pixels become one of the coarse picture."""

    x0: int
    y0: int
    x1: int
    y1: int
    coarseness: float

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def coarse_size(self) -> tuple[int, int]:
        """(width, height) of the coarse picture."""
        return (
            max(round((self.x1 - self.x0) / self.coarseness), 2),
            max(round((self.y1 - self.y0) / self.coarseness), 2),
        )

    def coarse(self, xy: Float32) -> Float32:
        """Points of the picture in the coarse picture's pixels."""
        width, height = self.coarse_size
        scale = np.array([width / (self.x1 - self.x0), height / (self.y1 - self.y0)], np.float32)
        return ((xy - np.array([self.x0, self.y0], np.float32) + 0.5) * scale - 0.5).astype(np.float32)


def residual_of(before: Pixels, after: Pixels, landmarks: Landmarks) -> Residual | None:
    """What changed on a face; None where it lies outside the picture.

    before, after: (H, W, 3) of one dtype. landmarks: 478 points of the face in the picture.
    """
    window = _window(landmarks.xy, before.shape[1], before.shape[0])
    if window is None:
        return None
    top = np.float32(PIXEL_MAX[before.dtype.name])
    change = after[window.part].astype(np.float32) - before[window.part].astype(np.float32)
    stacked = np.dstack([change / top, change.any(axis=2).astype(np.float32)])
    coarse = cv2.resize(stacked, window.coarse_size, interpolation=cv2.INTER_AREA)
    place, covered = rasterize(
        uv_pixels(SIZE), np.zeros(468, np.float32), face_triangles(), window.coarse(landmarks.xy[:468]), (SIZE, SIZE)
    )
    laid = cv2.remap(coarse, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    known = laid[..., 3] * covered
    return Residual(laid[..., :3] / np.maximum(laid[..., 3:], 1e-3), known.astype(np.float32))


def correction(own: Residual, around: Sequence[Residual], strength: float) -> Float32:
    """(SIZE, SIZE, 3) float32 to be added to a result: towards the median of `around` (`own` among them).

    strength: how far, in [0, 1]. Smooth, and 0 where the face was not changed and seen in all of them.
    """
    if strength <= 0 or len(around) < 3:
        return np.zeros_like(own.values)
    middle = np.median(np.stack([one.values for one in around]), axis=0)
    weight = np.min(np.stack([one.known for one in around]), axis=0)
    weight = np.clip((weight - _KNOWN) / (1 - _KNOWN), 0, 1) * uv_maps(SIZE).skin
    wanted = np.clip(middle - own.values, -_LARGEST, _LARGEST) * weight[..., None]
    spread = cv2.GaussianBlur(np.dstack([wanted, weight]), (0, 0), _BLUR)
    smooth = spread[..., :3] / np.maximum(spread[..., 3:], 0.05)
    return (smooth * _reach()[..., None] * np.float32(strength)).astype(np.float32)


def corrected(before: Pixels, after: Pixels, landmarks: Landmarks, change: Float32) -> Pixels:
    """`after` with `change` (SIZE, SIZE, 3) added on the face; pixels equal to `before` stay as they are."""
    window = _window(landmarks.xy, before.shape[1], before.shape[0])
    if window is None or not change.any():
        return after
    width, height = window.coarse_size
    place, covered = rasterize(
        window.coarse(landmarks.xy[:468]), landmarks.xyz[:468, 2], face_triangles(), uv_pixels(SIZE), (height, width)
    )
    coarse = cv2.remap(change, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * covered[..., None]
    size = (window.x1 - window.x0, window.y1 - window.y0)
    added = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    top = np.float32(PIXEL_MAX[before.dtype.name])
    region = after[window.part]
    value = np.clip(region.astype(np.float32) + added * top, 0, top)
    stored = np.rint(value).astype(after.dtype) if top > 1 else value
    is_own = (region != before[window.part]).any(axis=2, keepdims=True)
    result = after.copy()
    result[window.part] = np.where(is_own, stored, region)
    return result


@lru_cache(maxsize=1)
def _reach() -> Float32:
    """(SIZE, SIZE) float32: how far skin may be corrected: not at all at the outline, on eyes, brows and lips."""
    skin = (uv_maps(SIZE).skin > 0.05).astype(np.float32)
    return np.minimum(cv2.GaussianBlur(skin, (0, 0), 1.0), np.clip(uv_maps(SIZE).inset_cm / 1.5, 0, 1)).astype(
        np.float32
    )


def _window(xy: Float32, width: int, height: int) -> _Window | None:
    low, high = np.floor(xy[:468].min(axis=0)) - 2, np.ceil(xy[:468].max(axis=0)) + 3
    x0, y0 = (int(max(value, 0)) for value in low)
    x1, y1 = int(min(high[0], width)), int(min(high[1], height))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    return _Window(x0, y0, x1, y1, max(float((high - low).max()) / SIZE, 1.0))
