"""Encoding and muxing with libav."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

import av
import av.error

from facefusion.core import ColorInfo, Frame
from facefusion.errors import InvalidInput, OutputFailed, UsageError
from facefusion.media.conversion import FromRgb
from facefusion.media.libav import address, open_input, reason
from facefusion.media.libav_description import describe
from facefusion.media.stream_copy import StreamCopier
from facefusion.media.writer import WritePlan

_MUXING_ERRORS = (av.error.FFmpegError, OSError, ValueError)
_KEYFRAME_EVERY_SECONDS = 2
_TICKS_LIMIT = 2**31 - 1
os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes to stderr by itself and has no other switch: errors only
_PRORES_PROFILE = {"yuv422p10le": "3", "yuv444p10le": "4", "yuva444p10le": "4"}


class Encoding:
    """One run of an encoder into a temporary file."""

    def __init__(self, temporary: Path, path: Path, plan: WritePlan, warnings: list[str]) -> None:
        self._path, self._temporary, self._plan, self._warnings = path, temporary, plan, warnings
        self.num_frames = 0
        self._last_pts: int | None = None
        self._durations: dict[int, int] = {}
        self._copier: StreamCopier | None = None
        self._tags = _output_color(plan)
        try:
            self._time_base = _time_base(plan)
            self._container = av.open(
                address(temporary), "w", format=plan.container.name, container_options=_muxer_options(plan)
            )
            self._stream = self._add_video()
            self._convert = FromRgb(plan.pixel_format, self._tags, threads=plan.threads)
            if plan.copy_streams_from is not None:
                self._copier = StreamCopier(plan.copy_streams_from, self._container, plan, warnings)
            self._add_metadata()
            self._container.start_encoding()
        except _MUXING_ERRORS as error:
            self.abort()
            raise OutputFailed(f"{path}: cannot be started ({reason(error)}); try another codec or disk") from None
        except BaseException:
            self.abort()
            raise

    def write(self, frame: Frame) -> None:
        """Raises UsageError for a wrong size or a time that does not rise, OutputFailed when the disk refuses."""
        video = self._plan.video
        if (frame.width, frame.height) != (video.width, video.height):
            raise UsageError(
                f"{self._path}: frame {frame.index} is {frame.width}×{frame.height} in a clip of "
                f"{video.width}×{video.height}"
            )
        seconds = frame.timestamp.seconds - self._plan.start_seconds
        pts = round(seconds / self._time_base)
        if self._last_pts is not None and pts <= self._last_pts:
            if not self._plan.container.variable_rate:
                pts = self._last_pts + 1
            else:
                raise UsageError(f"{self._path}: frame {frame.index} is not later than the one before it")
        picture = self._convert(frame.pixels, frame.alpha)
        picture.pts, picture.time_base = pts, self._time_base
        self._durations[pts] = round(frame.duration_pts * frame.timestamp.time_base / self._time_base)
        self._last_pts = pts
        self.num_frames += 1
        self._guarded(lambda: self._encode(picture))
        if self._copier is not None:
            copier = self._copier
            self._guarded(lambda: copier.advance(seconds))

    def finish(self) -> None:
        """Flush, write the trailer and look at the result. Raises OutputFailed."""
        if self.num_frames == 0:
            raise OutputFailed(f"{self._path}: no frame was written; check the range")
        self._guarded(lambda: self._encode(None))
        if self._copier is not None:
            self._guarded(self._copier.finish)
        self._guarded(self._container.close)
        self._read_back()

    def abort(self) -> None:
        """Close files; the caller removes them."""
        if self._copier is not None:
            self._copier.close()
        container = getattr(self, "_container", None)
        if container is not None:
            with suppress(Exception):
                container.close()

    def _encode(self, picture: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(picture):
            length = self._durations.pop(packet.pts, 0)
            if length > 0:
                packet.duration = length
            self._container.mux_one(packet)

    def _guarded(self, step: Any) -> None:
        try:
            step()
        except _MUXING_ERRORS as error:
            raise OutputFailed(
                f"{self._path}: writing failed ({reason(error)}); free some space or choose another disk or codec"
            ) from None

    def _add_video(self) -> Any:
        plan = self._plan
        video = plan.video
        options = dict(plan.options)
        encoder = plan.codec.odd_encoder if plan.codec.odd_encoder and video.width % 2 else plan.codec.encoder
        if plan.codec.name == "prores":
            options["profile"] = _PRORES_PROFILE[plan.pixel_format]
        stream: Any = self._container.add_stream(
            encoder, rate=_rate(video.average_fps), options=options, time_base=self._time_base
        )
        stream.time_base = self._time_base
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = video.width, video.height, plan.pixel_format
        context.thread_count = plan.threads
        context.sample_aspect_ratio = video.sample_aspect_ratio
        context.color_primaries, context.color_trc = self._tags.primaries, self._tags.transfer
        context.colorspace = self._tags.matrix
        context.color_range = {None: 0, False: 1, True: 2}[self._tags.full_range]
        if not plan.codec.intra_only:
            context.gop_size = max(1, round(video.average_fps * _KEYFRAME_EVERY_SECONDS))
        if plan.codec.name == "h265" and plan.container.name in ("mp4", "mov"):
            context.codec_tag = "hvc1"
        if video.bit_depth > max(plan.codec.pixel_formats):
            self._warnings.append(f"{plan.codec.name} stores {max(plan.codec.pixel_formats)} bits of {video.bit_depth}")
        return stream

    def _add_metadata(self) -> None:
        if self._copier is not None and self._copier.timecode is not None:
            self._stream.metadata["timecode"] = self._copier.timecode
        tags = {} if self._copier is None else self._copier.container_metadata()
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
        if _lost_tags(self._tags, info.color):
            self._warnings.append(f"a {self._plan.container.name} file with {info.codec} does not keep all colour tags")
        for name, value in self._plan.metadata.items():
            if kept.get(name.lower()) != value:
                self._warnings.append(f"a {self._plan.container.name} file does not keep the metadata entry {name!r}")


def _output_color(plan: WritePlan) -> ColorInfo:
    """Tags of the output: those of the input; RGB sources become BT.709 when the codec stores YUV."""
    color = plan.video.color
    stores_rgb = plan.pixel_format.startswith(("gbr", "bgr", "rgb"))
    if stores_rgb:
        return ColorInfo(color.primaries, color.transfer, 0, True)
    if color.matrix == 0:
        return ColorInfo(color.primaries, color.transfer, 1, False)
    return color


def _lost_tags(wanted: ColorInfo, found: ColorInfo) -> bool:
    """Whether something that was tagged is not (some codecs always state a range, which loses nothing)."""
    pairs = ((wanted.primaries, found.primaries), (wanted.transfer, found.transfer), (wanted.matrix, found.matrix))
    return any(want not in (2, have) for want, have in pairs) or wanted.full_range not in (None, found.full_range)


def _time_base(plan: WritePlan) -> Fraction:
    if not plan.container.variable_rate:
        return 1 / plan.video.average_fps
    base = Fraction(1, plan.video.time_base.denominator)
    return base if base.denominator <= _TICKS_LIMIT else Fraction(1, 90_000)


def _rate(fps: Fraction) -> Fraction:
    return fps.limit_denominator(100_000)


def _muxer_options(plan: WritePlan) -> dict[str, str]:
    if plan.container.name not in ("mp4", "mov"):
        return {}
    ticks = _time_base(plan).denominator
    movie_ticks = lcm(ticks, 48_000)
    return {
        "movflags": "use_metadata_tags+faststart",
        "video_track_timescale": str(ticks),
        "movie_timescale": str(movie_ticks if movie_ticks <= 100_000_000 else ticks),
    }
