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
_PLAIN, _FEW = 0.6, 256
_SAMPLED = np.s_[::2, ::2]
"""Every fourth pixel is enough for a median."""


def match_contrast(face: Float32, target: Float32, skin: Float32, eye_distance_px: float, strength: float) -> Float32:
    """`face` (h, w, 3) whose fine detail has at most the target's contrast where `skin` (h, w) says so.

    target: (h, w, 3) float32. skin: in [0, 1], plain skin that both show. strength: 0 to 1, how far. Brightness alone
    is changed, hue stays; detail is never added.
    """
    used = skin > _PLAIN
    if strength <= 0 or int(used[_SAMPLED].sum()) * 4 < _FEW:
        return face
    sigmas = [max(share * eye_distance_px, 0.5) for share in _BANDS]
    grey = luma(face)
    bands, theirs = detail_bands(grey, sigmas), detail_bands(luma(target), sigmas)
    excess = np.zeros_like(grey)
    for ours, wanted in zip(bands, theirs, strict=True):
        gain = contrast(wanted[_SAMPLED], used[_SAMPLED]) / max(contrast(ours[_SAMPLED], used[_SAMPLED]), 1e-6)
        excess += ours * np.float32(1.0 - min(max(gain, _LEAST), 1.0))
    change = skin * excess * np.float32(strength) / np.maximum(grey, np.float32(0.02))
    matched: Float32 = (face - face * change[..., None]).astype(np.float32, copy=False)
    return matched


def detail_bands(grey: Float32, sigmas: Sequence[float]) -> list[Float32]:
    """What (h, w) float32 loses from each blur to the next, finest first."""
    found, finer = [], grey
    for sigma in sigmas:
        coarser = cv2.GaussianBlur(grey, (0, 0), sigma)
        found.append(finer - coarser)
        finer = coarser
    return found


def contrast(band: Float32, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Median size of (h, w) float32 where `used`: features that stand out by themselves do not count."""
    return float(np.median(np.abs(band[used])))
