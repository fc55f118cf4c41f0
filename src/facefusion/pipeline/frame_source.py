"""Frames of a range, from wherever decoding can begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from facefusion.core import Frame, FrameRange
from facefusion.media import MediaReader


class SeekingSource:
    """Every range is decoded on its own; may be asked from several threads at once."""

    def __init__(self, reader: MediaReader) -> None:
        self._reader = reader

    def frames(self, part: FrameRange) -> Iterator[Frame]:
        """The frames of `part`, in order."""
        return self._reader.frames(start=part.start, stop=part.stop)


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


def source_of(reader: MediaReader, *, overlap: int = 0) -> SeekingSource | ContinuingSource:
    """The source that fits a medium."""
    return SeekingSource(reader) if reader.seeks else ContinuingSource(reader, overlap=overlap)
