"""What of a photo, laid out in texture space, has not the colour of the skin beside it: hair, ears, what lies behind.

The mesh reaches to the hairline and the ears, and a photo's hair and background with it. Drawn on somebody else they
are streaks along the jaw and the temples. Skin is told from them by the colour that the inner face has nearby, so that
a side in the shade stays skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import luma, rgb_to_lab, srgb_to_linear
from facefusion.geometry.uv_maps import uv_maps, uv_pixels

_SIZE, _FINE_SIZE = 128, 256
_LEAST_SPREAD, _MOST_SPREAD = (4.0, 2.0, 2.0), (5.0, 3.0, 3.0)
"""Skin is taken to differ from the skin nearby by at least and at most this much (L, a, b), however even a photo is."""
_SKIN, _OTHER = 1.9, 2.7
"""Up to the first distance, counted in the skin's own spread, a texel has the skin's colour, from the second on not."""
_NO_BEARD, _BEARD = 1.4, 1.8
"""A chin's fine contrast ÷ the cheeks': shaven chins have up to 1.5 times as much, beards and stubble twice."""
_BESIDE_CM, _AROUND_CM = 4.6, 2.4
"""How far from the mesh's outline hair and background reach: beside eyes and mouth, where the outline lies behind the
cheeks at the ears, and elsewhere."""


def skin_coloured(pixels: Float32, weight: Float32) -> Float32:
    """(S, S) float32: 0 where the rim of the face or the forehead has not the skin's colour, 1 elsewhere.

    pixels: (S, S, 3) float32 sRGB in texture space. weight: (S, S) in [0, 1], how well the photo shows a texel. A beard
    is not skin, but stays.
    """
    size = pixels.shape[0]
    beard = _beard(*_reduced(pixels, weight, _FINE_SIZE))
    small, seen = _reduced(pixels, weight, _SIZE)
    away = cv2.GaussianBlur(_distance(rgb_to_lab(small), seen), (0, 0), 1.0)
    like_skin = np.clip((_OTHER - away) / (_OTHER - _SKIN), 0.0, 1.0).astype(np.float32)
    like_skin = cv2.erode(like_skin, np.ones((5, 5), np.uint8))
    rim = _rim() * (1.0 - beard * _beard_rim())
    whole = 1.0 - rim * (1.0 - like_skin)
    return cv2.resize(whole.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)


def _reduced(pixels: Float32, weight: Float32, size: int) -> tuple[Float32, Float32]:
    small, seen = (cv2.resize(plane, (size, size), interpolation=cv2.INTER_AREA) for plane in (pixels, weight))
    return np.clip(small, 0.0, 1.0), np.clip(seen * 16.0, 0.0, 1.0)


def _beard(pixels: Float32, seen: Float32) -> float:
    """0 to 1: whether hair grows on the chin, told by its fineness: shade may be as dark and as brown."""
    maps = uv_maps(pixels.shape[0])
    cheeks, chin = (maps.cheeks * seen) > 0.5, (maps.beard * seen) > 0.5
    if cheeks.sum() < 64 or chin.sum() < 64:
        return 1.0
    logs = np.log(np.maximum(luma(srgb_to_linear(pixels)), np.float32(2e-3)))
    fine = np.abs(logs - cv2.GaussianBlur(logs, (0, 0), 1.0))
    ratio = float(np.median(fine[chin]) / max(np.median(fine[cheeks]), 1e-4))
    return float(np.clip((ratio - _NO_BEARD) / (_BEARD - _NO_BEARD), 0.0, 1.0))


def _rim() -> Float32:
    """(S, S) float32: 1 where hair and background may be, 0 in the middle and on brows, eyes, nose and lips."""
    maps = uv_maps(_SIZE)
    plain = ((maps.skin > 0) | (maps.inset_cm < 1.0)).astype(np.float32)
    plain = cv2.GaussianBlur(cv2.erode(plain, np.ones((3, 3), np.uint8)), (0, 0), 1.0)
    across = np.abs(np.linspace(-0.5, 0.5, _SIZE, dtype=np.float32))[None]
    beside = np.clip(_BESIDE_CM - maps.inset_cm, 0.0, 1.0) * np.clip((across - 0.22) / 0.06, 0.0, 1.0)
    around = np.clip((_AROUND_CM - maps.inset_cm) / 0.6, 0.0, 1.0) * np.clip((across - 0.12) / 0.05, 0.0, 1.0)
    return plain * np.maximum(beside, around)


def _beard_rim() -> Float32:
    maps = uv_maps(_SIZE)
    below = (np.arange(_SIZE) > uv_pixels(_SIZE)[61, 1] - _SIZE / 10).astype(np.float32)[:, None]
    return cv2.GaussianBlur(np.maximum(maps.beard, below * maps.coverage), (0, 0), 2.0)


def _distance(lab: Float32, seen: Float32) -> Float32:
    """(S, S) float32: how far each texel is from the skin's colour nearby, in robust deviations of the skin."""
    maps = uv_maps(lab.shape[0])
    inner = maps.skin * (1.0 - 0.9 * maps.beard) * np.clip(maps.inset_cm / 2.0 - 0.75, 0.0, 1.0) * seen
    usual = np.median(lab[inner > 0.3], axis=0) if (inner > 0.3).sum() >= 32 else np.median(lab, axis=(0, 1))
    inner = (inner / (1.0 + np.square((lab - usual) / 20.0).sum(axis=2))).astype(np.float32)
    nearby = _nearby(lab, inner)
    off, used = np.abs(lab - nearby), inner > 0.3
    if used.sum() < 32:
        return np.zeros(inner.shape, np.float32)
    spread = np.clip(1.4826 * np.median(off[used], axis=0), _LEAST_SPREAD, _MOST_SPREAD)
    return np.sqrt(0.5 * np.square(off / spread).sum(axis=2)).astype(np.float32)


def _nearby(lab: Float32, weight: Float32) -> Float32:
    """Weighed mean colours around each texel: close where there is skin, from further away where there is none."""
    out = np.zeros_like(lab)
    for share in (0.5, 0.2, 0.08):
        sigma = share * lab.shape[0]
        known = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        mean = cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma) / np.maximum(known, 1e-6)
        trusted = np.clip(known * 20.0, 0.0, 1.0) if share < 0.5 else np.float32(1.0)
        out = (out + (mean - out) * trusted).astype(np.float32)
    return out
