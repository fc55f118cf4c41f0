"""People out of any background: their coarse map brought to the picture's own edges, and their colours without the old
background's.

The edges follow the guided filter. The foreground's colours are Forte's fast estimate, "Approximate Fast Foreground
Colour Estimation" (ICIP 2021): blurred fusion, once wide and once narrow, in linear light.
"""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Cutout, Float32, Pixels, from_unit, to_unit
from facefusion.geometry.color import linear_to_srgb
from facefusion.geometry.edge_filter import follow_edges
from facefusion.geometry.light import indexed

_SURE = (0.10, 0.90)
"""Refined answers up to the first are background, from the second on foreground."""
_WIDE, _NARROW = 0.05, 0.012
"""Half widths of the fusion's windows, in heights of the picture."""


def matte(pixels: Pixels, person: Float32, hold: Float32) -> Cutout:
    """The people of `pixels` (H, W, 3), any dtype.

    person: (h, w) float32 in [0, 1], how surely somebody is there. hold: (H, W) float32, 1 where somebody is for sure.
    """
    alpha = refined(pixels, person, hold)
    return Cutout(without_old_background(pixels, alpha), alpha)


def refined(pixels: Pixels, person: Float32, hold: Float32) -> Float32:
    """(H, W) float32 in [0, 1]: the coarse map `person` with the picture's own edges."""
    height, width = pixels.shape[:2]
    coarse = cv2.resize(person, (width, height), interpolation=cv2.INTER_CUBIC)
    reach = max(height, width) / max(person.shape)
    alpha = follow_edges(to_unit(pixels), np.clip(coarse, 0, 1), max(reach, 1.0))
    low, high = _SURE
    return np.clip((np.maximum(alpha, hold) - low) / (high - low), 0, 1).astype(np.float32)


def without_old_background(pixels: Pixels, alpha: Float32) -> Pixels:
    """(H, W, 3): the foreground's own colours at its edge; the rest of `pixels` as it is."""
    edge = (alpha > 0) & (alpha < 1)
    if not edge.any():
        return pixels.copy()
    whole, table = indexed(pixels)
    light, height = table[whole], pixels.shape[0]
    front, back = light, light
    for share in (_WIDE, _NARROW):
        front, back = _fused(light, front, back, alpha, max(round(share * height), 1))
    out = pixels.copy()
    out[edge] = from_unit(linear_to_srgb(front[edge]), pixels.dtype)
    return out


def _fused(light: Float32, front: Float32, back: Float32, alpha: Float32, half: int) -> tuple[Float32, Float32]:
    """Foreground and background colours (H, W, 3), from those before and the picture's."""
    side = (2 * half + 1, 2 * half + 1)
    share = alpha[..., None]
    inside, outside = cv2.blur(alpha, side)[..., None], cv2.blur(1 - alpha, side)[..., None]
    mine = cv2.blur(front * share, side) / np.maximum(inside, 1e-4)
    theirs = cv2.blur(back * (1 - share), side) / np.maximum(outside, 1e-4)
    left = light - share * mine - (1 - share) * theirs
    return np.clip(mine + share * left, 0, 1), np.clip(theirs + (1 - share) * left, 0, 1)
