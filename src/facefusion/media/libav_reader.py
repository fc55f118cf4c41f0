"""Reading video with libav: exact timestamps, exact ranges, upright RGB."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import av.error

from facefusion.core import Frame, Timestamp, to_unit
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media.alpha import straightened
from facefusion.media.conversion import ToRgb
from facefusion.media.decoding import pictures_of
from facefusion.media.fields import deinterlaced
from facefusion.media.gaps import DamageLog, Decoded, Shown, filled, uncounted
from facefusion.media.libav import open_input, reason
from facefusion.media.libav_description import describe, main_video_stream
from facefusion.media.orientation import Orientation
from facefusion.media.policy import ReadPolicy
from facefusion.media.reader import MediaReader
from facefusion.media.scene_space import WORKING, working_pixels

_CURSOR_REACH = 8
"""So many frames are decoded on rather than sought anew."""


@dataclass(frozen=True, slots=True)
class _Index:
    """Presentation times of all frames and of those that decoding can begin with, in ticks, sorted."""

    pts: list[int]
    keys: list[int]


class LibavReader(MediaReader):
    """One video stream of a container. Every iteration opens the file anew, so iterations may run in parallel."""

    def __init__(self, path: Path, *, threads: int = 0, policy: ReadPolicy | None = None) -> None:
        self._path, self._threads, self.policy = path, threads, policy or ReadPolicy()
        self._index: _Index | None = None
        self._counted: list[int] | None = None
        self._cursor: Iterator[Frame] = iter(())
        self._cursor_at = 0
        self._cursor_lock = threading.Lock()
        with open_input(path) as container:
            described = describe(path, container)
        self._fields = described.field_order
        if self._fields != "progressive" and self.policy.interlaced == "stop":
            raise InvalidInput(f"{path}: is interlaced; deinterlace it first, or let it be kept or deinterlaced here")
        is_made_whole = self.policy.interlaced == "deinterlace"
        described = replace(described, space=self.policy.space)
        self.info = replace(described, field_order="progressive") if is_made_whole else described
        self._turn = Orientation(self.info.rotation_deg, self.info.mirrored)
        self._damage = DamageLog(path, self.policy.damaged, self.info.time_base)

    @property
    def damaged(self) -> dict[int, int]:
        return self._damage.frames()

    def remember_damaged(self, found: Mapping[int, int]) -> None:
        for index, pts in found.items():
            self._damage.add(index, pts)

    @property
    def warnings(self) -> list[str]:
        left_out = [f"{self._path.name}: {what} left out" for what in self.info.left_out]
        return [*self._about_fields(), *left_out, *self._damage.lines()]

    def _about_fields(self) -> list[str]:
        if self._fields == "progressive":
            return []
        done = {
            "keep": "the two fields of each picture were treated as one picture",
            "deinterlace": "whole pictures were made of its fields",
        }
        return [f"{self._path.name}: is interlaced; {done[self.policy.interlaced]}"]

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        if start < 0 or (stop is not None and stop <= start):
            return
        yield from self._frames(self._whole_from(start), start, stop)

    def begin_of(self, start: int) -> int | None:
        index = self._scan()
        if index is None or self._deinterlaces:
            return None
        key = _keys_before(index, start)[0]
        return 0 if key is None else bisect_left(index.pts, key)

    def begun(self, start: int) -> tuple[int | None, Iterator[Frame]]:
        whole = self._whole_from(start)
        head = next(whole, None)
        if head is None:
            return None, iter(())
        return head[0], self._frames(chain([head], whole), start, None)

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

    @property
    def seeks(self) -> bool:
        return self._scan() is not None

    def close(self) -> None:
        with self._cursor_lock:
            self._cursor, self._cursor_at = iter(()), 0

    def timestamps(self) -> list[Timestamp]:
        base = self.info.time_base
        return [Timestamp(pts, base) for pts in self._all_pts()]

    def _frames(self, whole: Iterator[tuple[int, Shown]], start: int, stop: int | None) -> Iterator[Frame]:
        to_rgb = ToRgb(self.info.color, threads=self._threads)
        for index, shown in whole:
            if index >= start:
                yield self._frame(to_rgb, shown, index)
            if index + 1 == stop:
                return

    def _frame(self, to_rgb: ToRgb, shown: Shown, index: int) -> Frame:
        pixels, alpha = to_rgb(shown.picture)
        color = self.info.color
        if alpha is not None and self.info.alpha_form == "premultiplied":
            pixels = straightened(pixels, alpha)
        if self.policy.space is not None:
            pixels, color = working_pixels(self.policy.space.to_linear_709(to_unit(pixels))), WORKING
            alpha = None if alpha is None else to_unit(alpha)
        return Frame(
            self._turn.apply(pixels),
            index=index,
            timestamp=Timestamp(shown.pts, self.info.time_base),
            duration_pts=shown.length,
            color=color,
            alpha=None if alpha is None else self._turn.apply(alpha),
        )

    @property
    def _deinterlaces(self) -> bool:
        return self._fields != "progressive" and self.policy.interlaced == "deinterlace"

    def _whole_from(self, start: int) -> Iterator[tuple[int, Shown]]:
        """(index, frame) from `start` or earlier on, deinterlaced where that is the policy."""
        if not self._deinterlaces:
            return self._shown_from(start)
        return deinterlaced(self._shown_from(max(0, start - 1)), self._fields)

    def _shown_from(self, start: int) -> Iterator[tuple[int, Shown]]:
        """(index, frame) from `start` or earlier on, to the end."""
        index = self._scan()
        if index is None:
            yield from self._counted_frames()
            return
        if start >= len(index.pts):
            raise InvalidInput(f"{self._path}: has no frame {start}; it has {len(index.pts)}, counted from 0")
        decoded, begin = self._decoded_before(index, start)
        shown = filled(
            decoded, index.pts[begin:], self.policy.damaged, lambda place, pts: self._damage.add(begin + place, pts)
        )
        yield from enumerate(shown, begin)

    def _counted_frames(self) -> Iterator[tuple[int, Shown]]:
        yield from enumerate(uncounted(self._decode(None), self.policy.damaged, self._damage.add))

    def _decoded_before(self, index: _Index, start: int) -> tuple[Iterator[Decoded], int]:
        """Pictures from a whole one not later than frame `start` on, and the frame at which they are complete."""
        first = index.pts[start]
        for key in _keys_before(index, start):
            decoded = self._decode(key)
            head = next(decoded, None)
            is_whole = head is not None and (head.pts < first or (head.pts == first and not head.is_damaged))
            if head is not None and is_whole and key is not None:  # else it sought too far, or onto damage
                return chain([head], decoded), bisect_left(index.pts, max(head.pts, key))
        return chain([] if head is None else [head], decoded), 0

    def _decode(self, seek_to: int | None) -> Iterator[Decoded]:
        """Decoded pictures after a seek to tick `seek_to`, all that there are, at rising ticks."""
        last: int | None = None
        for item in self._decode_once(seek_to, self._threads):
            last = item.pts
            yield item
        index = self._scan()
        if self._threads == 1 or last is None or index is None or last >= index.pts[-1]:
            return
        keys = _keys_before(index, bisect_left(index.pts, last))
        yield from (item for item in self._decode_once(keys[len(keys) // 2], 1) if item.pts > last)

    def _decode_once(self, seek_to: int | None, threads: int) -> Iterator[Decoded]:
        last: int | None = None
        step = max(1, round(1 / (self.info.average_fps * self.info.time_base)))
        with open_input(self._path) as container:
            stream = main_video_stream(container, self._path)
            try:
                if seek_to is not None:
                    container.seek(seek_to, stream=stream, backward=True)
                for picture, is_damaged in pictures_of(container, stream, threads=threads):
                    if picture is None:
                        self._check_skipped(last)
                        continue
                    is_timed = bool(self._index and self._index.pts) and picture.pts is not None
                    last = int(picture.pts or 0) if is_timed else _next_pts(picture, last, step)
                    yield Decoded(last, picture, is_damaged)
            except av.error.FFmpegError as error:
                where = "" if last is None else f" after {float(last * self.info.time_base):.3f} s"
                raise MediaUnreadable(
                    f"{self._path}: is damaged{where} ({reason(error)}); copy it again or stop before that time"
                ) from None

    def _check_skipped(self, last: int | None) -> None:
        """A picture was lost: an index tells which one; without an index, only that it comes after `last`."""
        if self.policy.damaged == "stop" and not (self._index and self._index.pts):
            seconds = float((last or 0) * self.info.time_base)
            raise MediaUnreadable(
                f"{self._path}: is damaged after {seconds:.3f} s; copy the clip again, or let damaged frames be held"
            )

    def _all_pts(self) -> list[int]:
        index = self._scan()
        if index is not None:
            return index.pts
        if self._counted is None:
            self._counted = [item.pts for item in self._decode(None)]
        return self._counted

    def _scan(self) -> _Index | None:
        """The index from packets alone; None for streams whose packets do not tell every picture's time."""
        if self._index is None:
            self._index = _scan_packets(self._path, self.info.average_fps)
        return self._index if self._index.pts else None


