"""Putting the watermark into pictures: a pattern of one or two levels of 255, stronger where the picture is busy."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import ColorInfo, Float32, Pixels
from facefusion.core.arrays import PIXEL_MAX, check_pixels
from facefusion.geometry.thinned import thinned
from facefusion.provenance.watermark.tile import sign_px, signs_of, wave

_QUIET = (0.74, 0.95)
_QUIET_AT_PX = 540.0
_MASKED = 0.35
_MOST = 2.4
"""Strength, in levels of 255 (standard deviation): where nothing is going on, less in pictures with a longer short
side, which have more signs to be heard (0.74 moves 8-bit pixels by one level); more for each level of local activity;
nowhere more. With the pattern's variance of 1 the last gives a PSNR of at least 40.4 dB, whatever the picture."""
_BUSIEST = 14.0
"""Activity of a pixel that counts at most: an edge in a plain area must not make the area around it busy."""
_PEAK = 2.0
_STEPS = 48.0
"""The pattern is kept as whole numbers, so many to its standard deviation; it is cut at two of these deviations."""
_BLOCK = 8
_LOOKED_AT_PX = 360
"""Short side of the picture, left as it is but for skipped pixels, in which activity is looked for."""

_LINEAR = 8
_TRANSFER_STRENGTH = {16: 0.6, 18: 0.8}
"""H.273: a level of PQ or HLG is a larger step for the eye than one of an ordinary picture."""


class Watermark:
    """The watermark of one output of `width` × `height` pixels. Pure and safe in threads.

    The same pattern goes into every frame, so nothing flickers and no frame has to be counted. color: of the frames;
    linear light (H.273 transfer 8) is marked in proportion to its square root, PQ and HLG with less.
    Raises ValueError for an `asset_id` outside of 64 bits.
    """

    def __init__(self, asset_id: int, *, width: int, height: int, color: ColorInfo | None = None) -> None:
        self.asset_id, self._size = asset_id, (width, height)
        transfer = (color or ColorInfo()).transfer
        self._is_linear = transfer == _LINEAR
        self._strength = np.float32(_TRANSFER_STRENGTH.get(transfer, 1.0))
        self._pattern = _pattern(asset_id, width, height)

    def apply(self, pixels: Pixels) -> Pixels:
        """A copy of `pixels` (H, W, 3; uint8, uint16 or float32) with the watermark; the three channels move alike."""
        marked = np.array(pixels, order="C")
        self.draw(marked)
        return marked

    def draw(self, pixels: Pixels) -> None:
        """As `apply`, into `pixels` themselves: for a contiguous array that the caller owns."""
        check_pixels("watermark", pixels)
        width, height = self._size
        if pixels.shape[:2] != (height, width):
            raise ValueError(f"watermark: got shape {pixels.shape}, supported is ({height}, {width}, 3)")
        gains = _gains(pixels, is_linear=self._is_linear) * (self._strength / np.float32(_STEPS))
        scale = np.float32(PIXEL_MAX[pixels.dtype.name] / 255)
        rows = pixels.reshape(height, -1)
        if pixels.dtype != np.float32:
            _add_whole(rows, self._pattern, gains, scale, np.float32(PIXEL_MAX[pixels.dtype.name]))
        elif self._is_linear:
            _add_linear(rows, self._pattern, gains, scale)
        else:
            _add(rows, self._pattern, gains, scale)


def coded_luma(pixels: Pixels, *, is_linear: bool = False) -> Float32:
    """(H, W) float32 of (H, W, 3) pixels: their luma as the watermark sees it, 0 to 255."""
    values = pixels.astype(np.float32) if pixels.dtype.name == "uint16" else pixels
    if pixels.dtype == np.float32:  # not a number, or brighter than any screen: cannot be looked at, must not spread
        values = np.nan_to_num(pixels, nan=0.0, posinf=16.0, neginf=0.0).clip(0, 16)
    luma = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    luma = luma * np.float32(255 / PIXEL_MAX[pixels.dtype.name])
    return np.sqrt(luma * np.float32(255)) if is_linear else luma


