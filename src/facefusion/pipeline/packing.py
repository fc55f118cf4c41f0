"""Arrays, texts and byte strings in one section of a file: a JSON description, then the bytes it speaks of."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONGEST = 1 << 31


def packed(description: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One section: `description` (JSON) and byte strings whose lengths are kept with it."""
    text = json.dumps({"description": description, "lengths": [len(part) for part in parts]}, separators=(",", ":"))
    head = text.encode("utf-8")
    return b"".join([struct.pack("<I", len(head)), head, *parts])


def unpacked(section: bytes) -> tuple[Any, list[bytes]]:
    """What was packed. Raises ValueError when it was not packed so."""
    if len(section) < 4:
        raise ValueError("no description")
    (size,) = struct.unpack_from("<I", section)
    head = json.loads(section[4 : 4 + size].decode("utf-8"))
    parts, at = [], 4 + size
    for length in head["lengths"]:
        if not isinstance(length, int) or not 0 <= length <= len(section) - at:
            raise ValueError("a part is longer than the section")
        parts.append(section[at : at + length])
        at += length
    return head["description"], parts


def pack_array(array: NDArray[Any]) -> bytes:
    """An array with one row a face: each row XORed with the one before, byte planes apart, deflated."""
    words = _words(array)
    words[1:] ^= words[:-1].copy()
    planes = words.view(np.uint8).reshape(-1, words.dtype.itemsize).T
    return zlib.compress(planes.tobytes(), 6)


def unpack_array(data: bytes, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """The array of `shape` and `dtype` (little-endian in the file). Raises ValueError when the bytes do not fit."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size == 0:
        return np.zeros(shape, dtype)
    planes = np.frombuffer(inflated(data, size), np.uint8).reshape(dtype.itemsize, -1)
    unsigned = np.dtype(f"<u{dtype.itemsize}")
    words = np.ascontiguousarray(planes.T).reshape(-1).view(unsigned).reshape(shape[0], -1)
    rows: NDArray[Any] = np.bitwise_xor.accumulate(words, axis=0)
    return np.ascontiguousarray(rows.astype(f"=u{dtype.itemsize}")).view(dtype).reshape(shape)


def inflated(data: bytes, size: int) -> bytes:
    """Deflated bytes that are known to be `size` long. Raises ValueError when they are not."""
    if not 0 <= size <= _LONGEST:
        raise ValueError(f"{size} bytes wanted")
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(data, size)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(found) != size:
        raise ValueError(f"{len(found)} bytes where {size} belong")
    return found


def _words(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of `array` as (n, m) little-endian unsigned integers of its own width."""
    size = array.dtype.itemsize
    rows = np.ascontiguousarray(array).reshape(len(array), -1) if array.size else np.zeros((0, 1), array.dtype)
    return np.array(rows.view(f"=u{size}"), f"<u{size}", order="C")
