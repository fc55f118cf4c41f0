"""The pattern: 64 × 64 signs, repeated over the picture, so that any part of it that is large enough holds all of them.

640 signs are the same in every watermark and tell where the pattern begins; 3456 carry the codeword eight times. Which
is which, and a sign that each is multiplied with, come from SHAKE-256, the same on every machine and for ever.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.core.arrays import frozen
from facefusion.provenance.watermark.code import CODE_LENGTH, encode

TILE = 64
"""Signs on a side of the pattern."""
COPIES = 8
_NUM_SYNC = TILE * TILE - COPIES * CODE_LENGTH
_SEED = b"facefusion watermark 1"

_SHORT_SIDE_SIGNS = 150
_LEAST_PX, _MOST_PX = 5.0, 12.0

_LOWEST, _HIGHEST = 0.15, 0.8
"""Cycles a sign: below, pictures are too strong and the eye is keen; above, codecs and scaling leave nothing."""


def sign_px(width: int, height: int) -> float:
    """Side of a sign in pixels, of a picture that is marked: 7.2 at 1080p."""
    return float(min(max(min(width, height) / _SHORT_SIDE_SIGNS, _LEAST_PX), _MOST_PX))


@lru_cache(maxsize=1)
def _order() -> tuple[NDArray[np.int64], Float32]:
    """Places of the tile in their secret order, and the sign each place is multiplied with."""
    keys = np.frombuffer(hashlib.shake_256(_SEED).digest(8 * TILE * TILE), ">u8")
    coins = np.frombuffer(hashlib.shake_256(_SEED + b" signs").digest(TILE * TILE), np.uint8)
    return np.argsort(keys, kind="stable"), (1 - 2 * (coins & 1).astype(np.float32)).astype(np.float32)


def signs_of(asset_id: int) -> Float32:
    """(64, 64) float32, each 1 or -1."""
    order, coins = _order()
    signs = sync_signs().ravel()
    carried = np.tile(encode(asset_id), COPIES).astype(np.float32)
    signs[order[_NUM_SYNC:]] = carried * coins[order[_NUM_SYNC:]]
    return signs.reshape(TILE, TILE)


def sync_signs() -> Float32:
    """(64, 64) float32: the signs that every watermark shares, 0 elsewhere."""
    order, coins = _order()
    signs = np.zeros(TILE * TILE, np.float32)
    signs[order[:_NUM_SYNC]] = coins[order[:_NUM_SYNC]]
    return signs.reshape(TILE, TILE)


def received(values: Float32) -> Float32:
    """(432,) float32: how much each sign of the codeword is heard, from (64, 64) `values` of the whole tile."""
    order, coins = _order()
    heard = (values.ravel() * coins)[order[_NUM_SYNC:]]
    return heard.reshape(COPIES, CODE_LENGTH).sum(axis=0)


def wave(signs: Float32, samples: int) -> Float32:
    """(64 × samples, 64 × samples) float32: the tile as a picture that repeats without a seam, mean 0, variance 1."""
    spikes = np.zeros((TILE * samples, TILE * samples), np.float32)
    spikes[samples // 2 :: samples, samples // 2 :: samples] = signs
    shown = np.fft.ifft2(np.fft.fft2(spikes) * _shape(samples)).real
    return np.asarray(shown / shown.std(), np.float32)


@lru_cache(maxsize=4)
def wave_spectrum(samples: int) -> NDArray[np.complex64]:
    """What one sign at the tile's origin looks like, as `numpy.fft.rfft2` gives it."""
    spectrum = _shape(samples)[:, : TILE * samples // 2 + 1].astype(np.complex64)
    return frozen(spectrum)


def _shape(samples: int) -> NDArray[np.float64]:
    """How much of each frequency a sign has: a square of one sign's side, without its lowest and highest."""
    across = np.fft.fftfreq(TILE * samples, 1 / samples)
    fy, fx = np.meshgrid(across, across, indexing="ij")
    radius = np.hypot(fx, fy)
    band = (1 - np.exp(-((radius / _LOWEST) ** 2))) * np.exp(-((radius / _HIGHEST) ** 4))
    return np.asarray(band * np.sinc(fx) * np.sinc(fy))
