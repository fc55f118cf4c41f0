"""Curves over time: what jumps from frame to frame is told from what changes slowly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]


def smooth(values: Curve, sigma_frames: float) -> Curve:
    """(n, k) values, a line fitted around each frame with Gaussian weights (Cleveland 1979): slopes stay."""
    count = len(values)
    if count < 3:
        return np.repeat(values.mean(axis=0, keepdims=True), count, axis=0)
    reach = int(np.ceil(3 * sigma_frames))
    found = np.empty_like(values)
    for at in range(count):
        near = np.arange(max(at - reach, 0), min(at + reach + 1, count))
        steps = (near - at).astype(np.float64)
        weight = np.exp(-0.5 * np.square(steps / sigma_frames))
        total, first, second = weight.sum(), (weight * steps).sum(), (weight * steps * steps).sum()
        both = weight * (second - steps * first) / max(total * second - first * first, 1e-12)
        found[at] = both @ values[near]
    return found


def tone_step(before: Curve, after: Curve) -> tuple[float, float]:
    """(gain, offset) of brightness between two small pictures of the same scene; what moved is left out.

    The slope is the ratio of spreads (reduced major axis), which noise on either side does not bend towards 0; places
    that do not fit are weighed down in turns (Tukey's biweight).
    """
    x, y = before.ravel(), after.ravel()
    weight, gain, offset = np.ones_like(x), 1.0, float(np.median(y - x))
    for _ in range(6):
        misfit = np.abs(y - gain * x - offset)
        spread = max(1.4826 * float(np.median(misfit)), 1e-4)
        weight = np.square(np.clip(1 - np.square(misfit / (4.7 * spread)), 0, 1))
        total = float(weight.sum())
        if total < 16:
            break
        mean_x, mean_y = float(weight @ x) / total, float(weight @ y) / total
        var_x, var_y = float(weight @ np.square(x - mean_x)), float(weight @ np.square(y - mean_y))
        gain = float(np.clip(np.sqrt(var_y / var_x), 0.5, 2.0)) if var_x / total > 1e-4 else 1.0
        offset = mean_y - gain * mean_x
    return gain, offset
