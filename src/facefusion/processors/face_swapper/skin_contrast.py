"""No more contrast on drawn skin than the target's skin has: freckles of a sharp photo do not stand out of a soft clip.

On plain skin only; brows, eyes, lips, nostrils and beards, which make a face somebody's, keep their contrast.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import luma

_BANDS = (0.012, 0.035)
"""Blurs in eye distances between which contrast is compared: pores and grain, then freckles and fine lines."""
_LEAST = 0.35
"""Skin keeps at least this much of its own contrast: a clip without any detail does not make it wax."""
_FOLDS = 0.13
"""Blur in eye distances up to which folds and deep wrinkles are compared as well."""
_LEAST_FOLDS = 0.6
"""Folds make a face somebody's: they keep at least this much."""
_PLAIN, _FEW = 0.6, 256
_SAMPLED = np.s_[::2, ::2]
"""Every fourth pixel is enough for a median."""


def match_contrast(face: Float32, target: Float32, skin: Float32, eye_distance_px: float, strength: float) -> Float32:
    """`face` (h, w, 3) whose fine detail has at most the target's contrast where `skin` (h, w) says so.

    target: (h, w, 3) float32. skin: in [0, 1], plain skin that both show. strength: 0 to 1, how far. Brightness alone
    is changed, hue stays; detail is never added.
    """
    used = skin[_SAMPLED] > _PLAIN
    if strength <= 0 or int(used.sum()) * 4 < _FEW:
        return face
    sigmas = [max(share * eye_distance_px, 0.5) for share in _BANDS]
    grey = luma(face)
    (bands, rest), (theirs, their_rest) = _split(grey, sigmas), _split(luma(target), sigmas)
    excess = np.zeros_like(grey)
    for ours, wanted in zip(bands, theirs, strict=True):
        gain = contrast(wanted[_SAMPLED], used) / max(contrast(ours[_SAMPLED], used), 1e-6)
        excess += ours * np.float32(1.0 - min(max(gain, _LEAST), 1.0))
    folds = _excess_of_folds(rest, their_rest, skin, sigmas[-1], _FOLDS * eye_distance_px)
    change = skin * (excess + folds) * np.float32(strength) / np.maximum(grey, np.float32(0.02))
    matched: Float32 = (face - face * change[..., None]).astype(np.float32, copy=False)
    return matched


def _excess_of_folds(ours: Float32, theirs: Float32, skin: Float32, finer_px: float, coarser_px: float) -> Float32:
    """(h, w) float32: by how much the folds of `ours` are deeper than the skin of `theirs` has them, 0 off the skin.

    ours, theirs: (h, w) float32, smooth to `finer_px`, so that a reduced picture holds all of it. What is not skin
    takes no part, and the change fades towards it, so that a brow has no halo.
    """
    height, width = ours.shape
    factor = max(finer_px, 1.0)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    a, b, weight = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (ours, theirs, skin))
    used = weight > _PLAIN
    if int(used.sum()) < _FEW // 8:
        return np.zeros_like(ours)
    sigma = coarser_px / factor
    known = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), np.float32(1e-3))
    folds, usual = (plane - cv2.GaussianBlur(plane * weight, (0, 0), sigma) / known for plane in (a, b))
    gain = contrast(usual, used) / max(contrast(folds, used), 1e-6)
    soft = cv2.GaussianBlur(weight, (0, 0), sigma / 3.0) * weight
    excess = folds * soft * np.float32(1.0 - min(max(gain, _LEAST_FOLDS), 1.0))
    return cv2.resize(excess, (width, height), interpolation=cv2.INTER_LINEAR)


def detail_bands(grey: Float32, sigmas: Sequence[float]) -> list[Float32]:
    """What (h, w) float32 loses from each blur to the next, finest first."""
    return _split(grey, sigmas)[0]


def _split(grey: Float32, sigmas: Sequence[float]) -> tuple[list[Float32], Float32]:
    """`detail_bands`, and what is left after them."""
    found, finer = [], grey
    for sigma in sigmas:
        coarser = cv2.GaussianBlur(grey, (0, 0), sigma)
        found.append(finer - coarser)
        finer = coarser
    return found, finer


def contrast(band: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Median size of (h, w) float32 where `used`: features that stand out by themselves do not count."""
    return float(np.median(np.abs(band[used])))
