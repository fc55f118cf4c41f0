"""The little of EBML, the frame of Matroska, that says what libav's Python binding cannot (RFC 8794, RFC 9559)."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def element(name: bytes, content: bytes) -> bytes:
    """An element: its id, its size in eight bytes, its content."""
    return name + (0x01 << 56 | len(content)).to_bytes(8, "big") + content


def number(name: bytes, value: int) -> bytes:
    """An element that holds a whole number."""
    return element(name, value.to_bytes(8, "big"))


def decimal(name: bytes, value: float) -> bytes:
    """An element that holds a decimal number."""
    return element(name, struct.pack(">d", value))


def children(content: bytes) -> Iterator[bytes]:
    """Ids of the elements in `content`."""
    at = 0
    while at < len(content):
        width = 9 - content[at].bit_length()
        begin, length = size_at(content, at + width)
        yield content[at : at + width]
        at = begin + length


def size_at(data: bytes, at: int) -> tuple[int, int]:
    """(where the content begins, its length) of an element whose size stands at `at`."""
    width = 9 - data[at].bit_length()
    return at + width, int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
