"""Fill what is unknown in a picture smoothly from what is known."""

from __future__ import annotations

import cv2
import numba
import numpy as np

from facefusion.core import Float32


def fill_smoothly(values: Float32, weight: Float32, *, sweeps: int = 4) -> Float32:
    """Carry `values` from where they are known over the rest: a pull–push pyramid smoothed by relaxation.

    values: (H, W, C) float32. weight: (H, W) float32 in [0, 1], how well each pixel is known. Returns (H, W, C)
    float32, equal to `values` where the weight is 1 and a smooth continuation of them where it is 0.
    """
    channels = values.shape[2]
    stack = np.dstack([values * weight[..., None], weight]).astype(np.float32)
    levels = [stack]
    while min(levels[-1].shape[:2]) > 4:
        levels.append(cv2.pyrDown(levels[-1]))
    top = levels[-1]
    mean = top[..., :channels].sum(axis=(0, 1)) / max(float(top[..., channels].sum()), 1e-12)
    filled: Float32 = np.where(top[..., channels:] > 0, _quotient(top, channels), mean).astype(np.float32)
    for level in reversed(levels[:-1]):
        filled = _refined(level, filled, sweeps)
    return filled


def _refined(level: Float32, coarse: Float32, sweeps: int) -> Float32:
    """One finer level of the pyramid, filled from the coarser one and relaxed."""
    height, width, channels = level.shape[0], level.shape[1], level.shape[2] - 1
    filled = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, channels)
    out = np.empty((height, width, channels), np.float32)
    _relax(np.ascontiguousarray(level), filled, out, sweeps)
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _relax(level: Float32, filled: Float32, out: Float32, sweeps: int) -> None:
    """Known pixels pull `filled` back to their value, then each becomes the mean of its nine; `sweeps` times."""
    height, width, channels = filled.shape
    wide = (height, width * channels)
    pulled, kept = np.empty(wide, np.float32), np.empty(wide, np.float32)
    for y in range(height):
        for x in range(width):
            weight = level[y, x, channels]
            known = min(max(weight, np.float32(0.0)), np.float32(1.0))
            share = known / max(weight, np.float32(1e-12))
            for k in range(channels):
                pulled[y, x * channels + k] = level[y, x, k] * share
                kept[y, x * channels + k] = np.float32(1.0) - known
    values, result = filled.reshape(wide), out.reshape(wide)
    for _ in range(sweeps):
        _pull(values, kept, pulled, result)
        _mean_of_nine(result, channels, values)
    _pull(values, kept, pulled, result)


@numba.njit(cache=True, nogil=True)
def _pull(values: Float32, kept: Float32, pulled: Float32, out: Float32) -> None:
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            out[y, x] = values[y, x] * kept[y, x] + pulled[y, x]


@numba.njit(cache=True, nogil=True)
def _mean_of_nine(values: Float32, step: int, out: Float32) -> None:
    """(h, w · step): means over 3 × 3 pixels; the edge is repeated."""
    height, width = values.shape
    column = np.empty(width + 2 * step, np.float32)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        for i in range(width):
            column[i + step] = values[above, i] + values[y, i] + values[below, i]
        for k in range(step):
            column[k], column[width + step + k] = column[k + step], column[width + k]
        for i in range(width):
            out[y, i] = (column[i] + column[i + step] + column[i + 2 * step]) * np.float32(1.0 / 9.0)


def _quotient(level: Float32, channels: int) -> Float32:
    return (level[..., :channels] / np.maximum(level[..., channels:], np.float32(1e-12))).astype(np.float32)
