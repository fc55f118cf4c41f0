"""Frames of a range, from wherever decoding can begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice
from threading import Lock

from facefusion.core import Frame, FrameRange
from facefusion.media import MediaReader

_MOST_IDLE = 2
"""Decoders that wait for a range that goes on where they stand; a worker takes up its own at once."""


class SeekingSource:
    """Every range can be decoded on its own; may be asked from several threads at once.

    overlap: frames that a range may begin before the end of an earlier one and still be decoded on from there. That is
    done only where decoding would begin at the same frame again, so every range gives the same pictures whatever was
    asked for before, also of streams whose key frames are none.
    """

    def __init__(self, reader: MediaReader, *, overlap: int = 0) -> None:
        self._reader, self._overlap = reader, overlap
        self._idle: deque[_Cursor] = deque()
        self._lock = Lock()

    def frames(self, part: FrameRange) -> Iterator[Frame]:
        """The frames of `part`, in order."""
        if self._overlap == 0:
            yield from self._reader.frames(start=part.start, stop=part.stop)
            return
        cursor = self._standing_at(part.start) or _Cursor(self._reader, part.start, self._overlap)
        try:
            yield from cursor.frames(part)
        except BaseException:
            cursor.close()
            raise
        self._rest(cursor)

    def close(self) -> None:
        """Let go of the decoders that nobody uses."""
        with self._lock:
            while self._idle:
                self._idle.popleft().close()

    def _standing_at(self, start: int) -> _Cursor | None:
        begin = self._reader.begin_of(start)
        with self._lock:
            found = next((cursor for cursor in self._idle if cursor.begin == begin and cursor.holds(start)), None)
            if found is not None:
                self._idle.remove(found)
        return found

    def _rest(self, cursor: _Cursor) -> None:
        with self._lock:
            self._idle.append(cursor)
            while len(self._idle) > _MOST_IDLE:
                self._idle.popleft().close()


class _Cursor:
    """A decoder, with the last few frames that it gave still in hand. begin: the frame that it began at, if known."""

    def __init__(self, reader: MediaReader, start: int, overlap: int) -> None:
        self.begin, self._frames = reader.begun(start)
        self._last: deque[Frame] = deque(maxlen=overlap)
        self._next = start

    def holds(self, start: int) -> bool:
        """Whether it can go on with frame `start`."""
        first = self._last[0].index if self._last else self._next
        return self.begin is not None and first <= start <= self._next

    def frames(self, part: FrameRange) -> Iterator[Frame]:
        """The frames of `part`, whose first one it holds."""
        yield from [frame for frame in self._last if frame.index in part]
        for frame in islice(self._frames, max(0, part.stop - self._next)):
            self._next = frame.index + 1
            self._last.append(frame)
            yield frame

    def close(self) -> None:
        self._last.clear()
        if isinstance(self._frames, Generator):
            self._frames.close()


class ContinuingSource:
    """For media that can only be decoded from the beginning: ranges that follow one another are decoded once.

    overlap: frames that a range may begin before the end of the one before. Used from one thread at a time.
    """

    def __init__(self, reader: MediaReader, *, overlap: int = 0) -> None:
        self._reader = reader
        self._last: deque[Frame] = deque(maxlen=overlap)
        self._frames: Iterator[Frame] = iter(())
        self._next: int | None = None

    def frames(self, part: FrameRange) -> Iterator[Frame]:
        """The frames of `part`, in order."""
        known = [frame for frame in self._last if frame.index >= part.start]
        begin = known[0].index if known else self._next
        if begin is None or part.start < begin:
            self._frames, self._next, known = self._reader.frames(), 0, []
            self._last.clear()
        yield from known[: len(part)]
        for frame in islice(self._frames, max(0, part.stop - (self._next or 0))):
            self._next = frame.index + 1
            self._last.append(frame)
            if frame.index in part:
                yield frame

    def close(self) -> None:
        """Let go of the decoder."""
        self._frames, self._next = iter(()), None
        self._last.clear()


def source_of(reader: MediaReader, *, overlap: int = 0) -> SeekingSource | ContinuingSource:
    """The source that fits a medium."""
    return (SeekingSource if reader.seeks else ContinuingSource)(reader, overlap=overlap)
