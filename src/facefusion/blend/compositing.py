"""Putting a cut-out on a new background."""

from __future__ import annotations

import numpy as np

from facefusion.core import Cutout, Float32, Pixels, from_unit, to_unit
from facefusion.geometry.color import linear_to_srgb, srgb_to_linear


def over(cutout: Cutout, background: Pixels) -> Pixels:
    """(H, W, 3) of the cut-out's dtype: the foreground over `background` (any dtype), mixed in linear light."""
    alpha = cutout.alpha[..., None]
    front, back = srgb_to_linear(to_unit(cutout.pixels)), srgb_to_linear(to_unit(background))
    mixed: Float32 = linear_to_srgb((front * alpha + back * (1 - alpha)).astype(np.float32))
    return from_unit(mixed, cutout.pixels.dtype)
