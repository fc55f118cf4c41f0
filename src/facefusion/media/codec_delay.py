"""Letting Matroska hide the first samples of sound, as an edit list does in MP4.

Matroska's CodecDelay says how much of a track's beginning is decoded but not heard. libav's muxer writes it when the
stream carries it, and a stream copied from MP4 does not; so a stream that does is read from a small Matroska file made
for the purpose. Element ids: RFC 9559.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from facefusion.media.ebml import children, element, size_at
from facefusion.media.libav import open_input

_TRACKS, _TRACK_ENTRY, _CODEC_DELAY = b"\x16\x54\xae\x6b", b"\xae", b"\x56\xaa"
_ONE_HEADER = {"live": "1", "write_crc32": "0"}


@contextmanager
def delayed_template(source: Path, index: int, delay_seconds: Fraction) -> Iterator[Any]:
    """A stream like number `index` of `source`, of which a Matroska muxer hides the first `delay_seconds`.

    Raises av.error.FFmpegError, ValueError or OSError when Matroska does not take the stream.
    """
    data = with_codec_delay(_beginning(source, index), round(delay_seconds * 1_000_000_000))
    with av.open(io.BytesIO(data)) as made:
        yield made.streams[0]


def _beginning(source: Path, index: int) -> bytes:
    """A Matroska file with the first packet of one stream: without one it would not be opened."""
    memory = io.BytesIO()
    with open_input(source) as whole, av.open(memory, "w", format="matroska", container_options=_ONE_HEADER) as out:
        copy = out.add_stream_from_template(whole.streams[index])
        for packet in whole.demux(whole.streams[index]):
            if packet.size and packet.dts is not None:
                packet.stream, packet.pts, packet.dts = copy, 0, 0
                out.mux_one(packet)
                break
    return memory.getvalue()


def with_codec_delay(data: bytes, delay_ns: int) -> bytes:
    """A Matroska file of one track, with that track's CodecDelay set; one that is there already stays.

    Raises ValueError for anything else.
    """
    tracks = data.rfind(_TRACKS)  # an index in front names the element too
    if tracks < 0:
        raise ValueError("matroska: holds no tracks")
    begin, length = size_at(data, tracks + len(_TRACKS))
    if data[begin : begin + 1] != _TRACK_ENTRY:
        raise ValueError("matroska: begins its tracks with something else")
    entry_begin, entry_length = size_at(data, begin + 1)
    entry = data[entry_begin : entry_begin + entry_length]
    if not any(name == _CODEC_DELAY for name in children(entry)):
        entry += element(_CODEC_DELAY, delay_ns.to_bytes(8, "big"))
    return data[:tracks] + element(_TRACKS, element(_TRACK_ENTRY, entry)) + data[begin + length :]
