"""The foreground's own colours at its edge, without those of the background that was there.

Forte's "Approximate Fast Foreground Colour Estimation" (ICIP 2021): blurred fusion, once wide and once narrow, in
linear light. The windows' means are taken over cells, and colours are worked out at the edge alone.
"""

from __future__ import annotations

import cv2
import numba
import numpy as np

from facefusion.core import Float32, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry.light import color_between, encode, encoding_table, in_dtype_of, indexed

_WIDE, _NARROW = 0.05, 0.012
"""Half widths of the windows, in heights of the picture."""


def without_old_background(pixels: Pixels, alpha: Float32) -> Pixels:
    """(H, W, 3): the foreground's own colours at its edge; the rest of `pixels` (H, W, 3) as it is. alpha: (H, W)."""
    whole, table = indexed(pixels)
    front, back = np.empty(pixels.shape, np.float32), np.empty(pixels.shape, np.float32)
    for number, share in enumerate((_WIDE, _NARROW)):
        half = max(round(share * pixels.shape[0]), 1)
        cell = max(half // 2, 1)
        height, width = -(-alpha.shape[0] // cell), -(-alpha.shape[1] // cell)
        mine, theirs = np.zeros((height, width, 4), np.float32), np.zeros((height, width, 4), np.float32)
        _gather(whole, table, alpha, front, back, number > 0, cell, mine, theirs)
        _fuse(whole, table, alpha, _mean(mine, half / cell), _mean(theirs, half / cell), cell, front, back)
    out = whole.copy()
    _write(front, alpha, encoding_table(), PIXEL_MAX[whole.dtype.name], out)
    return in_dtype_of(pixels, whole, out)


def _mean(sums: Float32, half: float) -> Float32:
    """(h, w, 3): mean colours over windows of `half` cells to each side. sums: (h, w, 4), colours and weight."""
    side = 2 * max(round(half), 1) + 1
    total = cv2.blur(sums, (side, side))
    mean: Float32 = total[..., :3] / np.maximum(total[..., 3:], 1e-5)
    return mean


@numba.njit(cache=True, nogil=True, fastmath=True)
def _gather(whole, table, alpha, front, back, is_known, cell, mine, theirs):  # type: ignore[no-untyped-def]
    """Sums of foreground and background by cells; at the edge of `front` and `back` where those are known."""
    for y in range(alpha.shape[0]):
        row = y // cell
        for x in range(alpha.shape[1]):
            a, column = alpha[y, x], x // cell
            is_edge = is_known and 0.0 < a < 1.0
            if a > 0.0:
                for k in range(3):
                    mine[row, column, k] += a * (front[y, x, k] if is_edge else table[whole[y, x, k]])
                mine[row, column, 3] += a
            if a < 1.0:
                for k in range(3):
                    theirs[row, column, k] += (1 - a) * (back[y, x, k] if is_edge else table[whole[y, x, k]])
                theirs[row, column, 3] += 1 - a


@numba.njit(cache=True, nogil=True, fastmath=True)
def _fuse(whole, table, alpha, mine, theirs, cell, front, back):  # type: ignore[no-untyped-def]
    """Colours of both at the edge: those expected, and what the picture says beside them."""
    scale, f, b = 1.0 / cell, np.empty(3), np.empty(3)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            if a <= 0.0 or a >= 1.0:
                continue
            row, column = (y + 0.5) * scale - 0.5, (x + 0.5) * scale - 0.5
            color_between(mine, row, column, f)
            color_between(theirs, row, column, b)
            for k in range(3):
                left = table[whole[y, x, k]] - a * f[k] - (1 - a) * b[k]
                front[y, x, k] = min(max(f[k] + a * left, 0.0), 1.0)
                back[y, x, k] = min(max(b[k] + (1 - a) * left, 0.0), 1.0)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _write(front, alpha, encoding, top, out):  # type: ignore[no-untyped-def]
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            if 0.0 < alpha[y, x] < 1.0:
                encode(front[y, x], encoding, top, out[y, x])
