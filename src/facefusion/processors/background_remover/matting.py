"""People out of any background: their coarse map, brought to the picture's own edges."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Cutout, Float32, Pixels, to_unit
from facefusion.geometry.edge_filter import follow_edges


def matte(pixels: Pixels, person: Float32, hold: Float32) -> Cutout:
    """The people of `pixels` (H, W, 3), any dtype.

    person: (h, w) float32 in [0, 1], how surely somebody is there. hold: (H, W) float32, 1 where somebody is for sure.
    """
    height, width = pixels.shape[:2]
    guide = to_unit(pixels)
    coarse = cv2.resize(person, (width, height), interpolation=cv2.INTER_LINEAR)
    reach = max(height, width) / max(person.shape)
    alpha = follow_edges(guide, coarse, reach)
    sharp = np.clip((np.maximum(alpha, hold) - 0.08) / 0.84, 0, 1).astype(np.float32)
    return Cutout(pixels.copy(), sharp)
