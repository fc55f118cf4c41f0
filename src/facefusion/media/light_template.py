"""Mastering metadata in the container, for codecs whose pictures have no place for it.

libav's muxers write it when the stream carries it, and a stream is given it only by being like another one: so that one
is read from a Matroska file of one empty picture that is made here. Element ids: RFC 9559.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av

from facefusion.media.ebml import decimal, element, number
from facefusion.media.light_metadata import LightMetadata, MasteringDisplay

_CODEC_IDS = {"prores": b"V_PRORES", "ffv1": b"V_FFV1", "libvpx-vp9": b"V_VP9"}


def is_carried_beside(encoder: str) -> bool:
    """Whether the container has to carry the metadata of what `encoder` makes."""
    return encoder in _CODEC_IDS


@contextmanager
def lit_template(encoder: str, light: LightMetadata) -> Iterator[Any]:
    """A stream of `encoder`'s codec that carries `light`, to make an output stream from."""
    with av.open(io.BytesIO(_file(_CODEC_IDS[encoder], light))) as made:
        yield made.streams.video[0]


def _file(codec_id: bytes, light: LightMetadata) -> bytes:
    kind = element(b"\x42\x82", b"matroska")
    versions = b"".join(number(name, value) for name, value in _VERSIONS.items())
    video = number(b"\xb0", 64) + number(b"\xba", 64) + _colour(light)
    track = number(b"\xd7", 1) + number(b"\x73\xc5", 1) + number(b"\x83", 1)
    track += element(b"\x86", codec_id) + element(b"\xe0", video)
    ticks = element(b"\x15\x49\xa9\x66", number(b"\x2a\xd7\xb1", 1_000_000))
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", track))
    empty = element(b"\x1f\x43\xb6\x75", number(b"\xe7", 0) + element(b"\xa3", b"\x81\x00\x00\x80" + bytes(64)))
    return element(b"\x1a\x45\xdf\xa3", versions + kind) + element(b"\x18\x53\x80\x67", ticks + tracks + empty)


_VERSIONS = {b"\x42\x86": 1, b"\x42\xf7": 1, b"\x42\xf2": 4, b"\x42\xf3": 8, b"\x42\x87": 4, b"\x42\x85": 2}


def _colour(light: LightMetadata) -> bytes:
    levels = number(b"\x55\xbc", light.max_cll) + number(b"\x55\xbd", light.max_fall) if light.has_levels else b""
    return element(b"\x55\xb0", levels + (b"" if light.mastering is None else _display(light.mastering)))


def _display(display: MasteringDisplay) -> bytes:
    values = (*display.red, *display.green, *display.blue, *display.white, display.max_nits, display.min_nits)
    entries = (decimal(bytes([0x55, 0xD1 + place]), float(value)) for place, value in enumerate(values))
    return element(b"\x55\xd0", b"".join(entries))
