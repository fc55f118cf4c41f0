"""The guided filter: smooths while it keeps edges (He, Sun and Tang, ECCV 2010; fast form, He and Sun 2015)."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32


def smooth(plane: Float32, *, radius: float, epsilon: float) -> Float32:
    """`plane` (H, W) float32 guided by itself: variations well below sqrt(epsilon) vanish, larger ones stay."""
    small, size = _reduced(plane, radius)
    mean = _box(small, size)
    variance: Float32 = np.maximum(_box(small * small, size) - mean * mean, np.float32(0))
    slope: Float32 = variance / (variance + np.float32(epsilon))
    return _applied(plane, _box(slope, size), _box(mean - slope * mean, size))


def smooth_by(plane: Float32, guide: Float32, *, radius: float, epsilon: float) -> Float32:
    """`plane` (H, W) float32 smoothed except where `guide` (H, W) float32 has an edge."""
    small, size = _reduced(guide, radius)
    other, _ = _reduced(plane, radius)
    mean, mean_other = _box(small, size), _box(other, size)
    variance: Float32 = np.maximum(_box(small * small, size) - mean * mean, np.float32(0))
    slope: Float32 = (_box(small * other, size) - mean * mean_other) / (variance + np.float32(epsilon))
    return _applied(guide, _box(slope, size), _box(mean_other - slope * mean, size))


def _reduced(plane: Float32, radius: float) -> tuple[Float32, int]:
    """A smaller copy for wide filters, and the box side in its pixels; the linear model varies slowly anyway."""
    step = max(1, min(8, int(radius // 4)))
    if step > 1:
        size = (max(1, plane.shape[1] // step), max(1, plane.shape[0] // step))
        plane = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return plane, 2 * max(1, round(radius / step)) + 1


def _box(plane: Float32, side: int) -> Float32:
    return cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT_101)


def _applied(guide: Float32, slope: Float32, offset: Float32) -> Float32:
    size = (guide.shape[1], guide.shape[0])
    if slope.shape != guide.shape:
        slope = cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR)
        offset = cv2.resize(offset, size, interpolation=cv2.INTER_LINEAR)
    return slope * guide + offset
