"""Where a clip is cut into segments."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core import FrameRange, Segment, Shot
from facefusion.pipeline.segment_run import Runs
from facefusion.pipeline.segments import segments_of

FPS = Fraction(25)


def bounds(part: FrameRange, *cuts: int) -> list[tuple[int, int]]:
    begins = [0, *cuts]
    shots = [Shot(a, b) for a, b in zip(begins, [*cuts, 10**6], strict=True)]
    return [(s.start, s.stop) for s in segments_of(part, shots, FPS)]


@given(
    st.integers(0, 500),
    st.integers(1, 3000),
    st.lists(st.integers(0, 3500), max_size=12),
    st.sampled_from([FPS, Fraction(24000, 1001), Fraction(1, 2), Fraction(60)]),
)
def test_they_cover_the_part_once_and_are_never_long(start: int, length: int, cuts: list[int], fps: Fraction) -> None:
    part = FrameRange(start, start + length)
    found = segments_of(part, [Shot(cut, cut + 1) for cut in cuts], fps)
    assert (found[0].start, found[-1].stop) == (part.start, part.stop)
    assert all(one.stop == other.start for one, other in pairwise(found))
    assert all(0 < len(segment) <= max(1, round(4 * fps)) for segment in found)


@pytest.mark.parametrize(
    ("part", "cuts", "expected"),
    [
        (FrameRange(0, 20), (), [(0, 20)]),
        (FrameRange(0, 100), (), [(0, 25), (25, 50), (50, 75), (75, 100)]),
        (FrameRange(30, 60), (45,), [(30, 45), (45, 60)]),
        (FrameRange(0, 100), (40,), [(0, 20), (20, 40), (40, 60), (60, 80), (80, 100)]),
        (FrameRange(0, 50), (10, 20), [(0, 25), (25, 50)]),
    ],
)
def test_where_they_begin(part: FrameRange, cuts: tuple[int, ...], expected: list[tuple[int, int]]) -> None:
    assert bounds(part, *cuts) == expected


def test_a_long_clip_has_segments_of_four_seconds() -> None:
    found = segments_of(FrameRange(0, 90_000), [Shot(0, 90_000)], FPS)
    assert len(found) == 900
    assert {len(segment) for segment in found} == {100}


def shared(count: int, workers: int) -> Runs:
    return Runs([Segment(n, n + 1) for n in range(count)], workers)


def test_a_worker_takes_neighbours_one_after_another() -> None:
    runs = shared(6, 2)
    left, right = runs.of(0), runs.of(1)
    taken = [(next(left).start, next(right).start) for _ in range(3)]
    assert taken == [(0, 3), (1, 4), (2, 5)]


def test_who_has_done_its_own_helps_whoever_has_most_left() -> None:
    runs = shared(7, 3)
    assert [segment.start for segment in runs.of(0)] == [0, 1, 6, 3, 5, 2, 4]


@given(st.integers(0, 12), st.integers(1, 5), st.randoms(use_true_random=False))
def test_every_segment_is_taken_once(count: int, workers: int, chance: random.Random) -> None:
    runs, taken = shared(count, workers), []
    working = [runs.of(number) for number in range(workers)]
    while working:
        worker = chance.choice(working)
        segment = next(worker, None)
        if segment is None:
            working.remove(worker)
        else:
            taken.append(segment.start)
    assert sorted(taken) == list(range(count))
