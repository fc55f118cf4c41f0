"""Scratches: upright lines through the frame, and the picture drawn across them."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, UInt8

_STRIPS = 12
_ROWS = 30
"""Of a strip that are looked at."""
_SPANNED = 0.7
"""Of a frame's height: an upright line that goes on for so long is no part of a scene."""
_UNEVEN = 0.15
"""Where both sides of a line are this far apart, an edge of the picture is beside it."""


def scratch_mask(gray: Float32, threshold: float, noise: float) -> UInt8:
    """(H, W) uint8: 1 on thin upright lines that go through most of the frame (after Kokaram 1998).

    threshold: how much lighter or darker than both sides a line is in the mean, in [0, 1]. noise: sigma. Where a line
    is lost between two places at which it is seen, it goes on.
    """
    height, width = gray.shape
    mask = np.zeros(gray.shape, np.uint8)
    if min(height, width) < 4 * _STRIPS:
        return mask
    reach = max(4, round(width / 160))
    bounds = np.linspace(0, height, _STRIPS + 1).astype(int)
    every = max(1, height // _STRIPS // _ROWS)
    strips = np.stack([np.median(_lifted(gray[a:b:every], reach), axis=0) for a, b in pairwise(bounds)])
    limit = max(threshold, 4 * noise / np.sqrt(height / _STRIPS / every))
    for sign in (1.0, -1.0):
        on = _lines(sign * strips, limit, reach)
        mask |= np.repeat(on.astype(np.uint8), np.diff(bounds), axis=0)
    return mask if mask.mean() < 0.05 else np.zeros_like(mask)


def _lifted(gray: Float32, reach: int) -> Float32:
    """How much lighter than both sides, `reach` pixels away; 0 beside edges."""
    left, right = np.roll(gray, reach, axis=1), np.roll(gray, -reach, axis=1)
    return np.where(np.abs(left - right) < _UNEVEN, gray - 0.5 * (left + right), np.float32(0))


def _lines(strips: Float32, limit: float, reach: int) -> NDArray[np.bool_]:
    """(strips, W): where lines lighter than their sides are."""
    there = (strips > limit).astype(np.uint8)
    there[:, :reach] = there[:, -reach:] = 0
    wide = cv2.dilate(there, np.ones((1, 5), np.uint8))
    lines = cv2.dilate((wide.mean(axis=0) >= _SPANNED).astype(np.uint8)[None], np.ones((1, 5), np.uint8))[0]
    weak = (strips > 0.5 * limit) & (cv2.dilate(there, np.ones((1, 3), np.uint8)) > 0) & (lines > 0)
    edges = np.flatnonzero(np.diff(lines, prepend=np.uint8(0), append=np.uint8(0)))
    for first, last in edges.reshape(-1, 2):
        _continued(weak[:, first:last])
    return weak


def _continued(line: NDArray[np.bool_]) -> None:
    """Writes into the strips of one `line` (strips, w) that lack it what the strip above has, unless it ended there."""
    seen = np.flatnonzero(line.any(axis=1))
    for above, below in pairwise(seen):
        line[above + 1 : below] = line[above] | line[below]


def soft(mask: Float32) -> Float32:
    """`mask` one pixel wider, with a soft edge: what lies on the film is blurred by the lens."""
    if not mask.any():
        return mask
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return np.maximum(grown, cv2.GaussianBlur(cv2.dilate(grown, np.ones((3, 3), np.uint8)), (3, 3), 0))


def across(pixels: Float32, mask: UInt8) -> Float32:
    """A copy of `pixels` (H, W, 3) with what is under `mask` drawn straight across from both sides of the line."""
    result = pixels.copy()
    _draw_across(result, mask)
    return result


@numba.njit(cache=True, nogil=True)
def _draw_across(pixels: Float32, mask: UInt8) -> None:
    height, width = mask.shape
    for y in range(height):
        x = 0
        while x < width:
            if mask[y, x] == 0:
                x += 1
                continue
            left = x - 1
            while x < width and mask[y, x] != 0:
                x += 1
            if left < 0 and x == width:
                break
            a, b = (left if left >= 0 else x), (x if x < width else left)
            for at in range(left + 1, x):
                share = np.float32(at - a) / np.float32(max(b - a, 1))
                for k in range(3):
                    pixels[y, at, k] = pixels[y, a, k] * (1 - share) + pixels[y, b, k] * share
