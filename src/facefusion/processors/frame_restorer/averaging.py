"""Grain: averaged away along the movement, where the neighbours show the same."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numba
import numpy as np

from facefusion.core import Float32

_MOST = 4
"""Neighbours that are averaged."""
_STEPS = 64
_SHARES = np.exp(-0.5 * np.square(np.arange(5 * _STEPS + 1) / _STEPS)).astype(np.float32)
"""How much a neighbour counts, by how far beyond the noise's own variance its squared difference is."""


def averaged(
    pixels: Float32, gray: Float32, near: Sequence[Float32], grays: Sequence[Float32], noise: float, amount: float
) -> Float32:
    """`pixels` (H, W, 3) averaged with up to four neighbours where they show the same; `amount` of the change is taken.

    gray, grays: (H, W) brightness of the frame and of its neighbours. A neighbour counts by how likely its difference
    is noise alone (`noise`: sigma), over 3 × 3 pixels, so that edges that did not move along stay sharp.
    """
    variances = np.float32(1 / (2 * max(noise, 0.002) ** 2))
    empty = _MOST - len(near[:_MOST])
    apart = [cv2.blur(_squared(one, gray, variances), (3, 3)) for one in grays[:_MOST]]
    apart += [np.zeros((0, 0), np.float32)] * empty
    shown = [*near[:_MOST], *[np.zeros((0, 0, 3), np.float32)] * empty]
    return _mean(pixels, tuple(shown), tuple(apart), np.float32(amount), _SHARES)


@numba.njit(cache=True, nogil=True)
def _squared(one: Float32, gray: Float32, scale: np.float32) -> Float32:
    result = np.empty_like(gray)
    for y in range(gray.shape[0]):
        for x in range(gray.shape[1]):
            off = one[y, x] - gray[y, x]
            result[y, x] = off * off * scale
    return result


@numba.njit(cache=True, nogil=True)
def _share(apart: np.float32, shares: Float32) -> np.float32:
    """The weight of a neighbour whose squared difference is `apart` variances of the noise."""
    beyond = (apart - np.float32(1)) * np.float32(_STEPS)
    if beyond <= 0:
        return np.float32(1)
    if beyond >= len(shares) - 1:
        return np.float32(0)
    at = int(beyond)
    return shares[at] + (beyond - np.float32(at)) * (shares[at + 1] - shares[at])


@numba.njit(cache=True, nogil=True)
def _mean(
    pixels: Float32, near: tuple[Float32, ...], apart: tuple[Float32, ...], amount: np.float32, shares: Float32
) -> Float32:
    height, width = pixels.shape[:2]
    result = np.empty_like(pixels)
    total, weights = np.empty((width, 3), np.float32), np.empty(width, np.float32)
    for y in range(height):
        total[:] = pixels[y]
        weights[:] = np.float32(1)
        for number in range(_MOST):
            shown, away = near[number], apart[number]
            if away.shape[0] == 0:
                break
            for x in range(width):
                weight = _share(away[y, x], shares)
                if weight > 0:
                    weights[x] += weight
                    for k in range(3):
                        total[x, k] += weight * shown[y, x, k]
        for x in range(width):
            scale = np.float32(1) / weights[x]
            for k in range(3):
                result[y, x, k] = pixels[y, x, k] + amount * (total[x, k] * scale - pixels[y, x, k])
    return result
