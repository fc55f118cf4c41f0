"""What LivePortrait's keypoints mean: how far each goes for a smile or another gaze.

The distances are those that LivePortrait's own editor publishes with its weights (`gradio_pipeline.py`, KwaiVGI, MIT);
the ends of our scales are those of its sliders. Keypoints lie in a picture from -1 to 1, x to the picture's right, y
down, so that the corners of the mouth rise where y falls.
"""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32

_SMILE = np.zeros((21, 3), np.float32)
_SMILE[[3, 7], 1] = -0.0035
_SMILE[[13, 16], 1] = -0.00275
_SMILE[14, 1] = -0.02
_SMILE[17] = 0.0, 0.0065, 0.003
_SMILE[20, 1] = -0.01
_BROADEST, _SADDEST = 1.3, 0.3
_EYES, _LIDS = [11, 15], [13, 16]
_ASIDE = 30.0
_NEARER, _FURTHER = 0.0007, 0.001
"""How far the keypoint of the eye goes towards which one looks, and of the other, for each step aside."""
_UP_OR_DOWN = 63.0
_EYE_RISES, _LID_FOLLOWS = -0.0005, -0.00015
"""For each step up; a lid goes with its eye."""


def smile(amount: float) -> Float32:
    """(1, 21, 3) float32: what to add to the expression. amount: -1 corners of the mouth down, 1 a broad smile."""
    moved: Float32 = _SMILE * np.float32(amount * (_BROADEST if amount > 0 else _SADDEST))
    return moved[None]


def gaze(right: float, up: float) -> Float32:
    """(1, 21, 3) float32: what to add to the expression. right, up: in the picture, -1 to 1."""
    moved = np.zeros((21, 3), np.float32)
    steps = (_NEARER, _FURTHER) if right > 0 else (_FURTHER, _NEARER)
    moved[_EYES, 0] = np.float32(right * _ASIDE) * np.array(steps, np.float32)
    moved[_EYES, 1] = up * _UP_OR_DOWN * _EYE_RISES
    moved[_LIDS, 1] = up * _UP_OR_DOWN * _LID_FOLLOWS
    return moved[None]
