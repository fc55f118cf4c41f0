"""Dust: spots that only one frame has, told from small things that fly through the scene, and filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, UInt8

LARGEST, LARGEST_ONE_SIDED = 0.004, 0.002
"""Of a frame; what is larger has moved. One-sided: where no frame before, or none after, shows what is hidden."""
_WIDTH_PX = 640.0
"""Lengths below are for frames of this width."""
_FARTHEST_PX = 40.0
"""How far a thing flies from frame to frame."""
_SLACK_PX, _SLACK, _SLACK_OF_LARGE, _LARGE_PX = 1.0, 0.1, 0.35, 20.0
"""How far it may be from a straight course: always (in pixels of the frame), and for each pixel of its way; more
(throws, wings) for what covers so many pixels, as few specks do."""
_FARTHER = 0.02
"""How much better two neighbours have to agree for each of them that is two frames away."""
_UNSURE_PX, _SHADE = 6.0, 0.25
"""Area and brightness that may change on the way; besides, half of the area."""


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """What is lighter or darker than the frames around it.

    labels: (H, W) int32, 0 outside. place_px: (n, 2), area_px: (n,), sign: (n,) ±1, shade: (n,) brightness in [0, 1] of
    spots 1 to n.
    """

    labels: NDArray[np.int32]
    place_px: Float32
    area_px: Float32
    sign: Float32
    shade: Float32

    @staticmethod
    def none(shape: tuple[int, int]) -> Spots:
        """Of a clean frame of (H, W)."""
        nothing = np.zeros(0, np.float32)
        return Spots(np.zeros(shape, np.int32), np.zeros((0, 2), np.float32), nothing, nothing, nothing)

    def mask(self, wanted: NDArray[np.bool_]) -> Float32:
        """(H, W) float32: 1 on the spots that `wanted` (n,) names."""
        if not wanted.any():
            return np.zeros(self.labels.shape, np.float32)
        return np.concatenate([[False], wanted])[self.labels].astype(np.float32)


def spots_of(
    gray: Float32, references: Sequence[Float32], threshold: float, seen: UInt8, largest: float = LARGEST
) -> Spots:
    """All spots of `gray` (H, W) that are lighter or darker than `references` around them (Nadenau, Mitra 1996).

    references: two neighbours, moved to where their content is in `gray`. seen: (H, W), 0 where neither of them shows
    what is there. largest: of the frame's area. A spot is followed from its middle to where it
    is half as strong; what is close together is one.
    """
    high, low, apart = _extremes(references[0], references[1])
    side = np.ones((3, 3), np.uint8)
    apart = cv2.GaussianBlur(apart, (0, 0), 2.0)
    sure = seen & _beyond(gray, cv2.dilate(high, side), cv2.erode(low, side), apart, np.float32(threshold))
    near = cv2.dilate(sure, np.ones((7, 7), np.uint8))
    whole = _followed(gray, high, low, near, sure, np.float32(0.5 * threshold))
    y, x = np.nonzero(_seeded(whole, sure))
    if not len(y):
        return Spots.none(gray.shape)
    label, count = _joined(near, y, x)
    area = np.bincount(label, minlength=count)
    keep = (area > 0) & (area <= max(largest * gray.size, 12))
    lifted = gray[y, x] - 0.5 * (high[y, x] + low[y, x])
    sums = [np.bincount(label, values, minlength=count)[keep] for values in (x, y, lifted, gray[y, x])]
    one = [values.astype(np.float32) for values in (area[keep], np.sign(sums[2]), sums[3] / area[keep])]
    labels = np.zeros(gray.shape, np.int32)
    labels[y, x] = np.where(keep, np.cumsum(keep), 0)[label]
    return Spots(labels, np.column_stack(sums[:2]).astype(np.float32) / one[0][:, None], *one)


def _seeded(whole: UInt8, sure: UInt8) -> NDArray[np.bool_]:
    """`whole` without what hangs together with nothing that is sure."""
    count, labels = cv2.connectedComponents(whole, connectivity=8)
    known = np.zeros(count, bool)
    known[labels[sure > 0]] = True
    known[0] = False
    return known[labels]


def _joined(near: UInt8, y: NDArray[np.intp], x: NDArray[np.intp]) -> tuple[NDArray[np.int32], int]:
    """The number of the part of `near` that each pixel is in, and how many there are; found at half the size."""
    half = cv2.resize(near, (-(-near.shape[1] // 2), -(-near.shape[0] // 2)), interpolation=cv2.INTER_NEAREST)
    count, labels = cv2.connectedComponents(half, connectivity=8)
    return labels[y // 2, x // 2], count


@numba.njit(cache=True, nogil=True)
def _extremes(a: Float32, b: Float32) -> tuple[Float32, Float32, Float32]:
    """The larger, the smaller, and how far they are apart."""
    high, low, apart = np.empty_like(a), np.empty_like(a), np.empty_like(a)
    for y in range(a.shape[0]):
        for x in range(a.shape[1]):
            high[y, x], low[y, x] = max(a[y, x], b[y, x]), min(a[y, x], b[y, x])
            apart[y, x] = high[y, x] - low[y, x]
    return high, low, apart


@numba.njit(cache=True, nogil=True)
def _beyond(gray: Float32, high: Float32, low: Float32, apart: Float32, threshold: np.float32) -> UInt8:
    sure = np.empty(gray.shape, np.uint8)
    for y in range(gray.shape[0]):
        for x in range(gray.shape[1]):
            outside = max(gray[y, x] - high[y, x], low[y, x] - gray[y, x])
            sure[y, x] = outside > threshold + np.float32(0.5) * apart[y, x]
    return sure


@numba.njit(cache=True, nogil=True)
def _followed(gray: Float32, high: Float32, low: Float32, near: UInt8, sure: UInt8, threshold: np.float32) -> UInt8:
    whole = np.empty(gray.shape, np.uint8)
    for y in range(gray.shape[0]):
        for x in range(gray.shape[1]):
            off = abs(gray[y, x] - np.float32(0.5) * (high[y, x] + low[y, x]))
            whole[y, x] = sure[y, x] | (near[y, x] & (off > threshold))
    return whole


def flying(course: Sequence[Spots], at: int) -> NDArray[np.bool_]:
    """(n,): which spots of `course[at]` lie on the way of something that flies through three frames.

    course: of frames one after another, two on each side where there are so many. Dust lies somewhere else on every
    frame, so three spots of one kind, evenly apart on a line, are no dust.
    """
    found = np.zeros(len(course[at].sign), bool)
    for first in range(max(at - 2, 0), min(at, len(course) - 3) + 1):
        for three in _tracks(course[first], course[first + 1], course[first + 2]):
            found[three[at - first]] = True
    return found


def _tracks(before: Spots, now: Spots, after: Spots) -> NDArray[np.intp]:
    """(k, 3): numbers of spots that are evenly apart on a line and of one kind."""
    unit = now.labels.shape[1] / _WIDTH_PX
    of_size = _UNSURE_PX * unit * unit
    to_now, first = np.nonzero(
        _alike(now, before, of_size) & (_apart(now.place_px, before.place_px) < _FARTHEST_PX * unit)
    )
    step = now.place_px[to_now] - before.place_px[first]
    expected = now.place_px[to_now] + step
    is_large = now.area_px[to_now] > _LARGE_PX * unit * unit
    slack = _SLACK_PX + unit + np.where(is_large, _SLACK_OF_LARGE, _SLACK) * np.linalg.norm(step, axis=1)
    fits = (_apart(expected, after.place_px) < slack[:, None]) & _alike(now, after, of_size)[to_now]
    pair, last = np.nonzero(fits)
    return np.column_stack([first[pair], to_now[pair], last])


def _apart(a: Float32, b: Float32) -> Float32:
    return np.asarray(np.linalg.norm(a[:, None] - b[None], axis=2), np.float32)


def _alike(a: Spots, b: Spots, unsure_px: float) -> NDArray[np.bool_]:
    """(n, m): of one kind: both lighter or both darker than what is behind them, as bright and about as large."""
    size = (a.area_px[:, None] + unsure_px) / (b.area_px[None] + unsure_px)
    shade = np.abs(a.shade[:, None] - b.shade[None])
    return np.asarray((a.sign[:, None] == b.sign[None]) & (size < 2) & (size > 0.5) & (shade < _SHADE), bool)


def filled(pixels: Float32, spots: Float32, near: Sequence[Float32], grays: Sequence[Float32]) -> Float32:
    """`pixels` (H, W, 3) with what the neighbours show where `spots` (H, W) in [0, 1] are.

    near: moved to the frame, the nearest first; grays: their brightness. Of all pairs, the two that agree most are
    averaged, so that what only one of them shows is not carried over.
    """
    y, x = np.nonzero(spots)
    if not len(y):
        return pixels
    shown, bright = np.stack([one[y, x] for one in near]), np.stack([one[y, x] for one in grays])
    pairs = [(a, b) for b in range(1, len(near)) for a in range(b)]
    best = np.argmin([np.abs(bright[a] - bright[b]) + _FARTHER * (a // 2 + b // 2) for a, b in pairs], axis=0)
    first, second = np.array(pairs).T[:, best]
    each = np.arange(len(y))
    fill = 0.5 * (shown[first, each] + shown[second, each])
    result = pixels.copy()
    result[y, x] += spots[y, x][:, None] * (fill - pixels[y, x])
    return result
