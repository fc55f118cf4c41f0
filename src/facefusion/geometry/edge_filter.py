"""Bring a coarse mask to a picture's own edges: the guided filter with a colour guide.

He, Sun and Tang, "Guided Image Filtering" (ECCV 2010); the linear models are fitted on a reduced copy, as in He and
Sun, "Fast Guided Filter" (2015), and used at full size. Window sums, fits and use are compiled loops over planes, a
row at a time, so that nothing larger than a few rows is kept between them.
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
_SUMS = 13
"""Sums a window needs: three colours, six products of two, the value, and its three products with a colour."""


def follow_edges(guide: Float32, values: Float32, reach: float, *, share: float = 0.5) -> Float32:
    """(H, W) float32 in [0, 1]: `values` (H, W) with its edges moved to those of `guide` (H, W, 3), both in [0, 1].

    reach: how many pixels of the picture one pixel of the coarse mask covers. Windows are about three coarse pixels.
    share: of a coarse pixel, the side of the picture's reduced pixels on which the models are fitted.
    """
    height, width = values.shape
    step = max(reach * share, 1.0)
    small = (max(round(width / step), 4), max(round(height / step), 4))
    colors = cv2.resize(guide, small, interpolation=cv2.INTER_AREA) if step > 1 else guide
    coarse = cv2.resize(values, small, interpolation=cv2.INTER_AREA) if step > 1 else values
    half = max(round(_RADIUS * reach / step), 1)
    models = np.empty((*coarse.shape, 4), np.float32)
    planes = np.stack([_with_rim(plane, half) for plane in (*cv2.split(colors), coarse)])
    _fit(planes, np.float32(_NOISE), models)
    models = cv2.blur(models, (2 * half + 1,) * 2, borderType=cv2.BORDER_REFLECT_101)
    if step > 1:
        models = cv2.resize(models, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty((height, width), np.float32)
    _use(models, np.ascontiguousarray(guide, np.float32), out)
    return out


def _with_rim(plane: Float32, half: int) -> Float32:
    """`plane` with its mirror image `half` wide on each side."""
    wide: Float32 = cv2.copyMakeBorder(plane, half, half, half, half, cv2.BORDER_REFLECT_101)
    return wide


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fit(planes: Float32, noise: np.float32, out: Float32) -> None:
    """Slope on each colour, and offset, of the best linear model in every window: (H, W, 4) into `out`.

    planes: (4, H + 2 · half, W + 2 · half) red, green, blue and value; windows are 2 · half + 1 wide.
    """
    height, width = out.shape[:2]
    side = planes.shape[1] - height + 1
    products = np.empty((_SUMS, side, planes.shape[2]), np.float32)
    down, mean = np.empty(planes.shape[2], np.float32), np.empty((_SUMS, width), np.float32)
    for n in range(side - 1):
        _multiply(planes, n, products)
    for y in range(height):
        _multiply(planes, y + side - 1, products)
        for k in range(_SUMS):
            _window_means(products[k], down, mean[k])
        _solve(mean, noise, out[y])


@numba.njit(cache=True, nogil=True)
def _multiply(planes: Float32, row: int, out: Float32) -> None:
    """What windows sum up, (13, ·, W), of one row, in place of the oldest."""
    red, green, blue, values = planes[0, row], planes[1, row], planes[2, row], planes[3, row]
    place = row % out.shape[1]
    out[0, place], out[1, place], out[2, place], out[9, place] = red, green, blue, values
    _times(red, red, out[3, place])
    _times(green, green, out[4, place])
    _times(blue, blue, out[5, place])
    _times(red, green, out[6, place])
    _times(red, blue, out[7, place])
    _times(green, blue, out[8, place])
    _times(values, red, out[10, place])
    _times(values, green, out[11, place])
    _times(values, blue, out[12, place])


@numba.njit(cache=True, nogil=True)
def _times(one: Float32, other: Float32, out: Float32) -> None:
    for x in range(out.shape[0]):
        out[x] = one[x] * other[x]


@numba.njit(cache=True, nogil=True)
def _window_means(rows: Float32, down: Float32, mean: Float32) -> None:
    """Down the rows first, then along them; every mean from its own samples, so no error is carried on.

    Rows are added up by their numbers: a view of each, handed to a function, took longer than its sum.
    """
    side, width = rows.shape[0], mean.shape[0]
    down[:] = rows[0]
    for n in range(1, side):
        for x in range(down.shape[0]):
            down[x] += rows[n, x]
    mean[:] = down[:width]
    for n in range(1, side):
        for x in range(width):
            mean[x] += down[n + x]
    share = np.float32(1.0 / (side * side))
    for x in range(width):
        mean[x] *= share


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _solve(mean: Float32, noise: np.float32, out: Float32) -> None:
    """Cramer's rule, 3 × 3, for the windows of one row."""
    one, least = np.float32(1.0), np.float32(1e-18)
    for x in range(mean.shape[1]):
        r, g, b, value = mean[0, x], mean[1, x], mean[2, x], mean[9, x]
        rr, gg, bb = mean[3, x] - r * r + noise, mean[4, x] - g * g + noise, mean[5, x] - b * b + noise
        rg, rb, gb = mean[6, x] - r * g, mean[7, x] - r * b, mean[8, x] - g * b
        cr, cg, cb = mean[10, x] - r * value, mean[11, x] - g * value, mean[12, x] - b * value
        i00, i01, i02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
        i11, i12, i22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        scale = one / max(rr * i00 + rg * i01 + rb * i02, least)
        a0 = (i00 * cr + i01 * cg + i02 * cb) * scale
        a1 = (i01 * cr + i11 * cg + i12 * cb) * scale
        a2 = (i02 * cr + i12 * cg + i22 * cb) * scale
        out[x, 0], out[x, 1], out[x, 2] = a0, a1, a2
        out[x, 3] = value - a0 * r - a1 * g - a2 * b


@numba.njit(cache=True, nogil=True)
def _use(models: Float32, guide: Float32, out: Float32) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            value = models[y, x, 3]
            for k in range(3):
                value += models[y, x, k] * guide[y, x, k]
            out[y, x] = min(max(value, 0.0), 1.0)
