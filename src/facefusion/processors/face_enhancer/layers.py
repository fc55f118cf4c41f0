"""Luma in layers of detail: noise is taken off each, what is left is lifted within limits."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.processors.face_enhancer.guided import smooth, smooth_by

_LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_NOISE_IN_LAYER = (0.9, 0.35, 0.12)
"""White noise left in each layer, as a fraction of its sigma, measured on pure noise."""
_CLEAN, _NOISY = 0.5 / 255, 5.0 / 255
_LARGE = 0.10
"""A step this high is an edge already: it is left as it is, so that no halo appears beside it."""


def noise_of(luma: Float32, skin: Float32) -> float:
    """Sigma of the noise on skin, in the picture's unit (Immerkaer 1996, with a median against pores and edges)."""
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, _LAPLACIAN))[skin > 0.5]
    return float(np.median(response)) / (6 * 0.6745) if response.size else 0.0


def enhanced_luma(
    luma: Float32, features: Float32, *, scale_px: float, noise: float, denoise: float, detail: float, contrast: float
) -> Float32:
    """(h, w) luma with less noise, more detail and more local contrast.

    features: (h, w) in [0, 1], lifted more than skin. scale_px: the eye distance. noise: sigma from `noise_of`.
    """
    kept = denoise * float(np.clip((noise - _CLEAN) / (_NOISY - _CLEAN), 0, 1))
    radii = (max(1.0, scale_px / 60), max(2.0, scale_px / 20), max(4.0, scale_px / 5))
    epsilons = (0.03**2 + noise**2, 0.06**2, 0.12**2)
    where = np.float32(0.35) + np.float32(0.65) * features
    lifts = (1.4 * detail * where, 0.8 * detail * where, np.full_like(where, 0.7 * contrast))
    base, result = luma, np.zeros_like(luma)
    for radius, epsilon, lift, share in zip(radii, epsilons, lifts, _NOISE_IN_LAYER, strict=True):
        below = smooth(base, radius=radius, epsilon=epsilon)
        result += _lifted(_shrunk(base - below, 2.0 * kept * noise * share), lift)
        base = below
    return np.clip(result + base, 0, 1)


def denoised_chroma(
    chroma: Float32, luma: Float32, features: Float32, *, scale_px: float, noise: float, denoise: float
) -> Float32:
    """(h, w) colour difference, smoothed along the edges of `luma`, less on `features` so that irises keep theirs."""
    amount = denoise * float(np.clip((noise - _CLEAN) / (_NOISY - _CLEAN), 0, 1))
    if amount <= 0.0:
        return chroma
    smoothed = smooth_by(chroma, luma, radius=max(2.0, scale_px / 16), epsilon=(2 * noise) ** 2 + 1e-5)
    return chroma + np.float32(min(1.0, 1.6 * amount)) * (1 - np.float32(0.7) * features) * (smoothed - chroma)


def _shrunk(layer: Float32, threshold: float) -> Float32:
    """Soft threshold (Donoho 1995)."""
    if threshold <= 0.0:
        return layer
    return np.sign(layer) * np.maximum(np.abs(layer) - np.float32(threshold), 0)


def _lifted(layer: Float32, lift: Float32) -> Float32:
    small = np.exp(-np.square(layer / np.float32(_LARGE)))
    lifted: Float32 = layer * (1 + lift * small)
    return lifted
