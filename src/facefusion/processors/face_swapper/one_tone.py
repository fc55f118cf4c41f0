"""Black-and-white and toned pictures stay so: brown irises and rosy lips have no place in them.

In such a picture colour is a function of brightness alone: grey, sepia or a blue tone.
"""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import LUMA_709

_TONED, _COLOURED = 0.007, 0.0095
"""How far colours are from what brightness alone tells (RMS): scans in grey and sepia up to the first, colour from the
second on (a muted clip 0.0095, 31 others 0.02 and more)."""
_SAMPLES = 64
"""So many pixels a side are enough to tell."""
_RIDGE = 1e-4


def in_one_tone(face: Float32, target: Float32) -> Float32:
    """`face` (h, w, 3) in the one tone of `target`, as far as `target` (H, W, 3) has only one; sRGB float32."""
    line, stray = tone_line(target)
    share = np.float32(np.clip((_COLOURED - stray) / (_COLOURED - _TONED), 0.0, 1.0))
    if share <= 0:
        return face
    toned = _powers(face @ LUMA_709) @ line
    return (face + (toned - face) * share).astype(np.float32)


def tone_line(pixels: Float32) -> tuple[Float32, float]:
    """(3, 3) float32 coefficients of 1, Y and Y² for each channel, and how far colours stray from them (RMS).

    pixels: (H, W, 3) float32.
    """
    few = cv2.resize(pixels, (_SAMPLES, _SAMPLES), interpolation=cv2.INTER_NEAREST).reshape(-1, 3)
    basis = _powers(few @ LUMA_709)
    left = basis.T @ basis + _RIDGE * len(few) * np.diag(np.array([0.0, 0.1, 1.0], np.float32))
    line = np.linalg.solve(left.astype(np.float64), (basis.T @ few).astype(np.float64)).astype(np.float32)
    return line, float(np.sqrt(np.square(few - basis @ line).mean()))


def _powers(level: Float32) -> Float32:
    return np.stack([np.ones_like(level), level, level * level], axis=-1)
