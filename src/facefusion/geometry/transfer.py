"""Transfer functions of ITU-T H.273 that go on below 0 and above 1, so that nothing of a film picture is cut off."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from facefusion.core import Float32

SRGB, LINEAR, PQ, HLG = 13, 8, 16, 18
_GAMMA = {4: 2.2, 5: 2.8}
_BT709 = (1, 6, 14, 15)
_HLG_WHITE = 0.26496256
"""Scene light of HLG's 75 %, its reference white (BT.2408), before scaling."""
_PQ_WHITE_NITS = 100.0
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073


def to_linear(values: Float32, transfer: int) -> Float32:
    """Linear light of float32 values coded with the H.273 `transfer`; negative values by the mirrored curve.

    1.0 is the white of ordinary pictures, 100 cd/m² of PQ and the reference white (75 %) of HLG. Raises KeyError
    for a code that is not known, see `is_known`.
    """
    if transfer == LINEAR:
        return values
    if transfer == SRGB:
        return _srgb_to_linear(np.ascontiguousarray(values, np.float32).reshape(-1)).reshape(values.shape)
    return _mirrored(values, _TO_LINEAR[transfer])


def from_linear(linear: Float32, transfer: int) -> Float32:
    """The opposite of `to_linear`."""
    if transfer == LINEAR:
        return linear
    if transfer == SRGB:
        return _linear_to_srgb(np.ascontiguousarray(linear, np.float32).reshape(-1)).reshape(linear.shape)
    return _mirrored(linear, _FROM_LINEAR[transfer])


def _mirrored(values: Float32, curve: Callable[[np.ndarray], np.ndarray]) -> Float32:
    wide = values.astype(np.float64)
    done: Float32 = (np.sign(wide) * curve(np.abs(wide))).astype(np.float32)
    return done


def is_known(transfer: int) -> bool:
    """Whether there is a curve for an H.273 transfer."""
    return transfer in (SRGB, LINEAR) or transfer in _TO_LINEAR


@numba.njit(cache=True, nogil=True)
def _srgb_to_linear(values: Float32) -> Float32:
    """IEC 61966-2-1, computed in double precision: back and forth moves a float32 by 2 parts in 10⁷ at most."""
    done = np.empty_like(values)
    for i in range(values.size):
        value = abs(np.float64(values[i]))
        light = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        done[i] = light if values[i] >= 0 else -light
    return done


@numba.njit(cache=True, nogil=True)
def _linear_to_srgb(linear: Float32) -> Float32:
    done = np.empty_like(linear)
    for i in range(linear.size):
        light = abs(np.float64(linear[i]))
        value = light * 12.92 if light <= 0.04045 / 12.92 else 1.055 * light ** (1 / 2.4) - 0.055
        done[i] = value if linear[i] >= 0 else -value
    return done


def _bt709_to_linear(v: np.ndarray) -> np.ndarray:
    return np.where(v < 0.0812428583, v / 4.5, ((v + 0.0992968268) / 1.0992968268) ** (1 / 0.45))


def _linear_to_bt709(v: np.ndarray) -> np.ndarray:
    return np.where(v < 0.0180539685, v * 4.5, 1.0992968268 * np.maximum(v, 1e-12) ** 0.45 - 0.0992968268)


def _pq_to_linear(v: np.ndarray) -> np.ndarray:
    root = np.minimum(v, 1.0) ** (1 / _M2)
    return (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1) * (10_000 / _PQ_WHITE_NITS)


def _linear_to_pq(v: np.ndarray) -> np.ndarray:
    power = (v * (_PQ_WHITE_NITS / 10_000)) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _hlg_to_linear(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.5, v * v / 3, (np.exp((v - _C) / _A) + _B) / 12) / _HLG_WHITE


def _linear_to_hlg(v: np.ndarray) -> np.ndarray:
    scene = v * _HLG_WHITE
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C)


def _power(exponent: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: values**exponent


_TO_LINEAR: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    **dict.fromkeys(_BT709, _bt709_to_linear),
    **{code: _power(gamma) for code, gamma in _GAMMA.items()},
    PQ: _pq_to_linear,
    HLG: _hlg_to_linear,
}
_FROM_LINEAR: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    **dict.fromkeys(_BT709, _linear_to_bt709),
    **{code: _power(1 / gamma) for code, gamma in _GAMMA.items()},
    PQ: _linear_to_pq,
    HLG: _linear_to_hlg,
}
