"""Finding the pattern in a picture that was scaled and cropped, and reading its number.

A picture's own content is the noise here: it is evened out, once by its local contrast and once by its spectrum. Then
every likely size of the pattern is tried; folding the picture into one tile makes its place one correlation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.core.arrays import frozen
from facefusion.provenance.watermark.code import CHECK_BITS, Decoded, decode
from facefusion.provenance.watermark.tile import TILE, received, sign_px, sync_signs, wave, wave_spectrum

MOST_TRIES = 6
"""Words that one search decodes at most."""
FALSE_POSITIVES = 2 * MOST_TRIES * 2.0**-CHECK_BITS
"""Bound of the probability that an unmarked file is taken for a marked one: 2.8e-9. A file is searched twice at most
(a clip, after a few frames and after all of them), and each word that is tried fits with 2^-32."""

_LEAST_SHARPNESS = 4.8
"""Deviations that the shared signs have to stand out by before a word is decoded."""
_SCALES = (0.4, 1.7)
_KEPT_AFTER_CROP = 0.75
_LEAST_SIGN_PX = 2.0
_MOST_SIGNS = 300
_COARSE, _FINE = 2, 4
"""Samples a sign."""
_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pattern may be. x_px, y_px: size of a sign. shift: samples to its origin. sharpness: in deviations."""

    x_px: float
    y_px: float
    shift: tuple[int, int]
    sharpness: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search read. sign_px: size of a sign in the searched picture."""

    word: Decoded
    sign_px: float


@dataclass(frozen=True, slots=True)
class Level:
    """A size at which pictures are looked at. shrink: they are made smaller by it. least_px, most_px: signs, in them.

    Signs of two to four and a half pixels are heard best.
    """

    shrink: float
    least_px: float
    most_px: float

    def evened(self, luma: Float32) -> Float32:
        """(h, w) float32: what is left of (H, W) `luma` when contrast and spectrum are the same everywhere."""
        height, width = luma.shape
        size = round(width / self.shrink), round(height / self.shrink)
        small = luma if self.shrink == 1 else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        return _evened(small)


def levels_of(width: int, height: int) -> list[Level]:
    """The levels that hold every scale and crop that is looked for, in pictures of this size."""
    least, most = _sizes(width, height)
    number = max(1, round(np.log2(most / least)))
    bounds = np.geomspace(least, most, number + 1)
    shrinks = [max(1.0, float(low) / _LEAST_SIGN_PX) for low in bounds[:-1]]
    return [
        Level(shrink, float(low) / shrink, float(high) / shrink)
        for shrink, low, high in zip(shrinks, bounds[:-1], bounds[1:], strict=True)
    ]


def search(evens: Sequence[Float32], *, width: int, height: int) -> Found | None:
    """The watermark in pictures of `width` × `height` pixels, from what `Level.evened` made of them at each level."""
    tries = MOST_TRIES
    for level, even, place in _places(evens, width, height):
        if tries == 0 or place.sharpness < _LEAST_SHARPNESS:
            continue
        tries -= 1
        word = _read(even, place)
        if word is not None:
            return Found(word, float(np.sqrt(place.x_px * place.y_px)) * level.shrink)
    return None


def _evened(luma: Float32) -> Float32:
    fine = luma - cv2.blur(luma, (5, 5))
    spread = np.sqrt(np.maximum(cv2.blur(fine * fine, (5, 5)), 0)) + np.float32(0.3)
    fine = np.clip(fine / spread, -1.7, 1.7)
    height, width = fine.shape
    room = cv2.getOptimalDFTSize(height), cv2.getOptimalDFTSize(width)
    spectrum = np.fft.rfft2(fine, s=room)
    loud = cv2.blur(np.abs(spectrum).astype(np.float32), (9, 9)) + np.float32(1e-3)
    flat = np.fft.irfft2(spectrum / loud**1.5, s=room)[:height, :width].astype(np.float32)
    return flat / np.float32(max(float(flat.std()), 1e-9))


def _places(evens: Sequence[Float32], width: int, height: int) -> Iterator[tuple[Level, Float32, Place]]:
    """Likely places: first that of a picture that was not scaled, then the sharpest of all sizes."""
    levels, own = levels_of(width, height), sign_px(width, height)
    for level, even in zip(levels, evens, strict=True):
        if level.least_px <= own / level.shrink <= level.most_px:
            yield level, even, _finer(even, _place(even, own / level.shrink, own / level.shrink))
            break
    found = [
        (level, even, _place(even, size, size))
        for level, even in zip(levels, evens, strict=True)
        for size in _ladder(even, level.least_px, level.most_px)
    ]
    for level, even, place in _apart(sorted(found, key=lambda one: -one[2].sharpness)):
        yield level, even, _finer(even, place)


def _apart(found: list[tuple[Level, Float32, Place]]) -> list[tuple[Level, Float32, Place]]:
    """The first few, none of nearly the same size as an earlier one."""
    kept: list[tuple[Level, Float32, Place]] = []
    for level, even, place in found:
        if all(abs(place.x_px * level.shrink / (other.x_px * that.shrink) - 1) > 0.01 for that, _, other in kept):
            kept.append((level, even, place))
        if len(kept) == _CANDIDATES:
            break
    return kept


def _sizes(width: int, height: int) -> tuple[float, float]:
    """Smallest and largest a sign may be, in pixels, for every scale and crop that is looked for."""
    found = [
        scale * sign_px(*(round(side / scale / kept) for side in (width, height)))
        for scale in np.geomspace(*_SCALES, 24)
        for kept in (_KEPT_AFTER_CROP, 1.0)
    ]
    return min(found), max(found)


def _ladder(even: Float32, least: float, most: float) -> list[float]:
    """Sizes so close that the pattern stays within a third of a sign over the whole picture."""
    signs = min(max(even.shape) / least, _MOST_SIGNS)
    count = 1 + int(np.log(most / least) / (1.2 / signs))
    return [float(size) for size in np.geomspace(least, most, max(count, 2))]


def _place(even: Float32, x_px: float, y_px: float, samples: int = _COARSE) -> Place:
    """The best place of a pattern of this size."""
    folded = _folded(even, x_px, y_px, samples)
    match = np.fft.irfft2(np.fft.rfft2(folded) * _sync_spectrum(samples), s=folded.shape)
    at = int(np.argmax(match))
    row, column = divmod(at, match.shape[1])
    sharp = float((match.flat[at] - match.mean()) / max(float(match.std()), 1e-12))
    return Place(x_px, y_px, (row, column), sharp)


def _finer(even: Float32, place: Place) -> Place:
    """`place` with its size in both directions at its sharpest."""
    step = 0.4 * min(place.x_px / even.shape[1], place.y_px / even.shape[0])
    best = replace(place, sharpness=-1.0)
    for _ in range(2):
        for by_x, by_y in ((0, 0), (-1, -1), (1, 1), (-1, 0), (1, 0), (0, -1), (0, 1), (-2, -2), (2, 2)):
            tried = _place(even, place.x_px * (1 + by_x * step), place.y_px * (1 + by_y * step), _FINE)
            best = max(best, tried, key=lambda one: one.sharpness)
        place, step = best, step / 2
    return best


def _read(even: Float32, place: Place) -> Decoded | None:
    """The word at a place that was found with the fine samples."""
    folded = np.roll(_folded(even, place.x_px, place.y_px, _FINE), (-place.shift[0], -place.shift[1]), (0, 1))
    heard = np.fft.irfft2(np.fft.rfft2(folded) * np.conj(wave_spectrum(_FINE)), s=folded.shape)
    return decode(received(heard[_FINE // 2 :: _FINE, _FINE // 2 :: _FINE].astype(np.float32)))


@lru_cache(maxsize=2)
def _sync_spectrum(samples: int) -> NDArray[np.complex128]:
    return frozen(np.conj(np.fft.rfft2(wave(sync_signs(), samples))))


def _folded(even: Float32, x_px: float, y_px: float, samples: int) -> Float32:
    """The picture at `samples` a sign, all its tiles added into one."""
    height, width = even.shape
    fx, fy = samples / x_px, samples / y_px
    size = min(int(width * fx), _MOST_SIGNS * samples), min(int(height * fy), _MOST_SIGNS * samples)
    matrix = np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5]])
    sampled = cv2.warpAffine(even, matrix, size, flags=cv2.INTER_LINEAR)
    side = TILE * samples
    padded = np.zeros((-(-size[1] // side) * side, -(-size[0] // side) * side), np.float32)
    padded[: size[1], : size[0]] = sampled
    return padded.reshape(padded.shape[0] // side, side, -1, side).sum(axis=(0, 2))
