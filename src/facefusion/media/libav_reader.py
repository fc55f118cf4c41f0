"""Reading video with libav: exact timestamps, exact ranges, upright RGB."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import av.error

from facefusion.core import Frame, Timestamp
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media.conversion import ToRgb
from facefusion.media.decoding import pictures_of
from facefusion.media.libav import open_input, reason
from facefusion.media.libav_description import describe, main_video_stream
from facefusion.media.orientation import Orientation
from facefusion.media.reader import MediaReader

_CURSOR_REACH = 8
"""So many frames are decoded on rather than sought anew."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """One decoded picture: from tick `pts` for `length` ticks."""

    pts: int
    length: int
    picture: av.VideoFrame


@dataclass(frozen=True, slots=True)
class _Index:
    """Presentation times of all frames and of those that decoding can begin with, in ticks, sorted."""

    pts: list[int]
    keys: list[int]


class LibavReader(MediaReader):
    """One video stream of a container. Every iteration opens the file anew, so iterations may run in parallel."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        self._path, self._threads = path, threads
        self._index: _Index | None = None
        self._counted: list[int] | None = None
        self._cursor: Iterator[Frame] = iter(())
        self._cursor_at = 0
        self._cursor_lock = threading.Lock()
        with open_input(path) as container:
            self.info = describe(path, container)
        self._turn = Orientation(self.info.rotation_deg, self.info.mirrored)

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        if start < 0 or (stop is not None and stop <= start):
            return
        first = self._first_pts(start)
        to_rgb = ToRgb(self.info.color, threads=self._threads)
        index = start if first is not None else 0
        for shown in self._pictures_from(first):
            if index >= start:
                yield self._frame(to_rgb, shown, index)
            index += 1
            if index == stop:
                return

    def frame_at(self, index: int) -> Frame:
        """One frame; frames asked for in rising order are decoded once."""
        with self._cursor_lock:
            if not self._cursor_at <= index < self._cursor_at + _CURSOR_REACH:
                self._cursor, self._cursor_at = self.frames(start=index), index
            for frame in self._cursor:
                self._cursor_at = frame.index + 1
                if frame.index == index:
                    return frame
            self._cursor, self._cursor_at = iter(()), 0
        return super().frame_at(index)

    def close(self) -> None:
        with self._cursor_lock:
            self._cursor, self._cursor_at = iter(()), 0

    def timestamps(self) -> list[Timestamp]:
        base = self.info.time_base
        return [Timestamp(pts, base) for pts in self._all_pts()]

    def _frame(self, to_rgb: ToRgb, shown: _Shown, index: int) -> Frame:
        pixels, alpha = to_rgb(shown.picture)
        return Frame(
            self._turn.apply(pixels),
            index=index,
            timestamp=Timestamp(shown.pts, self.info.time_base),
            duration_pts=shown.length,
            color=self.info.color,
            alpha=None if alpha is None else self._turn.apply(alpha),
        )

    def _first_pts(self, start: int) -> int | None:
        """Time of frame `start` when it can be sought, None when frames must be counted from the beginning."""
        if start == 0:
            return None
        index = self._scan()
        if index is None:
            return None
        if start >= len(index.pts):
            raise InvalidInput(f"{self._path}: has no frame {start}; it has {len(index.pts)}, counted from 0")
        return index.pts[start]

    def _pictures_from(self, first: int | None) -> Iterator[_Shown]:
        """Pictures from the one at `first` on; from the very beginning for None."""
        if first is None:
            yield from self._decode(None)
            return
        for key in self._keys_before(first):
            pictures = self._decode(key)
            for shown in pictures:
                if shown.pts > first:
                    break  # the container sought too far: begin earlier
                if shown.pts == first:
                    yield shown
                    yield from pictures
                    return
        raise MediaUnreadable(
            f"{self._path}: the frame at tick {first} cannot be decoded; repair or convert the clip first"
        )

    def _keys_before(self, first: int) -> Iterator[int | None]:
        keys = self._scan().keys if self._scan() else []  # type: ignore[union-attr]
        last = bisect_right(keys, first) - 1
        for back in (0, 1, 4):
            if last - back > 0:
                yield keys[last - back]
        yield None

    def _decode(self, seek_to: int | None) -> Iterator[_Shown]:
        """Decoded pictures after a seek to tick `seek_to`, each lasting until the next.

        Lengths stored in files belong to the order of decoding and are only used for the last picture.
        """
        previous: tuple[int, av.VideoFrame] | None = None
        for pts, picture in self._decode_timed(seek_to):
            if previous is not None:
                yield _Shown(previous[0], pts - previous[0], previous[1])
            previous = pts, picture
        if previous is not None:
            yield _Shown(previous[0], int(previous[1].duration or 0), previous[1])

    def _decode_timed(self, seek_to: int | None) -> Iterator[tuple[int, av.VideoFrame]]:
        """(pts, picture) with strictly rising pts."""
        last: int | None = None
        step = max(1, round(1 / (self.info.average_fps * self.info.time_base)))
        with open_input(self._path) as container:
            stream = main_video_stream(container, self._path)
            try:
                if seek_to is not None:
                    container.seek(seek_to, stream=stream, backward=True)
                for picture in pictures_of(container, stream, threads=self._threads):
                    last = _next_pts(picture, last, step)
                    yield last, picture
            except av.error.FFmpegError as error:
                where = "" if last is None else f" after {float(last * self.info.time_base):.3f} s"
                raise MediaUnreadable(
                    f"{self._path}: is damaged{where} ({reason(error)}); copy it again or stop before that time"
                ) from None

    def _all_pts(self) -> list[int]:
        index = self._scan()
        if index is not None:
            return index.pts
        if self._counted is None:
            self._counted = [pts for pts, _ in self._decode_timed(None)]
        return self._counted

    def _scan(self) -> _Index | None:
        """The index from packets alone; None for streams whose packets do not tell every picture's time."""
        if self._index is None:
            self._index = _scan_packets(self._path)
        return self._index if self._index.pts else None


def _next_pts(picture: av.VideoFrame, last: int | None, step: int) -> int:
    """The picture's own time, made up where it has none, always later than the one before."""
    pts = picture.pts if picture.pts is not None else picture.dts
    if pts is None:
        pts = 0 if last is None else last + step
    return int(pts) if last is None else max(int(pts), last + 1)


_PACKET_IS_PICTURE = frozenset(
    {"h264", "hevc", "vp9", "av1", "prores", "ffv1", "mjpeg", "dnxhd", "rawvideo", "png", "qtrle", "utvideo", "huffyuv"}
)


def _scan_packets(path: Path) -> _Index:
    pts: list[int] = []
    keys: list[int] = []
    with open_input(path) as container:
        stream = main_video_stream(container, path)
        if stream.codec_context.codec.canonical_name not in _PACKET_IS_PICTURE:
            return _Index([], [])
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None:
                return _Index([], [])
            pts.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
    ordered = sorted(pts)
    if len(set(ordered)) != len(ordered):
        return _Index([], [])
    return _Index(ordered, sorted(keys))
