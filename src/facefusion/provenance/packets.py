"""Finding the XMP packet inside PNG, JPEG, WebP, TIFF and EXR files, without decoding a picture."""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.provenance.xmp import LARGEST_PACKET

Bytes = bytes | mmap.mmap
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORD = b"XML:com.adobe.xmp\x00"
_JPEG_KEYWORD = b"http://ns.adobe.com/xap/1.0/\x00"
_TIFF_XMP_TAG = 700
_EXR = b"\x76\x2f\x31\x01"
_EXR_XMP = b"xmp"


def read_xmp(path: Path) -> bytes | None:
    """The XMP packet inside the picture `path`, or None when it has none.

    Raises MediaUnreadable when the file is missing, empty or of another format, InvalidInput when its structure is
    broken before a packet is found.
    """
    try:
        with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return find_xmp(data)
    except (OSError, ValueError) as error:
        raise MediaUnreadable(f"{path}: cannot be read ({error})") from error


def find_xmp(data: Bytes) -> bytes | None:
    """The XMP packet inside the bytes of a picture file; raises as `read_xmp`."""
    finder = _finder(data[:16])
    if finder is None:
        raise MediaUnreadable("not a PNG, JPEG, WebP, TIFF or EXR file")
    try:
        return finder(data)
    except (struct.error, IndexError, OverflowError, zlib.error) as error:
        raise InvalidInput(f"the file ends or breaks before its metadata does ({error})") from error


def holds_xmp(head: bytes) -> bool:
    """True when `head`, the first 16 bytes of a file, begin a format that `find_xmp` reads."""
    return _finder(head) is not None


def _finder(head: bytes) -> Callable[[Bytes], bytes | None] | None:
    if head.startswith(_PNG):
        return _in_png
    if head.startswith(b"\xff\xd8\xff"):
        return _in_jpeg
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _in_webp
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return _in_tiff
    if head.startswith(_EXR):
        return _in_exr
    return None


def _in_exr(data: Bytes) -> bytes | None:
    """The text attribute `xmp` of the first part: NAME 0 TYPE 0 SIZE VALUE, until an empty name."""
    at = 8
    while (end := data.find(b"\0", at, at + 256)) > at:
        kind_end = data.find(b"\0", end + 1, end + 257)
        if kind_end < 0:
            raise InvalidInput("the file ends or breaks before its metadata does (an attribute without a type)")
        (size,) = struct.unpack_from("<i", data, kind_end + 1)
        value = kind_end + 5
        if size < 0 or value + size > len(data):
            raise InvalidInput("the file ends or breaks before its metadata does (an attribute without its value)")
        if data[at:end] == _EXR_XMP:
            return data[value : value + size] if size <= LARGEST_PACKET else None
        at = value + size
    return None


def _in_png(data: Bytes) -> bytes | None:
    """W3C PNG, third edition: iTXt = keyword, 0, compressed?, method, language, 0, translated keyword, 0, text."""
    at = len(_PNG)
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"iTXt" and data[at + 8 : at + 8 + len(_PNG_KEYWORD)] == _PNG_KEYWORD:
            body = data[at + 8 + len(_PNG_KEYWORD) : at + 8 + length]
            text = body[2:].split(b"\x00", 2)[2]
            return _inflated(text) if body[0] else text
        if kind == b"IEND":
            return None
        at += 12 + length
    raise struct.error("no IEND")


def _inflated(text: bytes) -> bytes:
    return zlib.decompressobj().decompress(text, LARGEST_PACKET)


def _in_jpeg(data: Bytes) -> bytes | None:
    """XMP specification, part 3: an APP1 segment before the scan."""
    at = 2
    while True:
        marker, length = struct.unpack(">HH", data[at : at + 4])
        if marker == 0xFFFF:  # fill byte
            at += 1
            continue
        if marker in (0xFFDA, 0xFFD9) or marker < 0xFF00:
            return None
        body = data[at + 4 : at + 2 + length]
        if marker == 0xFFE1 and body.startswith(_JPEG_KEYWORD):
            return body[len(_JPEG_KEYWORD) :]
        at += 2 + length


def _in_webp(data: Bytes) -> bytes | None:
    """RFC 9649: RIFF chunks, padded to even length."""
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        if kind == b"XMP ":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    if at < len(data):
        raise struct.error("a chunk ends early")
    return None


def _in_tiff(data: Bytes) -> bytes | None:
    """TIFF 6.0 and BigTIFF: tag 700 of the first directory, of type BYTE or UNDEFINED."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    count_code, entry_code, offset_at = ("Q", "HHQQ", 8) if big else ("H", "HHII", 4)
    (directory,) = struct.unpack_from(order + ("Q" if big else "I"), data, offset_at)
    (count,) = struct.unpack_from(order + count_code, data, directory)
    first = directory + struct.calcsize(order + count_code)
    size = struct.calcsize(order + entry_code)
    for i in range(count):
        tag, kind, length, offset = struct.unpack_from(order + entry_code, data, first + i * size)
        if tag == _TIFF_XMP_TAG and kind in (1, 7):
            if offset + length > len(data):
                raise struct.error("the XMP tag points beyond the end")
            return data[offset : offset + length]
    return None
