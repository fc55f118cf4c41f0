"""Skin tone as an angle, so that results can be broken down by it."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels
from facefusion.quality.color_difference import Float64, srgb_to_lab

SkinTone = Literal["very light", "light", "intermediate", "tan", "brown", "dark"]

_LOWER_BOUNDS: tuple[tuple[float, SkinTone], ...] = (
    (55.0, "very light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
)


def skin_lab(pixels: Pixels, mask: Float32) -> Float64:
    """(3,) median CIE Lab (D65) of the sRGB `pixels` where `mask` (H, W) is above 0.5; raises ValueError for none."""
    chosen: NDArray[np.bool_] = mask > 0.5
    if not chosen.any():
        raise ValueError("mask: got no pixel above 0.5, supported is a mask that holds some skin")
    median: Float64 = np.median(srgb_to_lab(pixels[chosen]), axis=0)
    return median


def ita_degrees(lab: Float64) -> float:
    """Individual typology angle of a (3,) Lab colour: arctan((L − 50) / b) in degrees, in (−90, 90).

    Chardon, Cretois and Hourseau, International Journal of Cosmetic Science 13 (1991), 191–208. Skin has b > 0; a
    smaller b counts as 10⁻⁶. Photographs are not taken under a known light: the angle orders them roughly, no more.
    """
    return math.degrees(math.atan2(float(lab[0]) - 50.0, max(float(lab[2]), 1e-6)))


def skin_tone(ita_deg: float) -> SkinTone:
    """The usual class of an ITA: above 55 very light, 41 light, 28 intermediate, 10 tan, −30 brown, else dark.

    Del Bino and Bernerd, British Journal of Dermatology 169 (2013), 33–40.
    """
    return next((name for bound, name in _LOWER_BOUNDS if ita_deg > bound), "dark")
