"""Closed lids are the performer's: a photo with open eyes has hardly any lid to show."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE
from facefusion.geometry.uv_maps import EYE_HOLLOWS, uv_pixels
from facefusion.processors.face_swapper.eyes import opening

_MAP_SIZE = 256


@lru_cache(maxsize=1)
def lid_maps() -> tuple[Float32, Float32]:
    """(256, 256) float32 each, in texture space: the lids around the image-left and the image-right eye, soft-edged."""
    left, right = (_lid_map(hollow) for hollow in EYE_HOLLOWS)
    return left, right


def _lid_map(hollow: tuple[int, ...]) -> Float32:
    mask = np.zeros((_MAP_SIZE, _MAP_SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(uv_pixels(_MAP_SIZE)[list(hollow)]).astype(np.int32)], 1)
    mask = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.5)


def keep_closed_lids(pixels: Float32, base: Float32, uv: Float32, xy: Float32, source_opening: float) -> Float32:
    """`pixels` with the performer's own lids, in the swapped skin's tone, as far as the eyes are closed.

    pixels, base: (h, w, 3) float32, swapped and target. uv: (h, w, 2) in [0, 1]. xy: (478, 2) pixels.
    source_opening: how open the source's eyes are, as a fraction of their width.
    """
    closed = [
        float(np.clip((0.75 - opening(xy, eye) / max(source_opening, 0.12)) / 0.45, 0.0, 1.0))
        for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)
    ]
    if max(closed) <= 0.0:
        return pixels
    lids = lid_maps()[0] * np.float32(closed[0]) + lid_maps()[1] * np.float32(closed[1])
    place = uv * np.float32(_MAP_SIZE - 1)
    own = cv2.remap(lids, place, None, cv2.INTER_LINEAR)
    rows, columns = np.flatnonzero(own.max(axis=1) > 0.01), np.flatnonzero(own.max(axis=0) > 0.01)
    if not len(rows) or not len(columns):
        return pixels
    reach = max(int(np.ptp(columns)) // 8, 4)
    window = np.s_[max(rows[0] - reach, 0) : rows[-1] + reach + 1, max(columns[0] - reach, 0) : columns[-1] + reach + 1]
    out = pixels.copy()
    share = own[window][..., None]
    tone = _tone(pixels[window] - base[window], (1.0 - own[window]) ** 4, reach)
    out[window] += (base[window] + tone - pixels[window]) * share
    return out


def _tone(difference: Float32, weight: Float32, reach: int) -> Float32:
    """The swap's change of colour around the lids, carried smoothly across them."""
    top = cv2.GaussianBlur(difference * weight[..., None], (0, 0), reach)
    bottom = cv2.GaussianBlur(weight, (0, 0), reach)
    tone: Float32 = top / np.maximum(bottom, 1e-3)[..., None]
    return tone
