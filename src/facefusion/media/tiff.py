"""TIFF with 8, 16 or 32-bit float samples, deflate, and an XMP tag (TIFF 6.0; Adobe TIFF Technical Notes)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_ROWS_A_STRIP = 64


def encode(pixels: NDArray[Any], alpha: NDArray[Any] | None, *, xmp: bytes | None = None) -> bytes:
    """(H, W, 3) RGB and (H, W) straight alpha of one dtype (uint8, uint16, float32) as a TIFF file."""
    samples = pixels if alpha is None else np.dstack([pixels, alpha])
    height, width, count = samples.shape
    little = np.ascontiguousarray(samples, samples.dtype.newbyteorder("<"))
    strips = [zlib.compress(little[y : y + _ROWS_A_STRIP].tobytes(), 4) for y in range(0, height, _ROWS_A_STRIP)]
    offsets = [8]
    for strip in strips[:-1]:
        offsets.append(offsets[-1] + len(strip))
    body = b"".join(strips)
    body += b"\x00" * (len(body) % 2)
    entries: list[tuple[int, int, list[int] | bytes]] = [
        (256, _LONG, [width]),
        (257, _LONG, [height]),
        (258, _SHORT, [samples.dtype.itemsize * 8] * count),
        (259, _SHORT, [8]),  # deflate
        (262, _SHORT, [2]),  # RGB
        (273, _LONG, offsets),
        (277, _SHORT, [count]),
        (278, _LONG, [_ROWS_A_STRIP]),
        (279, _LONG, [len(strip) for strip in strips]),
        (284, _SHORT, [1]),
    ]
    if alpha is not None:
        entries.append((338, _SHORT, [2]))  # straight alpha
    entries.append((339, _SHORT, [3 if samples.dtype.kind == "f" else 1] * count))
    if xmp:
        entries.append((700, _UNDEFINED, xmp))
    return struct.pack("<2sHI", b"II", 42, 8 + len(body)) + body + _directory(entries, 8 + len(body))


def _directory(entries: list[tuple[int, int, list[int] | bytes]], start: int) -> bytes:
    table = struct.pack("<H", len(entries))
    heap = b""
    heap_start = start + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = (
            values
            if isinstance(values, bytes)
            else struct.pack(f"<{len(values)}{'H' if kind == _SHORT else 'I'}", *values)
        )
        table += struct.pack("<HHI", tag, kind, len(values))
        if len(packed) <= 4:
            table += packed.ljust(4, b"\x00")
        else:
            table += struct.pack("<I", heap_start + len(heap))
            heap += packed + b"\x00" * (len(packed) % 2)
    return table + struct.pack("<I", 0) + heap
