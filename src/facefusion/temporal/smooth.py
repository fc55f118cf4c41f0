"""Landmarks that hold still when the face does and stay sharp when it moves: smoothing that knows the future.

A track is taken apart into the motion of the head and what happens in the head's own frame, and each is smoothed by
itself (`local_fit`). Where the movement of the skin was measured (`flow`), positions follow it: only the difference
between the readings and the summed movement is smoothed, which is slow whatever the face does, and within a small
distance of what the readings say it is held for seconds, so that nothing slides. Nothing lags, because every window
looks as far ahead as back; nothing depends on more than `MARGIN` frames on each side, besides the track's
`Traits`, which are measured once. For live use, `causal` has twins that look back only.
"""

from __future__ import annotations

from typing import Literal

import numba
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_LEFT_IRIS, IMAGE_RIGHT_EYE, IMAGE_RIGHT_IRIS, LIPS_INNER
from facefusion.temporal.causal import CausalSmoother
from facefusion.temporal.head import HeadMotion, Int64, region_of_point
from facefusion.temporal.local_fit import REACH, Bool, adapted, local_fit
from facefusion.temporal.traits import Stretch, Traits, by_frame, skin_path, traits_of

Method = Literal["zero_phase", "kalman", "one_euro"]

_NEAR = 3
_HELD = 40
"""Frames on each side over which readings say where the followed skin lies."""
MARGIN = _HELD + REACH + _NEAR
"""Frames on each side that a smoothed frame depends on."""
_SPREAD, _DRIFT_SPREAD = 5.0, 3.3
"""Strictness of the confidence intervals at a coefficient of 1, in standard deviations."""
_LEEWAY = 0.025
"""How far, in face widths times the coefficient, followed skin may lie from where the readings of the moment say."""
_OPENINGS = ((*IMAGE_LEFT_EYE, *IMAGE_LEFT_IRIS), (*IMAGE_RIGHT_EYE, *IMAGE_RIGHT_IRIS), LIPS_INNER)
"""Rims that are held as one each, so that they open and close as the readings of the moment say."""
_JUMP = 6.0
"""A face that jumps by this many standard deviations against the movement of its skin is believed half."""


def smoothed(
    points: Float32,
    confidence: Float32,
    coefficient: float,
    *,
    moved: Float32 | None = None,
    traits: Traits | None = None,
    method: Method = "zero_phase",
) -> Float32:
    """The landmarks of consecutive frames, smoothed over time.

    points: (n, 478, 3) float32 pixels. confidence: (n,) or (n, 478) in [0, 1]; what is 0 is bridged from its
    neighbours and touches no others. coefficient: 0 gives the points back, 1 is as still as the data allow.
    moved: (n, 478, 3), `Face.moved` of every frame, or None. traits: of the whole track when `points` are a part of
    it, with at least `MARGIN` frames around what is wanted. method: zero_phase knows the future; kalman and one_euro
    look back only, as a live stream must, and do without `moved` and `traits`. Returns (n, 478, 3) float32.
    """
    if coefficient <= 0 or len(points) < 3:
        return points.astype(np.float32)
    if method != "zero_phase":
        return CausalSmoother(method, coefficient).run(points, by_frame(confidence))
    known = traits or traits_of([Stretch(points, confidence, moved)])
    steady = _steady(points, confidence, coefficient * _SPREAD, known)
    if moved is None:
        return steady
    path = skin_path(steady[..., :2], moved)
    apart = points[..., :2] - path
    trust = _agreement(apart, known.drift_noise, moved[..., 2], by_frame(confidence))
    trust = confidence * trust.reshape(-1, *(1,) * (confidence.ndim - 1))
    near = _adapted(apart, trust, known.drift_noise, region_of_point(), coefficient * _DRIFT_SPREAD)
    drift = near + _leeway(_held(apart, by_frame(trust), near), known.width * coefficient * _LEEWAY)
    return np.concatenate([path + drift, steady[..., 2:]], axis=2).astype(np.float32)


def _steady(points: Float32, confidence: Float32, strictness: float, traits: Traits) -> Float32:
    """Without the movement of the skin: the head's motion and its shape, each smoothed by itself."""
    motion = traits.motion(points)
    ends, together = motion.handles(traits.handle), np.zeros(4, np.int64)
    handles = _adapted(ends, by_frame(confidence), traits.motion_noise, together, strictness)
    shapes = _adapted(motion.unplaced(points), confidence, traits.shape_noise, region_of_point(), strictness)
    return HeadMotion.of_handles(handles, traits.handle).placed(shapes)


def _adapted(values: Float32, confidence: Float32, noise: Float32, groups: Int64, strictness: float) -> Float32:
    """`adapted`, group by group where confidence is given for every point."""
    if confidence.ndim == 1:
        return adapted(values, confidence, noise, groups, strictness)
    out = np.empty_like(values)
    for number in range(int(groups.max()) + 1):
        own = groups == number
        alone = np.zeros(int(own.sum()), np.int64)
        out[:, own] = adapted(values[:, own], confidence[:, own].mean(axis=1), noise[own], alone, strictness)
    return out


def _held(apart: Float32, confidence: Float32, near: Float32) -> Float32:
    """(n, K, 2): how far the readings of seconds, (n, K, 2) weighted by (n,), put the points from `near` (n, K, 2)."""
    fit = local_fit(confidence, _HELD, 0)
    away = np.where(np.isfinite(fit.spread)[:, None, None], fit.of(apart) - near, np.float32(0))
    for rim in _OPENINGS:
        away[:, rim] = away[:, rim].mean(axis=1, keepdims=True)
    return away.astype(np.float32)


def _leeway(away: Float32, limit: float) -> Float32:
    """(n, K, 2), softly no longer than `limit` pixels."""
    size = np.linalg.norm(away, axis=2, keepdims=True) / max(limit, 1e-6)
    return (away / np.sqrt(1 + size**2)).astype(np.float32)


def _agreement(apart: Float32, noise: Float32, sure: Float32, confidence: Float32) -> Float32:
    """(n,): less where most of a face's points jump away from where the skin's movement takes their neighbours.

    apart: (n, K, 2), readings minus summed movement. A hand or a blur pulls the whole mesh; a blink moves few points.
    """
    known = confidence > 0.05
    usual = np.empty(apart.shape, np.float32)
    running_median(np.ascontiguousarray(apart, np.float32), known, _NEAR, usual)
    away = np.linalg.norm(apart - usual, axis=2) / np.maximum(noise, 1e-3)
    jump = np.median(np.nan_to_num(away), axis=1) / _JUMP
    sureness = np.median(sure, axis=1)
    return np.where(known, 1 - sureness + sureness / (1 + jump**6), 0).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def running_median(values: Float32, known: Bool, half: int, out: Float32) -> None:
    """Median of each of (n, K, C) `values` over the known moments within `half`; not a number where there are none."""
    count = values.shape[0]
    window, rows = np.empty(2 * half + 1, np.float32), np.empty(2 * half + 1, np.int64)
    for t in range(count):
        size = 0
        for s in range(max(0, t - half), min(count, t + half + 1)):
            if known[s]:
                rows[size] = s
                size += 1
        for k in range(values.shape[1]):
            for c in range(values.shape[2]):
                for n in range(size):
                    value, place = values[rows[n], k, c], n
                    while place > 0 and window[place - 1] > value:
                        window[place] = window[place - 1]
                        place -= 1
                    window[place] = value
                middle = (window[(size - 1) // 2] + window[size // 2]) * np.float32(0.5)
                out[t, k, c] = middle if size else np.nan
