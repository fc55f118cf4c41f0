"""Making a picture larger: cubic resampling, corrected until it would give the small picture back (Irani, Peleg 1991).

Edges are then made steeper inside the range of their neighbourhood, which no halo can leave. Every step looks at most
`REACH` source pixels far, so that tiles with that much around them give the very pixels of the whole.
"""

from __future__ import annotations

from functools import cache

import cv2
import numba
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import luma

REACH = 16
"""Pixels of the small picture that a pixel of the large one depends on, each way."""
_ROUNDS = 3
_LEAST, _OVER_GRAIN = 0.008, 2.5
"""Differences that are no edges: below this, and below so many sigmas of the grain."""


def enlarged(picture: Float32, scale: int, crispness: float, grain: float = 0.0) -> Float32:
    """(h · scale, w · scale, 3) of `picture` (h, w, 3), both RGB float32. grain: of the whole picture, by `grain_of`.

    Resampling is linear, so what each round corrects is added to the small picture, which is resampled once.
    """
    height, width = picture.shape[:2]
    large = picture
    if scale > 1:
        kernel, corrected = there_and_back(scale), picture
        for _ in range(_ROUNDS):
            back = cv2.sepFilter2D(corrected, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
            corrected = corrected + (picture - back)
        large = within(cv2.resize(corrected, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC), picture)
    return large if crispness <= 0 else crisp(large, scale, crispness, grain)


@cache
def there_and_back(scale: int) -> Float32:
    """(7,) what a row becomes that is enlarged by cubic resampling and averaged back to its size, as a filter."""
    point = np.zeros((1, 15), np.float32)
    point[0, 7] = 1
    large = cv2.resize(point, (15 * scale, 1), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large.reshape(15, scale).mean(axis=1)[4:11], np.float32)


def within(large: Float32, picture: Float32) -> Float32:
    """`large`, kept between the darkest and the lightest of the 3 × 3 source pixels around: no ringing."""
    kernel = np.ones((3, 3), np.uint8)
    return _held(large, cv2.erode(picture, kernel), cv2.dilate(picture, kernel))


@numba.njit(cache=True, nogil=True)
def _held(large: Float32, low: Float32, high: Float32) -> Float32:
    result, scale = np.empty_like(large), large.shape[0] // low.shape[0]
    for y in range(large.shape[0]):
        row = y // scale
        for x in range(low.shape[1]):
            for at in range(x * scale, (x + 1) * scale):
                for c in range(3):
                    result[y, at, c] = min(max(large[y, at, c], low[row, x, c]), high[row, x, c])
    return result


def grain_of(picture: Float32) -> float:
    """Sigma of the noise of `picture` (h, w, 3) (Immerkaer 1996), by the median, so that edges do not count."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(luma(picture), cv2.CV_32F, kernel)[::2, ::2]))) / (6 * 0.6745)


def crisp(large: Float32, scale: int, amount: float, grain: float) -> Float32:
    """`large` with steeper edges: lifted over a blur as wide as the enlargement, held inside its neighbourhood.

    Differences as small as noise (about 2 of 255, and what `grain` makes) are left, so that grain and blocks do not
    grow.
    """
    blurred = cv2.GaussianBlur(large, (0, 0), 0.6 * scale, borderType=cv2.BORDER_REFLECT_101)
    side = 2 * max(1, scale // 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    low, high, least = cv2.erode(large, kernel), cv2.dilate(large, kernel), max(_LEAST, _OVER_GRAIN * grain)
    return _lifted(large, blurred, low, high, np.float32(2.0 * amount), np.float32(least))


@numba.njit(cache=True, nogil=True)
def _lifted(
    large: Float32, blurred: Float32, low: Float32, high: Float32, amount: np.float32, least: np.float32
) -> Float32:
    result = np.empty_like(large)
    for y in range(large.shape[0]):
        for x in range(large.shape[1]):
            strength = np.float32(0)
            for c in range(3):
                strength = max(strength, abs(large[y, x, c] - blurred[y, x, c]))
            gain = amount * strength / (strength + least)
            if strength < least:
                gain *= strength / least
            for c in range(3):
                lifted = large[y, x, c] + gain * (large[y, x, c] - blurred[y, x, c])
                result[y, x, c] = min(max(lifted, low[y, x, c]), high[y, x, c])
    return result
