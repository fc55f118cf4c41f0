"""Colour casts on skin, measured and taken back."""

from __future__ import annotations

import math

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import rgb_to_lab

_HUE_LOW_DEG, _HUE_HIGH_DEG = 38.0, 68.0
"""Hue angles of human skin in CIE Lab under daylight, all tones (Xiao et al., Skin Research and Technology 2017)."""
_CHROMA_LOW, _CHROMA_HIGH = 8.0, 36.0


def cast_of(pixels: Float32, skin: Float32) -> tuple[float, float]:
    """How far the skin's mean (a*, b*) lies outside the hues and chromas that skin has; (0, 0) inside.

    pixels: (h, w, 3) RGB float32 in [0, 1]. skin: (h, w) weights.
    """
    size = (64, 64)
    lab = rgb_to_lab(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    weight = cv2.resize(skin, size, interpolation=cv2.INTER_AREA)
    total = float(weight.sum())
    if total < 1.0:
        return 0.0, 0.0
    a, b = (float((lab[..., k] * weight).sum()) / total for k in (1, 2))
    wanted = _nearest_skin(a, b)
    return a - wanted[0], b - wanted[1]


def without_cast(pixels: Float32, cast: tuple[float, float], amount: float) -> Float32:
    """`pixels` with `amount` of the cast taken back; lightness stays."""
    if amount <= 0.0 or math.hypot(*cast) < 0.05:
        return pixels
    lab = rgb_to_lab(pixels)
    lab[..., 1:] -= np.float32(amount) * np.array(cast, np.float32) * np.clip(lab[..., :1] / 50, 0, 1)
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)


def _nearest_skin(a: float, b: float) -> tuple[float, float]:
    chroma = min(max(math.hypot(a, b), _CHROMA_LOW), _CHROMA_HIGH)
    hue = math.degrees(math.atan2(b, a))
    middle = (_HUE_LOW_DEG + _HUE_HIGH_DEG) / 2
    off = (hue - middle + 180) % 360 - 180
    half = (_HUE_HIGH_DEG - _HUE_LOW_DEG) / 2
    hue = math.radians(middle + min(max(off, -half), half))
    return chroma * math.cos(hue), chroma * math.sin(hue)
