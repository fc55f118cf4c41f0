"""Encoded packets of one segment in a file: exact times, no container, readable front to back.

    b"FFSEG1\\n"
    for each packet, in the order of decoding: pts (int64), duration (int64), flags (uint8), size (uint32),
        side size (uint32), data, side data (WebM keeps alpha there)
    the trailer as JSON, its size (uint32), b"FFSEGEND"

Numbers are little-endian. There are no decoding times: they are made when segments are joined.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from facefusion.errors import OutputFailed

_MAGIC, _END = b"FFSEG1\n", b"FFSEGEND"
_RECORD = struct.Struct("<qqBII")
_TAIL = struct.Struct("<I8s")


class ByteSink(Protocol):
    """Something that bytes are written to."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class StoredPacket:
    """One packet; `data` is empty when only times were read."""

    pts: int
    duration: int
    is_key: bool
    data: bytes = b""
    side: bytes = b""


def write_magic(sink: ByteSink) -> None:
    """The beginning of a segment file."""
    sink.write(_MAGIC)


def write_packet(sink: ByteSink, packet: StoredPacket) -> None:
    """One packet."""
    sizes = len(packet.data), len(packet.side)
    sink.write(_RECORD.pack(packet.pts, packet.duration, packet.is_key, *sizes))
    sink.write(packet.data)
    sink.write(packet.side)


def write_trailer(sink: ByteSink, trailer: Mapping[str, Any]) -> None:
    """The end of a segment file."""
    text = json.dumps(trailer, sort_keys=True).encode()
    sink.write(text)
    sink.write(_TAIL.pack(len(text), _END))


def read_trailer(path: Path) -> dict[str, Any]:
    """What was said at the end of a segment file. Raises OutputFailed when it is not whole."""
    with path.open("rb") as file:
        begin, text = _trailer_of(path, file)
    del begin
    found: dict[str, Any] = json.loads(text)
    return found


def read_packets(path: Path, *, data: bool = True) -> Iterator[StoredPacket]:
    """The packets in the order of decoding; without `data` only times. Raises OutputFailed when they are not whole."""
    with path.open("rb") as file:
        end, _ = _trailer_of(path, file)
        file.seek(len(_MAGIC))
        while file.tell() < end:
            pts, duration, is_key, size, side_size = _RECORD.unpack(_exactly(path, file, _RECORD.size))
            if data:
                body = _exactly(path, file, size), _exactly(path, file, side_size)
                yield StoredPacket(pts, duration, bool(is_key), *body)
            else:
                file.seek(size + side_size, 1)
                yield StoredPacket(pts, duration, bool(is_key))


def _trailer_of(path: Path, file: BinaryIO) -> tuple[int, bytes]:
    """Where the trailer begins, and its text."""
    length = file.seek(0, 2)
    if length < len(_MAGIC) + _TAIL.size:
        raise _damaged(path)
    file.seek(length - _TAIL.size)
    size, end = _TAIL.unpack(_exactly(path, file, _TAIL.size))
    begin = length - _TAIL.size - size
    file.seek(0)
    if end != _END or begin < len(_MAGIC) or file.read(len(_MAGIC)) != _MAGIC:
        raise _damaged(path)
    file.seek(begin)
    return begin, _exactly(path, file, size)


def _exactly(path: Path, file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise _damaged(path)
    return data


def _damaged(path: Path) -> OutputFailed:
    return OutputFailed(f"{path}: is damaged; run the same command again, and it is made anew")
