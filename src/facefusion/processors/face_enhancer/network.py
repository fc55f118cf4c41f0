"""The bundled restorer: takes back what enlarging, blur and JPEG did to a face, at two sizes one after the other."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.models import open_session

_BLOCK = 4
"""The network takes lengths that are multiples of this."""
_FINEST_PX = 280.0
"""Eye distance above which a face is looked at reduced: what is finer is no work of blur and blocks any more."""
_SMALL_PX, _LARGE_PX = 80.0, 140.0
"""Eye distances from which a face is looked at again at half its size, and at which that counts in full: what is
blurred twice as much as anything in training then looks like what was trained. Smaller faces lose likeness by it."""


def restored(pixels: Float32, eye_distance_px: float, amount: float) -> Float32:
    """(h, w, 3) of `pixels` (h, w, 3) RGB in [0, 1]; `amount` of what the network changes. Safe in threads."""
    if amount <= 0 or min(pixels.shape[:2]) < 4 * _BLOCK:
        return pixels
    finest = min(1.0, _FINEST_PX / max(eye_distance_px, 1.0))
    again = float(np.clip((eye_distance_px - _SMALL_PX) / (_LARGE_PX - _SMALL_PX), 0, 1))
    result = pixels + _change(pixels, finest)
    if again > 0:
        result = result + np.float32(again) * _change(result, finest / 2)
    return np.clip(pixels + np.float32(amount) * (result - pixels), 0, 1)


def _change(pixels: Float32, size: float) -> Float32:
    """What the network adds to `pixels`, seen at `size` times their width and height."""
    height, width = pixels.shape[:2]
    seen = pixels
    if size < 1.0:
        small = (max(round(width * size), _BLOCK), max(round(height * size), _BLOCK))
        seen = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    change = _network(seen) - seen
    return change if size >= 1.0 else cv2.resize(change, (width, height), interpolation=cv2.INTER_CUBIC)


def _network(pixels: Float32) -> Float32:
    height, width = pixels.shape[:2]
    below, beside = -height % _BLOCK, -width % _BLOCK
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    answer = open_session("face_deblur").run(padded.transpose(2, 0, 1)[None])[0][0]
    return np.asarray(answer.transpose(1, 2, 0)[:height, :width], np.float32)
