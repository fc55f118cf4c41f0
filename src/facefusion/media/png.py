"""PNG with 8 or 16 bits a sample and metadata chunks (W3C PNG, third edition)."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGNATURE_BYTES = 8
_HEADER_BYTES = 33  # signature and IHDR
_COMPRESSION = 3


def encode(
    pixels: NDArray[Any],
    alpha: NDArray[Any] | None,
    *,
    xmp: bytes | None = None,
    exif: bytes | None = None,
    text: tuple[str, str] | None = None,
) -> bytes:
    """(H, W, 3) RGB and (H, W) alpha, both uint8 or uint16, as a PNG file tagged sRGB. text: keyword and value."""
    import cv2

    stored = np.dstack([pixels[..., ::-1], alpha]) if alpha is not None else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not done:
        raise ValueError("the PNG encoder failed")
    chunks = _chunk(b"sRGB", b"\x00")
    if exif:
        chunks += _chunk(b"eXIf", exif.removeprefix(b"Exif\x00\x00"))
    if text:
        chunks += _chunk(b"tEXt", "\0".join(text).encode("latin-1"))
    if xmp:
        chunks += _chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp)
    plain = data.tobytes()
    return plain[:_HEADER_BYTES] + chunks + plain[_HEADER_BYTES:]


def find_chunk(path: Path, kind: bytes) -> bytes | None:
    """The body of the first chunk called `kind`, found without reading the pixels; None where there is none."""
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == kind:
                return file.read(length)
            file.seek(length + 4, os.SEEK_CUR)
    return None


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
