"""What two ranges beside one another look at is measured once, and nothing is shared that is not the same."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Frame
from facefusion.pipeline import borders
from facefusion.pipeline.borders import Borders
from facefusion.pipeline.held import Ready

BORDER = (10,)


def frame(index: int, value: int = 7) -> Frame:
    return Frame(np.full((4, 4, 3), value, np.uint8), index)


class Measured:
    """Counts what is measured."""

    def __init__(self) -> None:
        self.indices: list[int] = []

    def __call__(self, frame: Frame) -> Ready:
        self.indices.append(frame.index)
        return Ready(frame, ())


def both(known: Borders, measured: Measured, *, value: int = 7) -> None:
    for index in range(12):
        known.ready(frame(index), BORDER, 2, measured)
    for index in range(8, 20):
        known.ready(frame(index, value), BORDER, 2, measured)


def test_the_second_range_finds_what_the_first_measured() -> None:
    known, measured = Borders(), Measured()
    both(known, measured)
    assert measured.indices == list(range(20))


def test_other_pixels_are_measured_anew() -> None:
    measured = Measured()
    both(Borders(), measured, value=8)
    assert measured.indices == [*range(12), *range(8, 20)]


def test_it_is_given_once_and_then_forgotten() -> None:
    known, measured = Borders(), Measured()
    for _ in range(3):
        known.ready(frame(9), BORDER, 2, measured)
    assert measured.indices == [9, 9]


def test_frames_within_a_range_are_not_kept() -> None:
    known, measured = Borders(), Measured()
    for _ in range(2):
        known.ready(frame(5), BORDER, 2, measured)
    assert measured.indices == [5, 5]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borders, "_MOST_BYTES", 0)
    known, measured = Borders(), Measured()
    both(known, measured)
    assert measured.indices == [*range(12), *range(8, 20)]
