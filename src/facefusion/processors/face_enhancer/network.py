"""The bundled restorers: what blur and JPEG did to its pixels is taken back first, then what made the face small."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import luma
from facefusion.models import open_session

_FINE, _WHOLE = "face_deblur", "face_restore"
"""The first looks at pixels, the second at the whole face."""
_BLOCK = 16
"""The networks take lengths that are multiples of this."""
_FINEST_PX = 280.0
"""Eye distance above which a face is looked at reduced: what is finer is no work of blur and blocks any more."""
_TRAINED_PX = 63.0
"""Eye distance of the faces in training: only so large does the second network know where on a face it is."""
_MOST_ENLARGED = 3.0
_MARGIN = 0.4
"""What lies around the face on the crop, in eye distances: a sharp background says nothing about the face."""
_WHOLE_SHARE = 0.88
"""Of what the second network changes: all of it gains 0.01 dB more and moves one of 57 faces by 0.154 (identity)."""
_SOFT, _CRISP = 0.26, 0.36
"""Contrast finer than 0.7 pixels over that of 1.4 to 2.8, seen at the size of training: up to 0.25 on faces made four
times smaller and saved as JPEG 40 (57 portraits), from 0.36 on where they are sharp and nothing is to be done."""


def restored(pixels: Float32, eye_distance_px: float, amount: float) -> Float32:
    """(h, w, 3) of `pixels` (h, w, 3) RGB in [0, 1]; `amount` of what the networks change. Safe in threads."""
    if amount <= 0 or min(pixels.shape[:2]) < _BLOCK:
        return pixels
    eyes_px = max(eye_distance_px, 1.0)
    result = pixels + _change(_FINE, pixels, min(1.0, _FINEST_PX / eyes_px))
    size = min(_TRAINED_PX / eyes_px, _MOST_ENLARGED)
    cut = min(round(_MARGIN * eyes_px), min(pixels.shape[:2]) // 4)
    share = softness(pixels[cut:-cut, cut:-cut] if cut else pixels, size)
    if share > 0:
        result = result + np.float32(_WHOLE_SHARE * share) * _change(_WHOLE, result, size)
    return np.clip(pixels + np.float32(amount) * (result - pixels), 0, 1)


def softness(pixels: Float32, size: float) -> float:
    """In [0, 1]: how surely `pixels`, seen at `size` times their width and height, were made from something smaller.

    Told beside edges, where fine contrast follows the coarse one; elsewhere there is but noise.
    """
    seen = _resized(luma(pixels), size)
    first, second, third = (cv2.GaussianBlur(seen, (0, 0), sigma) for sigma in (0.7, 1.4, 2.8))
    fine, coarse = np.square(seen - first), np.square(second - third)
    edges = cv2.GaussianBlur(coarse, (0, 0), 3.0)
    ratio = np.sqrt(float((edges * fine).sum()) / max(float((edges * coarse).sum()), 1e-12))
    return float(np.clip((_CRISP - ratio) / (_CRISP - _SOFT), 0, 1))


def _change(name: str, pixels: Float32, size: float) -> Float32:
    """What a network adds to `pixels`, seen at `size` times their width and height."""
    seen = _resized(pixels, size)
    change = _network(name, seen) - seen
    if change.shape == pixels.shape:
        return change
    way = cv2.INTER_CUBIC if size < 1 else cv2.INTER_AREA
    return cv2.resize(change, pixels.shape[1::-1], interpolation=way)


def _resized(pixels: Float32, size: float) -> Float32:
    height, width = pixels.shape[:2]
    wanted = (max(round(width * size), _BLOCK), max(round(height * size), _BLOCK))
    if wanted == (width, height):
        return pixels
    return cv2.resize(pixels, wanted, interpolation=cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC)


def _network(name: str, pixels: Float32) -> Float32:
    height, width = pixels.shape[:2]
    below, beside = -height % _BLOCK, -width % _BLOCK
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    answer = open_session(name).run(np.ascontiguousarray(padded.transpose(2, 0, 1)[None]))[0][0]
    return np.asarray(answer.transpose(1, 2, 0)[:height, :width], np.float32)
