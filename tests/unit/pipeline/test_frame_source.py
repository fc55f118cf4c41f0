"""Ranges that follow one another: decoded once, and never other pictures than when each is decoded on its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from facefusion.core import Frame, FrameRange
from facefusion.media import MediaReader
from facefusion.pipeline.frame_source import SeekingSource

COUNT, KEYS = 60, (0, 30)


class Untrue(MediaReader):
    """A clip whose pictures tell where decoding began, as those of a stream whose key frames are none."""

    def __init__(self) -> None:
        self.decoded, self.open = 0, 0

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        begin = self.begin_of(start)
        self.open += 1
        try:
            for index in range(begin, COUNT if stop is None else stop):
                self.decoded += 1
                if index >= start:
                    yield Frame(np.full((2, 2, 3), index + 100 * (begin > 0), np.uint8), index)
        finally:
            self.open -= 1

    def begin_of(self, start: int) -> int:
        return max(key for key in KEYS if key <= start)

    def begun(self, start: int) -> tuple[int | None, Iterator[Frame]]:
        return self.begin_of(start), self.frames(start=start)

    def timestamps(self) -> list[object]:  # type: ignore[override]
        raise NotImplementedError


def values(source: SeekingSource, start: int, stop: int) -> list[int]:
    return [int(frame.pixels[0, 0, 0]) for frame in source.frames(FrameRange(start, stop))]


def alone(start: int, stop: int) -> list[int]:
    return values(SeekingSource(Untrue()), start, stop)


def test_neighbours_are_decoded_once() -> None:
    reader = Untrue()
    source = SeekingSource(reader, overlap=4)
    for start, stop in ((0, 12), (8, 22), (18, 30)):
        assert values(source, start, stop) == list(range(start, stop))
    assert reader.decoded == 30
    source.close()
    assert reader.open == 0


@pytest.mark.parametrize("parts", [[(0, 12), (8, 34), (30, 42), (38, 60)], [(40, 52), (0, 12), (48, 60), (8, 12)]])
def test_the_pictures_are_those_of_each_range_on_its_own(parts: list[tuple[int, int]]) -> None:
    source = SeekingSource(Untrue(), overlap=4)
    for part in parts:
        assert values(source, *part) == alone(*part)


def test_a_range_further_back_than_what_is_in_hand_is_decoded_anew() -> None:
    reader = Untrue()
    source = SeekingSource(reader, overlap=2)
    values(source, 0, 12)
    assert values(source, 8, 14) == list(range(8, 14))
    assert reader.decoded == 12 + 14


def test_few_decoders_wait() -> None:
    reader = Untrue()
    source = SeekingSource(reader, overlap=2)
    for start in (0, 40, 20, 10):
        values(source, start, start + 4)
    assert reader.open <= 2


def test_one_who_stops_early_leaves_no_decoder_open() -> None:
    reader = Untrue()
    frames = SeekingSource(reader, overlap=2).frames(FrameRange(0, 20))
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert reader.open == 0
