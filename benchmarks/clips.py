"""Clips that the benchmarks need and no folder holds: enlarged ones, and long ones made by looping."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2

from facefusion.media import VideoWriter, open_media, prefetch


def enlarged(clip: Path, height: int, output: Path) -> Path:
    """`clip` scaled to `height` lines, without sound; made once and kept."""
    if output.exists():
        return output
    output.parent.mkdir(parents=True, exist_ok=True)
    with open_media(clip) as reader:
        width = round(reader.info.width * height / reader.info.height / 2) * 2
        like = replace(reader.info.format, width=width, height=height)
        with VideoWriter(output, like=like, preset="veryfast") as writer:
            for frame in reader:
                pixels = cv2.resize(frame.pixels, (width, height), interpolation=cv2.INTER_CUBIC)
                writer.write(replace(frame, pixels=pixels))
    return output


def looped(clip: Path, seconds: float, output: Path) -> Path:
    """`clip`'s picture again and again until `seconds` are full, copied without coding; made once and kept."""
    if output.exists():
        return output
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f"unfinished_{output.name}")
    with av.open(str(clip)) as source, av.open(str(unfinished), "w") as target:
        track = source.streams.video[0]
        copy = target.add_stream_from_template(track)
        for packet in _repeated(source, track, seconds):
            packet.stream = copy
            target.mux(packet)
    unfinished.replace(output)
    return output


def transcode(clip: Path, output: Path) -> int:
    """Decode and encode `clip` as the product does by default and do nothing else; gives back the frames' number."""
    with (
        open_media(clip) as reader,
        VideoWriter(output, like=reader.info, copy_streams_from=clip, overwrite=True) as writer,
        closing(prefetch(reader.frames(), depth=6)) as frames,
    ):
        for frame in frames:
            writer.write(frame)
        return writer.num_frames


def _repeated(source: Any, track: Any, seconds: float) -> Iterator[Any]:
    """The track's packets, loop after loop, each loop later by the track's length."""
    ticks_wanted = int(seconds / track.time_base)
    shift = 0
    while shift < ticks_wanted:
        source.seek(0)
        end = 0
        for packet in source.demux(track):
            if packet.dts is None or packet.pts is None:
                continue
            end = max(end, packet.pts + (packet.duration or 1))
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            yield packet
        shift += end
