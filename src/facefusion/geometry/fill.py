"""Fill what is unknown in a picture smoothly from what is known."""

from __future__ import annotations

import cv2
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
    known = np.clip(level[..., channels:], 0.0, 1.0)
    fixed = _quotient(level, channels)
    for _ in range(sweeps):
        filled = cv2.blur(filled + (fixed - filled) * known, (3, 3), borderType=cv2.BORDER_REPLICATE)
        filled = filled.reshape(height, width, channels)
    return (filled + (fixed - filled) * known).astype(np.float32)


def _quotient(level: Float32, channels: int) -> Float32:
    return (level[..., :channels] / np.maximum(level[..., channels:], np.float32(1e-12))).astype(np.float32)