def _gains(pixels: Pixels, *, is_linear: bool) -> Float32:
    """(⌈H/8⌉, ⌈W/8⌉) float32: strength in levels of 255 for each block, by how busy the picture is around it."""
    height, width = pixels.shape[:2]
    step = max(1, min(height, width) // _LOOKED_AT_PX)
    luma = coded_luma(thinned(pixels, step), is_linear=is_linear)
    busy = np.minimum(np.abs(luma - cv2.blur(luma, (5, 5))), np.float32(_BUSIEST))
    size = (-(-width // _BLOCK), -(-height // _BLOCK))
    around = cv2.blur(cv2.resize(busy, size, interpolation=cv2.INTER_AREA), (3, 3))
    quiet = min(max(_QUIET_AT_PX / min(height, width), _QUIET[0]), _QUIET[1])
    return np.minimum(np.float32(quiet) + np.float32(_MASKED) * around, np.float32(_MOST))


_KEPT = 2
_patterns: OrderedDict[tuple[int, int, int], NDArray[np.int8]] = OrderedDict()
_lock = threading.Lock()


def _pattern(asset_id: int, width: int, height: int) -> NDArray[np.int8]:
    """(H, 3 W) int8: the pattern over a picture of this size, once for each channel. The last few are kept."""
    key = asset_id, width, height
    with _lock:
        if key not in _patterns:
            _patterns[key] = _made(asset_id, width, height)
        _patterns.move_to_end(key)
        while len(_patterns) > _KEPT:
            _patterns.popitem(last=False)
        return _patterns[key]


def _made(asset_id: int, width: int, height: int) -> NDArray[np.int8]:
    samples, side = 8, sign_px(width, height)
    tile = np.clip(wave(signs_of(asset_id), samples), -_PEAK, _PEAK)
    wrapped = np.pad(tile, ((0, 1), (0, 1)), mode="wrap")
    across, down = (
        ((np.arange(length, dtype=np.float32) + np.float32(0.5)) * np.float32(samples / side)) % len(tile)
        for length in (width, height)
    )
    columns, lines = np.meshgrid(across, down)
    shown = cv2.remap(wrapped, columns, lines, cv2.INTER_LINEAR)
    return np.repeat(np.rint(shown * np.float32(_STEPS)).astype(np.int8), 3, axis=1)


@numba.njit(cache=True, nogil=True)
def _add_whole(
    rows: NDArray[Any], pattern: NDArray[np.int8], gains: Float32, scale: np.float32, most: np.float32
) -> None:
    """Add to (H, 3 W) integers, rounded to nearest, kept within 0 and `most`."""
    height, length = rows.shape
    gain = np.empty(length, np.float32)
    for y in range(height):
        if y % _BLOCK == 0:
            for x in range(length):
                gain[x] = gains[y // _BLOCK, x // (3 * _BLOCK)] * scale
        row, signs = rows[y], pattern[y]
        for x in range(length):
            value = np.float32(row[x]) + np.float32(signs[x]) * gain[x] + np.float32(0.5)
            row[x] = np.int32(min(max(value, np.float32(0)), most))


@numba.njit(cache=True, nogil=True)
def _add(rows: Float32, pattern: NDArray[np.int8], gains: Float32, scale: np.float32) -> None:
    """Add to (H, 3 W) floats."""
    height, length = rows.shape
    for y in range(height):
        for x in range(length):
            rows[y, x] += np.float32(pattern[y, x]) * gains[y // _BLOCK, x // (3 * _BLOCK)] * scale


@numba.njit(cache=True, nogil=True)
def _add_linear(rows: Float32, pattern: NDArray[np.int8], gains: Float32, scale: np.float32) -> None:
    """Add to (H, 3 W) floats in linear light: each pixel by twice the root of its mean, as a step of code values is."""
    height, length = rows.shape
    for y in range(height):
        for x in range(0, length, 3):
            mean = (rows[y, x] + rows[y, x + 1] + rows[y, x + 2]) / np.float32(3)
            if mean > 0 and mean < np.inf:
                step = np.float32(2) * np.sqrt(mean) * gains[y // _BLOCK, x // (3 * _BLOCK)] * scale
                for channel in range(3):
                    rows[y, x + channel] += np.float32(pattern[y, x]) * step
