"""Bring a coarse mask to a picture's own edges: the guided filter with a colour guide.

He, Sun and Tang, "Guided Image Filtering" (ECCV 2010); the linear models are fitted on a reduced copy, as in He and
Sun, "Fast Guided Filter" (2015), and used at full size.
"""

from __future__ import annotations

import cv2
import numba
import numpy as np

from facefusion.core import Float32

_NOISE = 3e-4
"""Colour variance below which a window counts as flat."""
_RADIUS = 1.5
"""The window's half width, in pixels of the coarse mask."""


def follow_edges(guide: Float32, values: Float32, reach: float) -> Float32:
    """(H, W) float32 in [0, 1]: `values` (H, W) with its edges moved to those of `guide` (H, W, 3), both in [0, 1].

    reach: how many pixels of the picture one pixel of the coarse mask covers. Windows are about three coarse pixels.
    """
    height, width = values.shape
    step = max(reach / 2, 1.0)
    small = (max(round(width / step), 4), max(round(height / step), 4))
    colors = cv2.resize(guide, small, interpolation=cv2.INTER_AREA) if step > 1 else guide
    coarse = cv2.resize(values, small, interpolation=cv2.INTER_AREA) if step > 1 else values
    side = 2 * max(round(_RADIUS * reach / step), 1) + 1
    models = np.empty((*coarse.shape, 4), np.float32)
    _fit(*_moments(colors, coarse, side), _NOISE, models)
    models = cv2.blur(models, (side, side), borderType=cv2.BORDER_REFLECT_101)
    if step > 1:
        models = cv2.resize(models, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty((height, width), np.float32)
    _use(models, np.ascontiguousarray(guide, np.float32), out)
    return out


def _moments(colors: Float32, values: Float32, side: int) -> tuple[Float32, Float32, Float32, Float32]:
    """Window means of colour, of colour products (rr, gg, bb; rg, rb, gb), and of (value, value · colour)."""

    def mean(planes: Float32) -> Float32:
        blurred: Float32 = cv2.blur(planes, (side, side), borderType=cv2.BORDER_REFLECT_101)
        return blurred

    red, green, blue = cv2.split(colors)
    crossed = cv2.merge([red * green, red * blue, green * blue])
    with_value = cv2.merge([values, values * red, values * green, values * blue])
    return mean(colors), mean(colors * colors), mean(crossed), mean(with_value)


@numba.njit(cache=True, nogil=True)
def _fit(mean: Float32, squares: Float32, crossed: Float32, joint: Float32, noise: float, out: Float32) -> None:
    """Slope on each colour, and offset, of the best linear model in every window (Cramer's rule, 3 × 3)."""
    for y in range(mean.shape[0]):
        for x in range(mean.shape[1]):
            r, g, b = mean[y, x, 0], mean[y, x, 1], mean[y, x, 2]
            value = joint[y, x, 0]
            rr = squares[y, x, 0] - r * r + noise
            gg = squares[y, x, 1] - g * g + noise
            bb = squares[y, x, 2] - b * b + noise
            rg, rb, gb = crossed[y, x, 0] - r * g, crossed[y, x, 1] - r * b, crossed[y, x, 2] - g * b
            cr, cg, cb = joint[y, x, 1] - r * value, joint[y, x, 2] - g * value, joint[y, x, 3] - b * value
            i00, i01, i02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
            i11, i12, i22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
            whole = rr * i00 + rg * i01 + rb * i02
            scale = 1.0 / whole if whole > 1e-18 else 0.0
            a0 = (i00 * cr + i01 * cg + i02 * cb) * scale
            a1 = (i01 * cr + i11 * cg + i12 * cb) * scale
            a2 = (i02 * cr + i12 * cg + i22 * cb) * scale
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = a0, a1, a2
            out[y, x, 3] = value - a0 * r - a1 * g - a2 * b


@numba.njit(cache=True, nogil=True)
def _use(models: Float32, guide: Float32, out: Float32) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            value = models[y, x, 3]
            for k in range(3):
                value += models[y, x, k] * guide[y, x, k]
            out[y, x] = min(max(value, 0.0), 1.0)
