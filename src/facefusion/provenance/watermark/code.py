"""A 64-bit number as a codeword that is still read when a third of its signs are wrong, and proves itself when it is.

The number and a 32-bit check (CRC-32, over a word of ours too, so that nothing simple fits by itself) go through the
convolutional code of rate 1/4 and constraint length 13 that J. G. Proakis lists in Digital Communications (octal 11145,
12477, 15573, 16727), ended in the zero state. Decoding is Viterbi's on soft values: of all 2^96 words the likeliest.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

ID_BITS = 64
CHECK_BITS = 32
_MEMORY = 12
_GENERATORS = (0o11145, 0o12477, 0o15573, 0o16727)
_STATES = 1 << _MEMORY
NUM_STEPS = ID_BITS + CHECK_BITS + _MEMORY
CODE_LENGTH = NUM_STEPS * len(_GENERATORS)
"""Signs of a codeword: 432."""

_SALT = b"facefusion watermark 1"


@dataclass(frozen=True, slots=True)
class Decoded:
    """asset_id: the number. errors: share of the signs, as they were received, that were wrong."""

    asset_id: int
    errors: float


def encode(asset_id: int) -> NDArray[np.int8]:
    """(432,) int8, each 1 or -1. Raises ValueError outside 0 ≤ asset_id < 2^64."""
    if not 0 <= asset_id < 1 << ID_BITS:
        raise ValueError(f"watermark: got asset id {asset_id}, supported is 0 to 2^64 - 1")
    return _coded(_bits((asset_id << CHECK_BITS) | _check(asset_id), ID_BITS + CHECK_BITS))


def decode(soft: Float32) -> Decoded | None:
    """The number in (432,) float32 `soft`, positive for 1 and larger for surer; None when the check does not fit.

    A wrong word fits with probability 2^-32.
    """
    bits = _likeliest(soft)
    word = int("".join(map(str, bits)), 2)
    asset_id, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    if check != _check(asset_id):
        return None
    return Decoded(asset_id, float(np.mean(encode(asset_id) * soft <= 0)))


def _check(asset_id: int) -> int:
    return zlib.crc32(_SALT + asset_id.to_bytes(ID_BITS // 8, "big"))


def _bits(word: int, length: int) -> list[int]:
    return [word >> place & 1 for place in reversed(range(length))]


def _signs() -> NDArray[np.int8]:
    """(8192, 4) int8: what each content of the shift register sends."""
    registers = np.arange(2 * _STATES, dtype=np.uint32)
    parities = [np.bitwise_count(registers & np.uint32(mask)) & 1 for mask in _GENERATORS]
    return (1 - 2 * np.stack(parities, axis=1).astype(np.int8)).astype(np.int8)


_SIGNS = _signs()


def _coded(bits: list[int]) -> NDArray[np.int8]:
    register, sent = 0, []
    for bit in [*bits, *[0] * _MEMORY]:
        register = (register << 1 | bit) & (2 * _STATES - 1)
        sent.append(_SIGNS[register])
    return np.concatenate(sent)


def _likeliest(soft: Float32) -> list[int]:
    """The 96 bits whose codeword agrees best with `soft` (Viterbi)."""
    score = np.full(_STATES, -np.inf, np.float32)
    score[0] = 0
    older: list[NDArray[np.bool_]] = []
    for received in soft.reshape(NUM_STEPS, len(_GENERATORS)):
        gain = _SIGNS @ received
        # State s is reached from s >> 1, and from the same with the oldest bit set.
        clear = np.repeat(score[: _STATES // 2], 2) + gain[:_STATES]
        with_it = np.repeat(score[_STATES // 2 :], 2) + gain[_STATES:]
        older.append(with_it > clear)
        score = np.maximum(clear, with_it)
    return _traced(older)


def _traced(older: list[NDArray[np.bool_]]) -> list[int]:
    state, bits = 0, []
    for had in reversed(older):
        bits.append(state & 1)
        state = state >> 1 | int(had[state]) << (_MEMORY - 1)
    return bits[::-1][: ID_BITS + CHECK_BITS]
