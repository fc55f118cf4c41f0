"""What a container does with a stream, tried in memory with the stream's first packets."""

from __future__ import annotations

import io
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error

from facefusion.media.libav import open_input
from facefusion.media.sound_clock import SoundClock

_TRIED_PACKETS = 8
TRIAL_ERRORS = (av.error.FFmpegError, ValueError, OSError)


def add_copy(container: Any, stream: Any, *, template: Any = None) -> Any:
    """A stream of `container` that takes the packets of `stream` as they are; `template` tells how they are coded."""
    copy = container.add_stream_from_template(stream if template is None else template)
    copy.metadata.update(stream.metadata)
    with suppress(AttributeError, TypeError):
        copy.disposition = stream.disposition
    return copy


def accepts(container_name: str, source: Path, stream: Any) -> bool:
    """Whether a container takes a stream for what it is."""
    memory = io.BytesIO()
    try:
        with open_input(source) as again, av.open(memory, "w", format=container_name) as trial:
            original = again.streams[stream.index]
            copy = add_copy(trial, original)
            trial.start_encoding()
            packets = () if stream.type == "attachment" else islice(again.demux(original), _TRIED_PACKETS)
            for packet in packets:
                if packet.size and packet.dts is not None:
                    packet.stream = copy
                    trial.mux_one(packet)
            trial.close()
    except TRIAL_ERRORS:
        return False
    return not _becomes_private(memory, stream)


def sound_begin(source: Path, index: int) -> Fraction:
    """Seconds at which the first packet of sound stream `index` is due; below 0 where it is decoded but not heard."""
    with open_input(source) as again:
        stream = again.streams[index]
        for packet in again.demux(stream):
            if packet.size and packet.dts is not None:
                return SoundClock(stream).begin_of(packet)
    return Fraction(0)


def _becomes_private(memory: io.BytesIO, stream: Any) -> bool:
    """MPEG-TS takes any packets, as private data that nothing plays."""
    memory.seek(0)
    with suppress(*TRIAL_ERRORS), av.open(memory) as written:
        return any(each.type == "data" != stream.type for each in written.streams)
    return False
