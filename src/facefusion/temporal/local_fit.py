"""Zero-phase smoothing that adapts: local polynomials whose width is chosen for every moment.

At each moment a line or a parabola is fitted to the samples around it, weighted by their confidence and their distance,
and read off in the middle. Wide windows smooth more; the widest one is taken whose result still agrees with all the
narrower ones within their confidence intervals (Goldenshluger and Nemirovski 1997; Katkovnik 1999: intersection of
confidence intervals). So a face at rest is still and a blink keeps its edge. Every number depends on at most `REACH`
samples on each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]

WINDOWS: tuple[tuple[int, int], ...] = ((0, 0), (2, 2), (3, 2), (5, 2), (5, 1), (8, 1), (12, 1), (16, 1))
"""Half width in frames and degree, from the least smoothing to the most."""
REACH = WINDOWS[-1][0] + 3
"""Samples on each side that one result depends on: the widest window, and the evening out of widths."""
_RIDGE = 1e-7
_SELDOM = 0.05
"""Share of a group's points that may disagree by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One window at every moment.

    weights: (n, 2·half width + 1) float32, row t gives the result at t from the samples around t; those before the
    first and after the last weigh nothing. spread: (n,) float32, standard deviation of the result for samples of
    standard deviation 1; infinite where too few samples are known.
    """

    weights: Float32
    spread: Float32

    def of(self, values: Float32) -> Float32:
        """(n, ...) float32: the results for `values` (n, ...)."""
        flat = np.ascontiguousarray(values, np.float32).reshape(len(values), -1)
        out = np.zeros_like(flat)
        _weighed(self.weights, flat, out)
        return out.reshape(values.shape)


def local_fit(confidence: Float32, half_width: int, degree: int) -> Fit:
    """The local polynomial of `degree` over 2·`half_width`+1 frames; confidence: (n,) in [0, 1], the inverse variance.

    A window with fewer known samples than a polynomial needs gives no result.
    """
    count = len(confidence)
    offsets = np.arange(-half_width, half_width + 1)
    padded = np.pad(confidence.astype(np.float64), half_width)
    windows = padded[np.arange(count)[:, None] + (offsets + half_width)]
    scale = half_width + 1.0
    kernel = (1 - (np.abs(offsets) / scale) ** 2) * windows
    powers = (offsets / scale)[:, None] ** np.arange(degree + 1)
    moments = np.einsum("tw,wi,wj->tij", kernel, powers, powers)
    moments += np.eye(degree + 1) * _RIDGE * np.maximum(moments[:, :1, :1], 1e-12)
    first = np.zeros((count, degree + 1, 1))
    first[:, 0] = 1
    rows = kernel * (np.linalg.solve(moments, first)[..., 0] @ powers.T)
    variance = np.where(windows > 0, rows**2 / np.maximum(windows, 1e-6), 0).sum(axis=1)
    is_enough = (windows > 0.05).sum(axis=1) > degree
    spread = np.where(is_enough, np.sqrt(np.maximum(variance, 1e-12)), np.inf)
    return Fit(np.ascontiguousarray(rows, np.float32), spread.astype(np.float32))


def adapted(values: Float32, confidence: Float32, noise: Float32, groups: Int64, strictness: float) -> Float32:
    """`values` (n, K, C) smoothed over n consecutive frames.

    confidence: (n,) in [0, 1]; samples of 0 are bridged and touch no others; where nothing is
    known within the widest window, values stay. noise: (K,) or (K, C) standard deviation
    of one sample. groups: (K,) numbers from 0; points of one group share their window. strictness: width of the
    confidence intervals in standard deviations; more smooths more, 0 gives the values back.
    """
    if strictness <= 0 or len(values) < 2:
        return values.copy()
    fits = [local_fit(confidence, *window) for window in WINDOWS]
    results = [fit.of(values) for fit in fits]
    sizes = np.broadcast_to(noise.reshape(len(noise), -1), values.shape[1:]) * np.float32(strictness)
    level = _evened(_chosen(results, fits, sizes, groups), fits)
    is_known = np.isfinite(fits[-1].spread)[:, None, None]
    return np.where(is_known, _read_off(results, level, groups), values).astype(np.float32)


def known_noise(values: Float32, confidence: Float32) -> Float32:
    """(K,) float32: standard deviation of the noise of `values` (n, K, C), from third differences.

    Movement hardly shows in third differences and blinks are few: the median is not moved by either. 0 for fewer than
    four known neighbours.
    """
    known = confidence > 0.5
    runs = known[3:] & known[2:-1] & known[1:-2] & known[:-3]
    bent = (
        np.diff(values.astype(np.float64), n=3, axis=0)[runs] if len(values) > 3 else np.zeros((0, *values.shape[1:]))
    )
    if not len(bent):
        return np.zeros(values.shape[1], np.float32)
    middle = np.median(np.abs(bent), axis=(0, 2))
    return (middle / 0.6745 / np.sqrt(20)).astype(np.float32)


def _chosen(results: list[Float32], fits: list[Fit], sizes: Float32, groups: Int64) -> Int64:
    """(n, G): the widest window for each moment and group whose intervals still overlap with all narrower ones."""
    count, group_count = len(results[0]), int(groups.max()) + 1
    member = np.eye(group_count, dtype=np.float32)[groups] / np.maximum(np.bincount(groups, minlength=group_count), 1)
    level = np.zeros((count, group_count), np.int64)
    going = np.ones((count, group_count), bool)
    low, high = np.full(results[0].shape, -np.inf, np.float32), np.full(results[0].shape, np.inf, np.float32)
    for number, (result, fit) in enumerate(zip(results, fits, strict=True)):
        has_result = np.isfinite(fit.spread)
        reach = np.where(has_result, fit.spread, 0)[:, None, None] * sizes
        np.maximum(low, np.where(has_result[:, None, None], result - reach, low), out=low)
        np.minimum(high, np.where(has_result[:, None, None], result + reach, high), out=high)
        share = (low > high).any(axis=2).astype(np.float32) @ member
        going &= ~has_result[:, None] | (share <= _SELDOM)
        level[going & has_result[:, None]] = number
    return level


def _evened(level: Int64, fits: list[Fit]) -> Float32:
    """(n, G) float32: levels that change gently; never more smoothing than a neighbour frame allows."""
    padded = np.pad(level, ((1, 1), (0, 0)), mode="edge")
    lowest = np.minimum(np.minimum(padded[:-2], padded[2:]), level).astype(np.float32)
    padded = np.pad(lowest, ((2, 2), (0, 0)), mode="edge")
    even = sum(padded[shift : shift + len(level)] for shift in range(5)) / np.float32(5)
    least = np.argmax(np.isfinite(np.stack([fit.spread for fit in fits])), axis=0)
    return np.maximum(np.minimum(even, level), least[:, None]).astype(np.float32)


def _read_off(results: list[Float32], level: Float32, groups: Int64) -> Float32:
    """The results at fractional levels."""
    out = np.zeros_like(results[0])
    each = level[:, groups]
    for number, result in enumerate(results):
        share = np.clip(1 - np.abs(each - number), 0, 1)[..., None]
        out += share * result
    return out


@numba.njit(cache=True, nogil=True)
def _weighed(weights: Float32, values: Float32, out: Float32) -> None:
    """Add to each row t of `out` the rows of `values` around t, by row t of `weights`; in one thread, in order."""
    half = weights.shape[1] // 2
    for t in range(values.shape[0]):
        for s in range(max(0, t - half), min(values.shape[0], t + half + 1)):
            weight = weights[t, s - t + half]
            for k in range(values.shape[1]):
                out[t, k] += weight * values[s, k]
