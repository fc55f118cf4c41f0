"""How far apart two colours look: CIE 1976 and CIEDE2000, in exact double precision."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Pixels
from facefusion.core.arrays import PIXEL_MAX

Float64 = NDArray[np.float64]

_TO_XYZ = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)
"""Linear sRGB to XYZ, D65 (IEC 61966-2-1), rows X, Y, Z; its row sums are the white point."""
_WHITE = _TO_XYZ.sum(axis=1)
_EPSILON = (6 / 29) ** 3
_25_TO_7 = 25.0**7


def srgb_to_lab(pixels: Pixels) -> Float64:
    """(..., 3) sRGB of a supported dtype to CIE L*a*b* (D65) float64; L in [0, 100]. CIE 15:2018."""
    unit = np.clip(pixels.astype(np.float64) / PIXEL_MAX[pixels.dtype.name], 0.0, 1.0)
    linear = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _TO_XYZ.T / _WHITE
    f = np.where(ratio > _EPSILON, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e(a: Pixels, b: Pixels, *, formula: Literal["ciede2000", "cie76"] = "ciede2000") -> Float64:
    """Colour difference of every pixel of two sRGB pictures (..., 3) of one shape, float64 ≥ 0; 1 can just be seen."""
    if a.shape != b.shape:
        raise ValueError(f"delta_e: got shapes {a.shape} and {b.shape}, supported is one shape")
    difference = ciede2000 if formula == "ciede2000" else cie76
    return difference(srgb_to_lab(a), srgb_to_lab(b))


def cie76(lab_a: Float64, lab_b: Float64) -> Float64:
    """Euclidean distance of (..., 3) Lab colours (CIE 1976)."""
    distance: Float64 = np.linalg.norm(lab_a - lab_b, axis=-1)
    return distance


def ciede2000(lab_a: Float64, lab_b: Float64) -> Float64:
    """CIEDE2000 of (..., 3) Lab colours, kL = kC = kH = 1.

    ISO/CIE 11664-6:2022, written as in Sharma, Wu and Dalal, Color Research & Application 30 (2005), 21–30.
    """
    lightness_a, chroma_a, hue_a = _adjusted(lab_a, lab_b)
    lightness_b, chroma_b, hue_b = _adjusted(lab_b, lab_a)
    grey = chroma_a * chroma_b == 0
    turn = hue_b - hue_a
    d_hue = np.where(grey, 0.0, turn - 360.0 * (turn > 180) + 360.0 * (turn < -180))
    d_big_hue = 2 * np.sqrt(chroma_a * chroma_b) * np.sin(np.radians(d_hue) / 2)
    mean_l, mean_c = (lightness_a + lightness_b) / 2, (chroma_a + chroma_b) / 2
    mean_h = np.where(grey, hue_a + hue_b, _mean_hue(hue_a, hue_b))
    term_l = (lightness_b - lightness_a) / (1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2))
    term_c = (chroma_b - chroma_a) / (1 + 0.045 * mean_c)
    term_h = d_big_hue / (1 + 0.015 * mean_c * _hue_weight(mean_h))
    rotation = -np.sin(2 * np.radians(30 * np.exp(-(((mean_h - 275) / 25) ** 2)))) * 2 * _chroma_share(mean_c)
    squared = term_l**2 + term_c**2 + term_h**2 + rotation * term_c * term_h
    distance: Float64 = np.sqrt(np.maximum(squared, 0.0))
    return distance


def _adjusted(lab: Float64, other: Float64) -> tuple[Float64, Float64, Float64]:
    """L, C′ and h′ in degrees of `lab`, with a* stretched for greys."""
    mean_chroma = (np.hypot(lab[..., 1], lab[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    a = lab[..., 1] * (1 + 0.5 * (1 - _chroma_share(mean_chroma)))
    b = lab[..., 2]
    return lab[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _chroma_share(chroma: Float64) -> Float64:
    share: Float64 = np.sqrt(chroma**7 / (chroma**7 + _25_TO_7))
    return share


def _mean_hue(a: Float64, b: Float64) -> Float64:
    apart = np.abs(a - b) > 180
    mean: Float64 = (a + b) / 2 + np.where(apart, np.where(a + b < 360, 180.0, -180.0), 0.0)
    return mean


def _hue_weight(hue: Float64) -> Float64:
    h = np.radians(hue)
    weight: Float64 = (
        1
        - 0.17 * np.cos(h - np.radians(30))
        + 0.24 * np.cos(2 * h)
        + 0.32 * np.cos(3 * h + np.radians(6))
        - 0.20 * np.cos(4 * h - np.radians(63))
    )
    return weight
