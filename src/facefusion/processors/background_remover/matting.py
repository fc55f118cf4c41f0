"""People out of any background: their coarse map brought to the picture's own edges, and their colours without the old
background's.

The edges follow the guided filter; `facefusion.processors.background_remover.fusion` finds the colours.
"""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Cutout, Float32, Pixels, to_unit
from facefusion.geometry.edge_filter import follow_edges
from facefusion.processors.background_remover.fusion import without_old_background

_FITTED = 1.0
"""Models of the guided filter are fitted on pixels as large as those of the map."""
_COARSE = 1.3
"""Opacities are brought to the picture's edges where each covers more of its pixels, across, than this."""
_SURE = (0.10, 0.90)
"""Refined answers up to the first are background, from the second on foreground."""


def matte(pixels: Pixels, person: Float32, hold: Float32, *, is_matte: bool = False) -> Cutout:
    """The people of `pixels` (H, W, 3), any dtype.

    person: (h, w) float32 in [0, 1], how surely somebody is there, or with `is_matte` how opaque they are. hold: (H, W)
    float32, 1 where somebody is for sure.
    """
    alpha = enlarged(pixels, person, hold) if is_matte else refined(pixels, person, hold)
    return Cutout(without_old_background(pixels, alpha), alpha)


def refined(pixels: Pixels, person: Float32, hold: Float32) -> Float32:
    """(H, W) float32 in [0, 1]: the coarse map `person` with the picture's own edges."""
    height, width = pixels.shape[:2]
    coarse = cv2.resize(person, (width, height), interpolation=cv2.INTER_CUBIC)
    reach = max(height, width) / max(person.shape)
    alpha = follow_edges(to_unit(pixels), np.clip(coarse, 0, 1), max(reach, 1.0), share=_FITTED)
    low, high = _SURE
    return np.clip((np.maximum(alpha, hold) - low) / (high - low), 0, 1).astype(np.float32)


def enlarged(pixels: Pixels, opacity: Float32, hold: Float32) -> Float32:
    """(H, W) float32 in [0, 1]: `opacity` (h, w), which is smaller than the picture, with the picture's own edges."""
    height, width = pixels.shape[:2]
    large = np.clip(cv2.resize(opacity, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    reach = max(height, width) / max(opacity.shape)
    if reach > _COARSE:
        large = follow_edges(to_unit(pixels), large, reach, share=_FITTED)
    return np.maximum(large, hold)
