"""Give the swapped face the sharpness and grain of the picture it goes into: measured, then matched."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numba
import numpy as np

from facefusion.core import Float32
from facefusion.core.arrays import frozen
from facefusion.geometry.color import luma

_BLURS = (0.0, 0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.0, 2.6)
_WINDOW = 160
_LEAST_GRAIN = 0.75 / 255
"""Less than a step of 8 bits is not seen as grain, but may be fine texture of the target, which does not flicker."""


def match_detail(patch: Float32, target: Float32, mask: Float32, strength: float, seed: int) -> Float32:
    """`patch` (h, w, 3) softened to the target's sharpness, with the target's grain; never sharpened.

    target: (h, w, 3) float32. mask: (h, w), where both show a face. seed: picks the grain, the same for the same frame.
    """
    window = _window(mask)
    if strength <= 0 or window is None:
        return patch
    ours, theirs, used = luma(patch[window]), luma(target[window]), mask[window] > 0.5
    noise = grain_sigma(theirs, used)
    blur = _needed_blur(ours, theirs, used, noise) * strength
    softened = cv2.GaussianBlur(patch, (0, 0), blur) if blur > 0.2 else patch
    missing = noise**2 - grain_sigma(luma(softened[window]), used) ** 2
    if missing <= _LEAST_GRAIN**2:
        return softened
    amount = np.float32(np.sqrt(missing) * strength)
    out = np.empty_like(patch)
    _add_grain(softened, _grain(patch.shape[0], patch.shape[1], seed), amount, out)
    return out


@numba.njit(cache=True, nogil=True)
def _add_grain(pixels: Float32, grain: Float32, amount: np.float32, out: Float32) -> None:
    for y in range(grain.shape[0]):
        for x in range(grain.shape[1]):
            for c in range(3):
                out[y, x, c] = pixels[y, x, c] + grain[y, x] * amount


def grain_sigma(grey: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Standard deviation of the grain of (h, w) float32 in [0, 1], from its flattest half (after Immerkær, 1996)."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    fine = np.abs(cv2.filter2D(grey, -1, kernel, borderType=cv2.BORDER_REFLECT))
    values = fine[used]
    if len(values) < 64:
        return 0.0
    place = int(0.4 * (len(values) - 1))
    return float(np.partition(values, place)[place]) / 0.5244


def _window(mask: Float32) -> tuple[slice, slice] | None:
    """The middle of the face, at most 160 pixels wide."""
    rows, columns = np.flatnonzero(mask.max(axis=1) > 0.5), np.flatnonzero(mask.max(axis=0) > 0.5)
    if len(rows) < 16 or len(columns) < 16:
        return None
    y, x = (rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2
    half = _WINDOW // 2
    return slice(max(y - half, 0), y + half), slice(max(x - half, 0), x + half)


def _needed_blur(
    ours: Float32, theirs: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], noise: float
) -> float:
    wanted = _fineness(theirs, used, noise)
    best, previous = 0.0, _fineness(ours, used, 0.0)
    for sigma in _BLURS[1:]:
        if previous <= wanted:
            return best
        now = _fineness(cv2.GaussianBlur(ours, (0, 0), sigma), used, 0.0)
        if now <= wanted:
            share = (previous - wanted) / max(previous - now, 1e-6)
            return best + (sigma - best) * share
        best, previous = sigma, now
    return best


def _fineness(grey: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], noise: float) -> float:
    """Share of the finest octave in the two finest: falls when a picture is softened, whatever it shows."""
    one, two = cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.GaussianBlur(grey, (0, 0), 1.8)
    fine, coarse = _variance_between(grey, one, used), _variance_between(one, two, used)
    fine, coarse = max(fine - 0.62 * noise**2, 1e-9), max(coarse - 0.08 * noise**2, 1e-9)
    return fine / (fine + coarse)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _variance_between(a: Float32, b: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Variance of the difference of two pictures (h, w) where they are used; 0 where nothing is."""
    count, total, squares = 0, 0.0, 0.0
    for y in range(a.shape[0]):
        for x in range(a.shape[1]):
            if used[y, x]:
                difference = np.float64(a[y, x] - b[y, x])
                count += 1
                total += difference
                squares += difference * difference
    return squares / count - (total / count) ** 2 if count else 0.0


_TILE = 1024


@lru_cache(maxsize=2)
def _tile(repeats: int) -> Float32:
    """Grain of (1024 · repeats) pixels a side, the same every 1024."""
    noise = np.random.default_rng(20_260_000).standard_normal((_TILE, _TILE)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.5)
    return frozen(np.tile(noise / noise.std(), (repeats, repeats)))


def _grain(height: int, width: int, seed: int) -> Float32:
    y, x = np.random.default_rng(seed).integers(0, _TILE, 2)
    tile = _tile(-(-max(height, width) // _TILE) + 1)
    return tile[y : y + height, x : x + width]
