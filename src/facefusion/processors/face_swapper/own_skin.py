"""Where the performer's own skin shows, in the swapped face's tone.

A photo with open eyes has hardly any lid to show, so closed lids are the performer's. What no photo of the source
shows (a forehead under a fringe) is the performer's too: its own detail is better than an invented one.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numba
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.fill import fill_smoothly
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE
from facefusion.geometry.uv_maps import EYE_HOLLOWS, uv_pixels
from facefusion.processors.face_swapper.eyes import opening

MAP_SIZE = 256
_TONE_PX = 96
"""The change of tone is smooth: it is worked out on at most this many pixels a side."""


@lru_cache(maxsize=1)
def lid_maps() -> tuple[Float32, Float32]:
    """(256, 256) float32 each, in texture space: the lids around the image-left and the image-right eye, soft-edged."""
    left, right = (_lid_map(hollow) for hollow in EYE_HOLLOWS)
    return left, right


def own_share(unseen: Float32, xy: Float32, source_opening: float) -> Float32:
    """(256, 256) float32 in texture space: how much of the performer's own skin shows.

    unseen: (256, 256) float32, 1 where no photo shows the source. xy: (478, 2) pixels of the target. source_opening:
    how open the source's eyes are, as a fraction of their width.
    """
    left, right = (
        float(np.clip((0.75 - opening(xy, eye) / max(source_opening, 0.12)) / 0.45, 0.0, 1.0))
        for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)
    )
    return np.maximum(unseen, lid_maps()[0] * np.float32(left) + lid_maps()[1] * np.float32(right))


def show_own_skin(pixels: Float32, base: Float32, share: Float32, trusted: Float32) -> Float32:
    """`pixels` (h, w, 3) with `base`'s own detail, in the swapped tone, where `share` (h, w) says so.

    trusted: (h, w) float32 in [0, 1], where the swap's change of tone can be learned from (plain visible skin).
    """
    if float(share.max()) < 0.02:
        return pixels
    height, width = share.shape
    scale = min(_TONE_PX / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = np.zeros((size[1], size[0], 4), np.float32)
    _gather_tone(pixels, base, share, trusted, small)
    known = small[..., 3]
    if float(known.max()) < 0.05:
        return pixels
    change: Float32 = (small[..., :3] / np.maximum(known, 1e-3)[..., None]).astype(np.float32)
    tone = fill_smoothly(change, np.clip(known, 0.0, 1.0) ** 2, sweeps=6)
    tone = cv2.GaussianBlur(tone, (0, 0), 2.0)
    tone = cv2.resize(tone, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(pixels)
    _mix(pixels, base, tone, share, out)
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather_tone(pixels: Float32, base: Float32, share: Float32, trusted: Float32, small: Float32) -> None:
    """Means of the change of tone times its weight, and of the weight, over the pixels of each cell of `small`."""
    height, width = share.shape
    rows, columns = small.shape[:2]
    count = np.zeros((rows, columns), np.float32)
    for y in range(height):
        row = y * rows // height
        for x in range(width):
            column = x * columns // width
            weight = trusted[y, x] * (np.float32(1.0) - min(share[y, x] * np.float32(1.5), np.float32(1.0)))
            count[row, column] += np.float32(1.0)
            small[row, column, 3] += weight
            for c in range(3):
                small[row, column, c] += (pixels[y, x, c] - base[y, x, c]) * weight
    for row in range(rows):
        for column in range(columns):
            for c in range(4):
                small[row, column, c] /= count[row, column]


@numba.njit(cache=True, nogil=True)
def _mix(pixels: Float32, base: Float32, tone: Float32, share: Float32, out: Float32) -> None:
    for y in range(share.shape[0]):
        for x in range(share.shape[1]):
            for c in range(3):
                value = pixels[y, x, c]
                out[y, x, c] = value + (base[y, x, c] + tone[y, x, c] - value) * share[y, x]


def _lid_map(hollow: tuple[int, ...]) -> Float32:
    mask = np.zeros((MAP_SIZE, MAP_SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(uv_pixels(MAP_SIZE)[list(hollow)]).astype(np.int32)], 1)
    mask = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.5)
