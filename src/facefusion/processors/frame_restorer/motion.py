"""Neighbouring frames, moved to where their content is in the frame that is restored."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, UInt8

_LONGEST_PX = 640
"""Movement is looked for in pictures of at most this size."""
_ALIKE = 0.7
"""Correlation of two pictures, one moved to the other, from which on they show the same scene: from 0.9 on within shots
of dirty film, up to 0.4 across a cut."""
_MISFIT = 0.4
"""Median difference over the median spread up to which they do as well: at most 0.16 within, 1.1 across."""
_FLAT = 3.0
"""Pictures whose spread is less, of 255, have nothing to correlate; they are the same when their brightness is."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """flow: (h, w, 2) float32, where each pixel of a small picture lies in another's. is_same: they show one scene."""

    flow: Float32
    is_same: bool


def small_of(gray: Float32) -> UInt8:
    """(h, w) uint8: `gray` (H, W) as movement is looked for in it, freed of specks.

    So dust neither attracts the movement nor follows it.
    """
    height, width = gray.shape
    shrink = min(1.0, _LONGEST_PX / max(height, width))
    size = (max(round(width * shrink), 16), max(round(height * shrink), 16))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur((np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8), 5), np.uint8)


def motion_between(here: UInt8, there: UInt8) -> Motion:
    """Where each pixel of `here` lies in `there`, both from `small_of` (DIS flow, Kroeger et al. 2016)."""
    nothing_known = np.zeros((*here.shape, 2), np.float32)
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = np.asarray(search.calc(here, there, nothing_known), np.float32)
    return Motion(flow, _is_same(here, moved(there, places(flow, (here.shape[0], here.shape[1])))))


def _is_same(here: UInt8, there: cv2.typing.MatLike) -> bool:
    """By correlation, or, as much dirt spoils that, by how far most pixels are from one another."""
    size = (max(here.shape[1] // 4, 1), max(here.shape[0] // 4, 1))
    a, b = (cv2.resize(one, size, interpolation=cv2.INTER_AREA).astype(np.float64).ravel() for one in (here, there))
    if min(a.std(), b.std()) < _FLAT:
        return bool(abs(a.mean() - b.mean()) < 4 * _FLAT and max(a.std(), b.std()) < 2 * _FLAT)
    spread = _from_median(a)
    return bool(np.corrcoef(a, b)[0, 1] > _ALIKE or (spread > _FLAT and _from_median(a - b) < _MISFIT * spread))


def _from_median(values: NDArray[np.float64]) -> float:
    return float(np.median(np.abs(values - np.median(values))))


def places(flow: Float32, shape: tuple[int, int]) -> Float32:
    """(H, W, 2) of `shape`: where each pixel is fetched from, by `flow` (h, w, 2) of a smaller copy."""
    result = np.empty((*shape, 2), np.float32)
    _place(flow, result)
    return result


@numba.njit(cache=True, nogil=True)
def _place(flow: Float32, result: Float32) -> None:
    """`flow`, enlarged linearly from pixel centre to pixel centre, added to each pixel's own place."""
    small_h, small_w = flow.shape[:2]
    height, width = result.shape[:2]
    up_y, up_x = height / small_h, width / small_w
    left, right = np.empty(width, np.int64), np.empty(width, np.int64)
    share = np.empty(width, np.float32)
    for x in range(width):
        at = min(max((x + 0.5) / up_x - 0.5, 0.0), small_w - 1.0)
        left[x] = int(at)
        right[x] = min(left[x] + 1, small_w - 1)
        share[x] = at - left[x]
    row = np.empty((small_w, 2), np.float32)
    for y in range(height):
        at = min(max((y + 0.5) / up_y - 0.5, 0.0), small_h - 1.0)
        top = int(at)
        below, down = min(top + 1, small_h - 1), np.float32(at - top)
        for x in range(small_w):
            row[x, 0] = (flow[top, x, 0] + down * (flow[below, x, 0] - flow[top, x, 0])) * np.float32(up_x)
            row[x, 1] = (flow[top, x, 1] + down * (flow[below, x, 1] - flow[top, x, 1])) * np.float32(up_y)
        for x in range(width):
            a, b, part = left[x], right[x], share[x]
            result[y, x, 0] = x + row[a, 0] + part * (row[b, 0] - row[a, 0])
            result[y, x, 1] = y + row[a, 1] + part * (row[b, 1] - row[a, 1])


@numba.njit(cache=True, nogil=True)
def seen(one: Float32, other: Float32) -> UInt8:
    """(H, W): 1 where at least one of two neighbours, fetched from these places, has the pixel inside its rim."""
    height, width = one.shape[:2]
    result = np.zeros((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            result[y, x] = (
                (-1 < one[y, x, 0] < width and -1 < one[y, x, 1] < height)
                or (-1 < other[y, x, 0] < width and -1 < other[y, x, 1] < height)
            )  # fmt: skip
    return result


def moved(pixels: Float32 | UInt8, place: Float32) -> Float32:
    """`pixels` (H, W) or (H, W, 3) fetched from `place`."""
    return cv2.remap(pixels, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
