"""Put a patch back into its picture; pixels outside the patch's mask stay bit-identical."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numba
import numpy as np

from facefusion.blend.bands import blend_multiband, blend_poisson
from facefusion.blend.settings import BlendMode, BlendSettings
from facefusion.core import Float32, Patch, Pixels, to_unit
from facefusion.core.arrays import PIXEL_MAX

_NOTHING = 1.0 / 512.0
"""Mask values below this cannot change an 8-bit pixel."""
_OPAQUE = BlendSettings(blend_mode="plain", blend_strength=1.0)


def paste(pixels: Pixels, patch: Patch, settings: BlendSettings | None = None) -> Pixels:
    """A new picture with `patch` blended in.

    pixels: (H, W, 3) RGB uint8, uint16 or float32; never written to. Returns the same shape and dtype. Wherever the
    patch's mask is 0 and its base is the picture's own, the result is bit-identical to `pixels`.
    """
    settings = settings or BlendSettings()
    result = pixels.copy()
    window = _window(patch, pixels.shape[0], pixels.shape[1])
    settings = _OPAQUE if patch.is_opaque else settings
    if window is None or settings.blend_strength <= 0.0:
        return result
    local, (y0, y1, x0, x1) = window
    region = result[y0:y1, x0:x1]
    under = to_unit(region)
    over = (under if local.base is None else local.base).copy()
    part = _bounds(local.mask)
    if part is not None:
        over[part] = blended(over[part], _sliced(local, part), settings.blend_mode)
    if settings.blend_strength < 1.0:
        over = under + (over - under) * np.float32(settings.blend_strength)
    _store(region, under, over, local.mask, np.float32(PIXEL_MAX[pixels.dtype.name]))
    return result


@numba.njit(cache=True, nogil=True)
def _store(region: Pixels, under: Float32, over: Float32, mask: Float32, top: np.float32) -> None:
    """Write what changed, rounded to the picture's own steps; everything else stays as it was."""
    rounding = np.float32(0.5) if top > 1.0 else np.float32(0.0)
    for y in range(region.shape[0]):
        for x in range(region.shape[1]):
            touched = mask[y, x] > _NOTHING
            for c in range(3):
                touched = touched or abs(over[y, x, c] - under[y, x, c]) > _NOTHING
            if touched:
                for c in range(3):
                    value = over[y, x, c] * top
                    region[y, x, c] = (min(max(value, 0.0), top) + rounding) if top > 1.0 else value


def _bounds(mask: Float32) -> tuple[slice, slice] | None:
    """The smallest part of a picture that holds every pixel a mask can change."""
    used = mask > _NOTHING
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    if not len(rows):
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def blended(base: Float32, patch: Patch, mode: BlendMode) -> Float32:
    """(h, w, 3) float32: `patch` over `base`, both in the patch's pixels."""
    mask = patch.mask
    visible = np.ones_like(mask) if patch.visible is None else patch.visible
    if mode == "plain":
        return base + (patch.pixels - base) * (mask * visible)[..., None]
    if mode == "poisson":
        return blend_poisson(base, patch.pixels, mask, visible)
    return blend_multiband(base, patch.pixels, mask, visible)


def _window(patch: Patch, height: int, width: int) -> tuple[Patch, tuple[int, int, int, int]] | None:
    """The patch on the picture's own pixel grid, cut to where it applies, with its place (y0, y1, x0, x1)."""
    linear, shift = patch.matrix[:, :2], patch.matrix[:, 2]
    if np.array_equal(linear, np.eye(2, dtype=np.float32)) and np.all(shift == np.round(shift)):
        return _cut(patch, -int(shift[0]), -int(shift[1]), height, width)
    return _unwarped(patch, height, width)


def _cut(patch: Patch, left: int, top: int, height: int, width: int) -> tuple[Patch, tuple[int, int, int, int]] | None:
    h, w = patch.mask.shape
    y0, y1, x0, x1 = max(top, 0), min(top + h, height), max(left, 0), min(left + w, width)
    if y0 >= y1 or x0 >= x1:
        return None
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    return _sliced(patch, part), (y0, y1, x0, x1)


def _sliced(patch: Patch, part: Any) -> Patch:
    base = None if patch.base is None else patch.base[part]
    visible = None if patch.visible is None else patch.visible[part]
    return replace(patch, pixels=patch.pixels[part], mask=patch.mask[part], base=base, visible=visible)


def _unwarped(patch: Patch, height: int, width: int) -> tuple[Patch, tuple[int, int, int, int]] | None:
    inverse = cv2.invertAffineTransform(patch.matrix)
    h, w = patch.mask.shape
    corners = np.array([[0, 0, 1], [w - 1, 0, 1], [0, h - 1, 1], [w - 1, h - 1, 1]], np.float32) @ inverse.T
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (width, height))
    if y0 >= y1 or x0 >= x1:
        return None
    place = inverse.copy()
    place[:, 2] -= (x0, y0)
    size = (int(x1 - x0), int(y1 - y0))

    def back(array: Float32, border: int, flags: int = cv2.INTER_CUBIC) -> Float32:
        return cv2.warpAffine(array, place, size, flags=flags, borderMode=border)

    pixels = back(patch.pixels, cv2.BORDER_REPLICATE)
    mask = np.clip(back(patch.mask, cv2.BORDER_CONSTANT, cv2.INTER_LINEAR), 0, 1)
    visible = None
    if patch.visible is not None:
        visible = np.clip(back(patch.visible, cv2.BORDER_REPLICATE, cv2.INTER_LINEAR), 0, 1)
    back_on = replace(patch, pixels=pixels, mask=mask, base=None, visible=visible)
    return back_on, (int(y0), int(y1), int(x0), int(x1))