def _keys_before(index: _Index, start: int) -> list[int | None]:
    """Where decoding may begin for frame `start`: nearer ones first, None (the very beginning) last."""
    last = bisect_right(index.keys, index.pts[start]) - 1
    return [*(index.keys[last - back] for back in (0, 1, 4) if last - back > 0), None]


def _next_pts(picture: av.VideoFrame, last: int | None, step: int) -> int:
    """The picture's own time, made up where it has none, always later than the one before."""
    pts = picture.pts if picture.pts is not None else picture.dts
    if pts is None:
        pts = 0 if last is None else last + step
    return int(pts) if last is None else max(int(pts), last + 1)


_PACKET_IS_PICTURE = frozenset(
    {"h264", "hevc", "vp9", "av1", "prores", "ffv1", "mjpeg", "dnxhd", "rawvideo", "png", "qtrle", "utvideo", "huffyuv"}
)


def _scan_packets(path: Path, average_fps: Fraction) -> _Index:
    pts: list[int] = []
    keys: list[int] = []
    with open_input(path) as container:
        stream = main_video_stream(container, path)
        if stream.codec_context.codec.canonical_name not in _PACKET_IS_PICTURE:
            return _Index([], [])
        try:
            for packet in container.demux(stream):
                if packet.size == 0 or packet.is_discard:
                    continue
                if packet.pts is None:
                    return _Index([], [])
                pts.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
        except av.error.FFmpegError as error:
            raise MediaUnreadable(f"{path}: cannot be read to its end ({reason(error)}); copy it again") from None
        base = Fraction(stream.time_base)
    ordered = sorted(pts)
    if len(set(ordered)) != len(ordered) or _are_fields(ordered, base, average_fps):
        return _Index([], [])
    return _Index(ordered, sorted(keys))


def _are_fields(ordered: list[int], base: Fraction, average_fps: Fraction) -> bool:
    """Whether there are about two packets a picture, as where the two fields of a picture are coded apart."""
    pictures = (ordered[-1] - ordered[0]) * base * average_fps + 1 if ordered else Fraction(0)
    return len(ordered) > Fraction(3, 2) * pictures + 2
