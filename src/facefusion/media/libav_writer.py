"""Encoding and muxing with libav."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from facefusion.core import ColorInfo, Frame
from facefusion.errors import DiskFull, InvalidInput, OutputFailed
from facefusion.media.libav import address, open_input, reason
from facefusion.media.libav_description import describe
from facefusion.media.light_metadata import is_close
from facefusion.media.picture_encoder import PictureEncoder
from facefusion.media.stream_copy import SoundCopier, StreamCopier
from facefusion.media.video_stream import add_video, muxer_options, output_color
from facefusion.media.write_plan import WritePlan

MUXING_ERRORS = (av.error.FFmpegError, OSError, ValueError)


class Muxing:
    """A container that is being written: the pictures' stream, what is copied beside it, and the metadata.

    Raises OutputFailed when it cannot be started. `stream` is the video stream; `write` takes its packets.
    """

    def __init__(self, temporary: Path, path: Path, plan: WritePlan, warnings: list[str]) -> None:
        self._path, self._temporary, self._plan, self._warnings = path, temporary, plan, warnings
        self._copiers: list[StreamCopier] = []
        try:
            self._container = av.open(
                address(temporary), "w", format=plan.container.name, container_options=muxer_options(plan)
            )
            self.stream = add_video(self._container, plan)
            if plan.copy_streams_from is not None:
                self._copiers.append(StreamCopier(plan.copy_streams_from, self._container, plan, warnings))
            if plan.sound_from is not None:
                self._copiers.append(SoundCopier(plan.sound_from, self._container, plan, warnings))
            self._add_metadata()
            self._container.start_encoding()
        except MUXING_ERRORS as error:
            self.abort()
            raise OutputFailed(f"{path}: cannot be started ({reason(error)}); try another codec or disk") from None
        except BaseException:
            self.abort()
            raise
        if plan.video.bit_depth > max(plan.codec.pixel_formats):
            warnings.append(f"{plan.codec.name} stores {max(plan.codec.pixel_formats)} bits of {plan.video.bit_depth}")

    def write(self, packets: Iterable[Any], *, until: Fraction | None = None) -> None:
        """Write packets of the pictures, then what else belongs before `until` seconds. Raises OutputFailed."""
        self._guarded(lambda: self._write(packets, until))

    def finish(self) -> None:
        """Write the rest and the trailer, and look at the result. Raises OutputFailed."""
        for copier in self._copiers:
            self._guarded(copier.finish)
        self._guarded(self._container.close)
        self._read_back()

    def abort(self) -> None:
        """Close files; the caller removes them."""
        for copier in self._copiers:
            copier.close()
        container = getattr(self, "_container", None)
        if container is not None:
            with suppress(Exception):
                container.close()

    def _write(self, packets: Iterable[Any], until: Fraction | None) -> None:
        for packet in packets:
            self._container.mux_one(packet)
        if until is None:
            return
        for copier in self._copiers:
            copier.advance(until)

    def _guarded(self, step: Any) -> None:
        try:
            step()
        except MUXING_ERRORS as error:
            if getattr(error, "errno", None) in (ENOSPC, EDQUOT):
                raise DiskFull(f"{self._path}: the disk is full ({reason(error)}); free some space") from None
            raise OutputFailed(
                f"{self._path}: writing failed ({reason(error)}); free some space or choose another disk or codec"
            ) from None

    def _add_metadata(self) -> None:
        tags: dict[str, str] = {}
        for copier in self._copiers:
            if copier.timecode is not None:
                self.stream.metadata["timecode"] = copier.timecode
            self.stream.metadata.update(copier.video_metadata)
            tags.update(copier.container_metadata())
        self._container.metadata.update({**tags, **self._plan.metadata})

    def _read_back(self) -> None:
        """Open the finished file and say what the container did not keep."""
        try:
            self._warn_of_losses()
        except InvalidInput as error:
            raise OutputFailed(
                f"{self._path}: the finished file cannot be read back ({error}); try another codec"
            ) from None

    def _warn_of_losses(self) -> None:
        with open_input(self._temporary) as done:
            kept = {name.lower(): value for name, value in done.metadata.items()}
            info = describe(self._temporary, done)
        here, video = f"{self._plan.container.name} with {info.codec}", self._plan.video
        if _lost_tags(output_color(self._plan), info.color):
            self._warnings.append(f"{here} does not keep all colour tags")
        if info.field_order != video.field_order:
            self._warnings.append(f"{here} does not tell interlaced pictures")
        if not is_close(video.light, info.light):
            self._warnings.append(f"{here} does not keep the mastering metadata of HDR; MP4, MOV and MKV do")
        for name, value in self._plan.metadata.items():
            if kept.get(name.lower()) != value:
                self._warnings.append(f"{self._plan.container.name} does not keep the metadata entry {name!r}")


class Encoding:
    """One run of an encoder into a temporary file."""

    def __init__(self, temporary: Path, path: Path, plan: WritePlan, warnings: list[str]) -> None:
        self._path, self._plan = path, plan
        self._muxing = Muxing(temporary, path, plan, warnings)
        self._encoder = PictureEncoder(self._muxing.stream, plan, path)

    @property
    def num_frames(self) -> int:
        """Frames written so far."""
        return self._encoder.num_frames

    def write(self, frame: Frame) -> None:
        """Raises UsageError for a wrong size or a time that does not rise, OutputFailed when the disk refuses."""
        until = frame.timestamp.seconds - self._plan.start_seconds
        self._muxing.write(self._encoder.encode(frame), until=until)

    def finish(self) -> None:
        """Flush, write the trailer and look at the result. Raises OutputFailed."""
        if self.num_frames == 0:
            raise OutputFailed(f"{self._path}: {no_frames(self._plan)}")
        self._muxing.write(self._encoder.flush())
        self._muxing.finish()

    def abort(self) -> None:
        """Close files; the caller removes them."""
        self._muxing.abort()


def no_frames(plan: WritePlan) -> str:
    """Why an output has no frame, and what would work."""
    if plan.frame_rate is None:
        return "no frame was written; check the range"
    return f"so short a clip has no frame at {float(plan.frame_rate):g} frames a second; choose a higher rate"


def _lost_tags(wanted: ColorInfo, found: ColorInfo) -> bool:
    """Whether something that was tagged is not (limited range is what codecs that state none mean)."""
    pairs = ((wanted.primaries, found.primaries), (wanted.transfer, found.transfer), (wanted.matrix, found.matrix))
    return any(want not in (2, have) for want, have in pairs) or bool(wanted.full_range) != bool(found.full_range)
