"""Segments: each encoded alone, from a key frame and with nothing that refers outside it; then joined without coding.

Decoding times are made when segments are joined: with a reorder delay of D pictures, the i-th packet is decoded at the
(i - D)-th smallest presentation time, and the first D packets as much earlier as D pictures last. So they rise, and
none is later than its picture's own time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.packet import PacketSideData

from facefusion.core import Frame, Timestamp
from facefusion.errors import OutputFailed
from facefusion.media.libav import open_input, reason
from facefusion.media.libav_description import main_video_stream
from facefusion.media.libav_writer import MUXING_ERRORS, Muxing, no_frames
from facefusion.media.picture_encoder import PictureEncoder
from facefusion.media.rates import places
from facefusion.media.segment_file import (
    ByteSink,
    StoredPacket,
    read_packets,
    read_trailer,
    write_magic,
    write_packet,
    write_trailer,
)
from facefusion.media.video_stream import add_video, time_base_of
from facefusion.media.write_plan import WritePlan

_ALPHA_BESIDE = 15
"""AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL"""


class SegmentEncoder:
    """Encodes the frames of one segment into `sink`, by one encoder thread; the same frames give the same bytes.

    plan: of the file that segments are joined into. Raises OutputFailed and UsageError as `VideoWriter.write`.
    """

    def __init__(self, sink: ByteSink, plan: WritePlan, path: Path) -> None:
        self._sink, self._path = sink, path
        alone = replace(plan, threads=1)
        try:
            self._container = av.open(io.BytesIO(), "w", format=plan.container.name)
            self._stream = add_video(self._container, alone)
        except MUXING_ERRORS as error:
            raise OutputFailed(f"{path}: cannot be started ({reason(error)}); try another codec") from None
        self._encoder = PictureEncoder(self._stream, alone, path)
        write_magic(sink)

    def write(self, frame: Frame) -> None:
        """Encode the next frame."""
        self._store(self._encoder.encode(frame))

    def finish(self, details: Mapping[str, Any]) -> None:
        """Write the last packets; `details` go along and come back from `segment_details`."""
        extradata = b""
        if self._encoder.num_frames:  # a lower frame rate may leave a segment without any
            self._store(self._encoder.flush())
            extradata = self._stream.codec_context.extradata or b""
        write_trailer(self._sink, {"extradata": extradata.hex(), "details": dict(details)})

    def close(self) -> None:
        """Let the encoder go."""
        with suppress(Exception):
            self._container.close()

    def _store(self, packets: Iterator[Any]) -> None:
        try:
            for packet in packets:
                write_packet(self._sink, _stored(packet))
        except av.error.FFmpegError as error:
            raise OutputFailed(f"{self._path}: encoding failed ({reason(error)}); try another codec") from None


def segment_details(path: Path) -> dict[str, Any]:
    """What `SegmentEncoder.finish` was given. Raises OutputFailed for a damaged file."""
    found: dict[str, Any] = read_trailer(path)["details"]
    return found


class Joining:
    """Joins finished segments into a temporary file; stands where `Encoding` stands.

    times: of every frame, as the source has them. Raises OutputFailed when segments do not fit the plan, the encoder,
    or one another.
    """

    def __init__(
        self,
        temporary: Path,
        path: Path,
        plan: WritePlan,
        warnings: list[str],
        *,
        segments: Sequence[Path],
        times: Sequence[Timestamp],
        check: Callable[[], None],
    ) -> None:
        self._path, self._temporary, self._plan = path, temporary, replace(plan, threads=1)
        self._segments, self._check = segments, check
        self._base = time_base_of(plan)
        self._times, self._expected = times, ticks_of(times, plan)
        self._muxing = Muxing(temporary, path, self._plan, warnings)

    @property
    def num_frames(self) -> int:
        """Frames of all segments; at a new rate those that are certain, until `finish` has counted."""
        return len(self._expected)

    def finish(self) -> None:
        """Join, and verify the number of frames and every time in the finished file. Raises OutputFailed."""
        self._check_headers()
        risen = _risen(self._stored(data=False), is_variable=self._plan.container.variable_rate)
        shown = [packet.pts for packet in risen]
        ordered = sorted(shown)
        if not ordered:
            raise OutputFailed(f"{self._path}: {no_frames(self._plan)}")
        if self._plan.frame_rate is not None:
            self._expected = resampled_ticks(self._times, self._plan, len(ordered))
        if ordered != self._expected:
            raise OutputFailed(f"{self._path}: the segments hold {_difference(ordered, self._expected)}; run it again")
        packets = _risen(self._stored(data=True), is_variable=self._plan.container.variable_rate)
        for packet, decoded_at, at in zip(packets, decoding_times(shown), ordered, strict=True):
            self._check()
            self._muxing.write([self._packet(packet, decoded_at)], until=at * self._base)
        self._muxing.finish()
        self._verify()

    def abort(self) -> None:
        """Close files; the caller removes them."""
        self._muxing.abort()

    def _stored(self, *, data: bool) -> Iterator[StoredPacket]:
        return chain.from_iterable(read_packets(path, data=data) for path in self._segments)

    def _check_headers(self) -> None:
        own = self._muxing.stream.codec_context.extradata or b""
        for path in self._segments:
            is_empty = next(read_packets(path, data=False), None) is None
            if not is_empty and bytes.fromhex(read_trailer(path)["extradata"]) != own:
                raise OutputFailed(f"{path}: was encoded with other settings; remove the folder and run again")

    def _packet(self, stored: StoredPacket, decoded_at: int) -> Any:
        packet: Any = av.Packet(stored.data)
        packet.stream = self._muxing.stream
        packet.time_base = self._base
        packet.pts, packet.dts, packet.duration = stored.pts, decoded_at, stored.duration
        packet.is_keyframe = stored.is_key
        if stored.side:
            make: Any = PacketSideData
            side = make(_ALPHA_BESIDE, len(stored.side))
            side.update(stored.side)
            packet.set_sidedata(side)
        return packet

    def _verify(self) -> None:
        """Compare the finished file with the plan, packet by packet; times as exact as the container keeps them."""
        seconds, tick = _times_in(self._temporary)
        wanted = [ticks * self._base for ticks in self._expected]
        shift = seconds[0] - wanted[0] if seconds and self._plan.container.name == "mpegts" else Fraction(0)
        is_right = len(seconds) == len(wanted) and all(
            2 * abs(found - shift - want) <= tick for found, want in zip(seconds, wanted, strict=True)
        )
        if not is_right:
            raise OutputFailed(
                f"{self._path}: the joined file holds {_difference(seconds, wanted)}; try another container"
            )


def ticks_of(times: Sequence[Timestamp], plan: WritePlan) -> list[int]:
    """The presentation times that a file of `plan` holds for frames at `times`, in its ticks."""
    base = time_base_of(plan)
    if plan.frame_rate is not None:
        return resampled_ticks(times, plan, 0)
    ticks = [round((time.seconds - plan.start_seconds) / base) for time in times]
    if plan.container.variable_rate:
        return ticks
    for place in range(1, len(ticks)):
        ticks[place] = max(ticks[place], ticks[place - 1] + 1)
    return ticks


def resampled_ticks(times: Sequence[Timestamp], plan: WritePlan, found: int) -> list[int]:
    """The presentation times of `found` frames at the plan's new rate, or of as many as there are to be at least.

    How long the last frame of the source lasts, and so how often it is seen, only its segment knows.
    """
    assert plan.frame_rate is not None
    length = round(1 / plan.frame_rate / time_base_of(plan))
    certain = places(times[0].seconds - plan.start_seconds, times[-1].seconds - plan.start_seconds, plan.frame_rate)
    count = max(len(certain), found)
    return [number * length for number in range(certain.start, certain.start + count)]


def decoding_times(shown: Sequence[int]) -> list[int]:
    """For presentation times in the order of decoding, the decoding times: rising, and none after its own picture."""
    ordered = sorted(shown)
    rank = {pts: place for place, pts in enumerate(ordered)}
    delay = max((place - rank[pts] for place, pts in enumerate(shown)), default=0)
    lead = ordered[delay] - ordered[0] if ordered else 0
    return [ordered[place] - lead if place < delay else ordered[place - delay] for place in range(len(ordered))]


def _risen(packets: Iterator[StoredPacket], *, is_variable: bool) -> Iterator[StoredPacket]:
    """Formats of a constant rate count pictures: each at least one later than the one before."""
    last: int | None = None
    for packet in packets:
        pts = packet.pts if is_variable or last is None else max(packet.pts, last + 1)
        yield packet if pts == packet.pts else replace(packet, pts=pts)
        last = pts


def _stored(packet: Any) -> StoredPacket:
    side = b""
    if packet.has_sidedata("matroska_block_additional"):
        side = bytes(packet.get_sidedata("matroska_block_additional"))
    return StoredPacket(packet.pts, packet.duration or 0, packet.is_keyframe, bytes(packet), side)


def _times_in(path: Path) -> tuple[list[Fraction], Fraction]:
    """Presentation times of the pictures in a file, rising, and the length of its tick, in seconds."""
    with open_input(path) as container:
        stream = main_video_stream(container, path)
        found = [
            packet.pts if packet.pts is not None else packet.dts for packet in container.demux(stream) if packet.size
        ]
        base = Fraction(stream.time_base)
    return sorted(pts * base for pts in found if pts is not None), base


def _difference(found: Sequence[Any], wanted: Sequence[Any]) -> str:
    if len(found) != len(wanted):
        return f"{len(found)} frames of {len(wanted)}"
    place = next(n for n, (a, b) in enumerate(zip(found, wanted, strict=True)) if a != b)
    return f"frame {place} at another time"
