"""TIFF: reading the tags of the first page, writing 8, 16 or 32-bit float samples with deflate and an XMP tag.

TIFF 6.0; Adobe TIFF Technical Notes; BigTIFF design.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_ROWS_A_STRIP = 64
_FLOAT_SAMPLES = 3
_SIZES = {1: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
_MOST_ENTRIES = 4096
_MOST_VALUES = 1 << 24


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """First page. width, height: as stored. icc: the embedded profile or None.

    orientation_at: where in the file the orientation is stored, None when it is not.
    """

    width: int
    height: int
    bits: int
    is_float: bool
    channels: int
    orientation: int
    has_alpha: bool
    is_premultiplied: bool
    icc: bytes | None
    orientation_at: int | None


def read_header(path: Path) -> TiffHeader:
    """Raises ValueError or struct.error for a broken directory."""
    wanted = {256, 257, 258, 274, 277, 338, 339, 34_675}
    tags: dict[int, tuple[int, ...]] = {}
    orientation_at: int | None = None
    with path.open("rb") as file:
        start = file.read(16)
        order = "<" if start[:2] == b"II" else ">"
        is_big = struct.unpack_from(order + "H", start, 2)[0] == 43
        word, entry_shape, inline = ("Q", "HHQ", 8) if is_big else ("I", "HHI", 4)
        (place,) = struct.unpack_from(order + word, start, 8 if is_big else 4)
        file.seek(place)
        count_shape = order + ("Q" if is_big else "H")
        (count,) = struct.unpack(count_shape, file.read(struct.calcsize(count_shape)))
        if count > _MOST_ENTRIES:
            raise ValueError(f"{count} tags")
        length = struct.calcsize(order + entry_shape) + inline
        table_at = file.tell()
        table = file.read(count * length)
        for number in range(count):
            tag, kind, amount = struct.unpack_from(order + entry_shape, table, number * length)
            if tag not in wanted or kind not in _SIZES or amount > _MOST_VALUES:
                continue
            shape = f"{order}{amount}{_SIZES[kind]}"
            raw = table[(number + 1) * length - inline : (number + 1) * length]
            if struct.calcsize(shape) > inline:
                file.seek(struct.unpack(order + word, raw)[0])
                raw = file.read(struct.calcsize(shape))
            elif tag == 274:
                orientation_at = table_at + (number + 1) * length - inline
            tags[tag] = struct.unpack_from(shape, raw)
    if 256 not in tags or 257 not in tags:
        raise ValueError("no size")
    icc = tags.get(34_675)
    return TiffHeader(
        width=tags[256][0],
        height=tags[257][0],
        bits=max(tags.get(258, (1,))),
        is_float=_FLOAT_SAMPLES in tags.get(339, ()),
        channels=tags.get(277, (1,))[0],
        orientation=tags.get(274, (1,))[0],
        has_alpha=bool({1, 2} & set(tags.get(338, ()))),
        is_premultiplied=1 in tags.get(338, ()),
        icc=bytes(icc) if icc else None,
        orientation_at=orientation_at,
    )


def without_orientation(data: bytes, header: TiffHeader) -> bytes:
    """The file as if stored upright: OpenCV 5.0 turns deep pictures itself and fails for quarter turns."""
    if header.orientation_at is None:
        return data
    order = "<H" if data[:2] == b"II" else ">H"
    at = header.orientation_at
    return data[:at] + struct.pack(order, 1) + data[at + 2 :]


def encode(
    pixels: NDArray[Any], alpha: NDArray[Any] | None, *, xmp: bytes | None = None, is_premultiplied: bool = False
) -> bytes:
    """(H, W, 3) RGB and (H, W) alpha of one dtype (uint8, uint16, float32) as a TIFF file."""
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
        entries.append((338, _SHORT, [1 if is_premultiplied else 2]))
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
