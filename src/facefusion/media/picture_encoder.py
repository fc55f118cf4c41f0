"""Frames into packets of one encoder, with exact times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facefusion.core import Frame
from facefusion.errors import UsageError
from facefusion.media.conversion import FromRgb
from facefusion.media.video_stream import output_color, time_base_of
from facefusion.media.writer import WritePlan


class PictureEncoder:
    """Encodes frames on `stream`, in rising order of time. Times count in ticks of the output, from the plan's start.

    path: for messages.
    """

    def __init__(self, stream: Any, plan: WritePlan, path: Path) -> None:
        self._stream, self._plan, self._path = stream, plan, path
        self._time_base = time_base_of(plan)
        self._convert = FromRgb(plan.pixel_format, output_color(plan), threads=plan.threads)
        self._last_pts: int | None = None
        self._durations: dict[int, int] = {}
        self.num_frames = 0

    def encode(self, frame: Frame) -> Iterator[Any]:
        """Packets that are ready, with pts and duration. Raises UsageError (wrong size, time that does not rise)."""
        pts = self._pts_of(frame)
        picture = self._convert(frame.pixels, frame.alpha)
        picture.pts, picture.time_base = pts, self._time_base
        self._durations[pts] = round(frame.duration_pts * frame.timestamp.time_base / self._time_base)
        self._last_pts = pts
        self.num_frames += 1
        yield from self._timed(picture)

    def flush(self) -> Iterator[Any]:
        """The last packets."""
        yield from self._timed(None)

    def _pts_of(self, frame: Frame) -> int:
        video = self._plan.video
        if (frame.width, frame.height) != (video.width, video.height):
            raise UsageError(
                f"{self._path}: frame {frame.index} is {frame.width}×{frame.height} in a clip of "
                f"{video.width}×{video.height}"
            )
        pts = round((frame.timestamp.seconds - self._plan.start_seconds) / self._time_base)
        if self._last_pts is None or pts > self._last_pts:
            return pts
        if not self._plan.container.variable_rate:
            return self._last_pts + 1
        raise UsageError(f"{self._path}: frame {frame.index} is not later than the one before it")

    def _timed(self, picture: Any) -> Iterator[Any]:
        for packet in self._stream.encode(picture):
            length = self._durations.pop(packet.pts, 0)
            if length > 0:
                packet.duration = length
            yield packet
