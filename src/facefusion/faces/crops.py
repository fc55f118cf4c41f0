"""Cut pictures to the square inputs of the networks."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry import transforms

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_DARKEST_MEAN = 0.22
_BRIGHTEST_MEAN = 0.72
_MOST_GAIN = 40.0


def cut(pixels: Pixels, matrix: Float32, size: int) -> Float32:
    """(size, size, 3) float32 RGB in [0, 1]: the part of `pixels` that `matrix` (2, 3) maps on the crop.

    Works in the picture's own dtype on the touched region only; a strong reduction averages whole blocks of pixels
    first, on a grid that stays put, so that neither aliasing nor shimmer appears. Outside of the picture is black.
    """
    region, shift = _region(pixels, matrix, size)
    if region.size == 0:
        return np.zeros((size, size, 3), np.float32)
    block = max(1, int(1 / max(transforms.scale_of(matrix), 1e-6)))
    small = region if block == 1 else _averaged(region, block)
    to_picture = np.array([[block, 0, shift[0] + (block - 1) / 2], [0, block, shift[1] + (block - 1) / 2]], np.float32)
    warp = transforms.compose(to_picture, matrix)
    crop = cv2.warpAffine(small, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    scaled: Float32 = np.multiply(crop, np.float32(1 / PIXEL_MAX[pixels.dtype.name]), dtype=np.float32)
    return np.clip(scaled, 0, 1, out=scaled) if pixels.dtype == np.float32 else scaled


def lifted(crop: Float32) -> Float32:
    """`crop` (float32 RGB in [0, 1]) with a dark one brightened, linear about black; any other comes back as it is."""
    mean = _mean_luma(crop)
    if mean >= _DARKEST_MEAN:
        return crop
    return np.minimum(crop * np.float32(min(_DARKEST_MEAN / max(mean, 1e-4), _MOST_GAIN)), 1)


def exposed(crop: Float32) -> Float32:
    """As `lifted`, and an over-exposed crop stretched about white too: steadier landmarks, though not better scores."""
    mean = _mean_luma(crop)
    if mean <= _BRIGHTEST_MEAN:
        return lifted(crop)
    gain = min((1 - _BRIGHTEST_MEAN) / max(1 - mean, 1e-4), _MOST_GAIN)
    return np.maximum(1 - (1 - crop) * np.float32(gain), 0)


def equalised(crop: Float32) -> Float32:
    """`crop` with its local contrast evened out (CLAHE on luma): faces in haze, glare or before a bright ground."""
    lab = cv2.cvtColor((lifted(crop) * 255).astype(np.uint8), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(4, 4)).apply(lab[..., 0])
    even: Float32 = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float32) / np.float32(255)
    return even


def _mean_luma(crop: Float32) -> float:
    return float(crop[::4, ::4].reshape(-1, 3).mean(axis=0) @ _LUMA)


def _region(pixels: Pixels, matrix: Float32, size: int) -> tuple[Pixels, tuple[int, int]]:
    """View of the rows and columns the crop touches, aligned to whole blocks, and where it begins (x, y)."""
    block = max(1, int(1 / max(transforms.scale_of(matrix), 1e-6)))
    corners = np.array([[-1, -1], [size, -1], [size, size], [-1, size]], np.float32)
    spots = transforms.apply(transforms.inverse(matrix), corners)
    height, width = pixels.shape[:2]
    low = np.floor(spots.min(axis=0) / block - 1).astype(int) * block
    high = np.ceil(spots.max(axis=0) / block + 2).astype(int) * block
    x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
    x1, y1 = min(int(high[0]), width), min(int(high[1]), height)
    return pixels[y0 : max(y1, y0), x0 : max(x1, x0)], (x0, y0)


def _averaged(region: Pixels, block: int) -> Pixels:
    """Means of `block` × `block` pixels; an incomplete last row or column of blocks is left out."""
    height, width = max(region.shape[0] // block, 1), max(region.shape[1] // block, 1)
    small: Pixels = cv2.resize(region[: height * block, : width * block], (width, height), interpolation=cv2.INTER_AREA)
    return small
