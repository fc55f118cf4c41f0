"""Frames into packets of one encoder, with exact times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from facefusion.core import Frame, to_unit
from facefusion.errors import UsageError
from facefusion.media.alpha import premultiplied
from facefusion.media.conversion import FromRgb
from facefusion.media.fields import flagged
from facefusion.media.rates import places
from facefusion.media.scene_space import linear_709_of
from facefusion.media.video_stream import output_color, time_base_of
from facefusion.media.write_plan import WritePlan


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
        self._check_size(frame)
        if self._plan.frame_rate is not None:
            yield from self._encode_places(frame, self._plan.frame_rate)
            return
        picture = self._picture(frame)
        length = round(frame.duration_pts * frame.timestamp.time_base / self._time_base)
        yield from self._encode_at(self._pts_of(frame), length, picture)

    def _encode_places(self, frame: Frame, rate: Fraction) -> Iterator[Any]:
        """The frame at every place of the new rate at which it is seen, as often as that is."""
        numbers = places_of(frame, self._plan)
        if not numbers:
            return
        picture = self._picture(frame)
        length = round(1 / rate / self._time_base)
        for number in numbers:
            yield from self._encode_at(number * length, length, picture)

    def _encode_at(self, pts: int, length: int, picture: Any) -> Iterator[Any]:
        picture.pts, picture.time_base = pts, self._time_base
        if self._plan.video.field_order != "progressive":
            picture = flagged(picture, self._plan.video.field_order)
        self._durations[pts] = length
        self._last_pts = pts
        self.num_frames += 1
        yield from self._timed(picture)

    def _picture(self, frame: Frame) -> Any:
        """In the colour space and with the alpha that the plan asks for."""
        pixels, alpha = frame.pixels, frame.alpha
        if self._plan.space is not None:
            pixels = self._plan.space.from_linear_709(linear_709_of(frame))
            alpha = None if alpha is None else to_unit(alpha)
        if alpha is not None and self._plan.alpha == "premultiplied":
            pixels = premultiplied(pixels, alpha)
        return self._convert(pixels, alpha)

    def flush(self) -> Iterator[Any]:
        """The last packets."""
        yield from self._timed(None)

    def _check_size(self, frame: Frame) -> None:
        video = self._plan.video
        if (frame.width, frame.height) != (video.width, video.height):
            raise UsageError(
                f"{self._path}: frame {frame.index} is {frame.width}×{frame.height} in a clip of "
                f"{video.width}×{video.height}"
            )

    def _pts_of(self, frame: Frame) -> int:
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


def places_of(frame: Frame, plan: WritePlan) -> range:
    """Numbers of the output frames that show `frame` when the plan changes the rate; none where it is skipped."""
    assert plan.frame_rate is not None
    length = frame.duration_pts * frame.timestamp.time_base or 1 / plan.video.average_fps
    begin = frame.timestamp.seconds - plan.start_seconds
    return places(begin, begin + length, plan.frame_rate)
