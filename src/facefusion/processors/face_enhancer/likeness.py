"""How far detail from photos may move a face from itself."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.processors.face_enhancer.memory import Encoder

_FARTHEST = 0.12
"""Identity distance to the face as it was given; what else is done to the face moves it by up to 0.1."""
_SHARES = (0.7, 0.45, 0.25)


def held_near(pixels: Float32, shown: Float32, landmarks: Landmarks, encoder: Encoder) -> Float32:
    """`shown`, or so much of what it adds to `pixels` (both (h, w, 3) RGB) that the face stays within `_FARTHEST`."""
    start = encoder.embed(pixels, [landmarks])[0]
    for share in (1.0, *_SHARES):
        held = shown if share == 1.0 else pixels + np.float32(share) * (shown - pixels)
        if float(np.linalg.norm(encoder.embed(held, [landmarks])[0] - start)) <= _FARTHEST:
            return held
    return pixels
