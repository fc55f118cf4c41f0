"""Packed points come back within 1/128 px, row by row and in ranges, from little memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facefusion.core import PackedPoints, PointPacker, snapped

HALF_STEP_PX = 1 / 128


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 6), st.just(3)),
        elements=st.floats(-20_000, 20_000, width=32),
    )
)
def test_every_coordinate_comes_back_within_half_a_step(points: np.ndarray) -> None:
    packed = PackedPoints.of(points)
    back = packed.decoded(0, len(points))
    assert np.abs(back - points.astype(np.float64)).max() <= HALF_STEP_PX
    assert np.array_equal(back, snapped(points))


@given(st.integers(1, 200), st.integers(-5, 210), st.integers(-5, 210))
def test_rows_and_ranges_are_those_of_the_whole(rows: int, first: int, stop: int) -> None:
    points = np.random.default_rng(rows).normal(300, 50, (rows, 4, 3)).astype(np.float32)
    packed = PackedPoints.of(points)
    whole = packed.decoded(0, rows)
    assert np.array_equal(packed.decoded(first, stop), whole[max(first, 0) : max(stop, 0)])
    assert np.array_equal(packed.row(rows // 2), whole[rows // 2])


def test_packing_what_was_unpacked_changes_nothing() -> None:
    points = np.random.default_rng(0).normal(500, 90, (70, 10, 3)).astype(np.float32)
    once = PackedPoints.of(points)
    again = PackedPoints.of(once.decoded(0, 70))
    assert again.blocks == once.blocks


def test_parts_joined_are_one_after_another() -> None:
    points = np.random.default_rng(1).normal(500, 90, (150, 10, 3)).astype(np.float32)
    joined = PackedPoints.joined([PackedPoints.of(points[:70]), PackedPoints.of(points[70:])])
    assert np.array_equal(joined.decoded(60, 80), snapped(points[60:80]))
    assert len(joined) == 150


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        PointPacker().append(np.full((4, 3), bad, np.float32))


def test_a_damaged_block_is_named() -> None:
    packed = PackedPoints.of(np.zeros((3, 4, 3), np.float32))
    with pytest.raises(ValueError, match="damaged block"):
        PackedPoints([packed.blocks[0][:-3]], packed.lengths, 4).row(0)


def test_a_row_beyond_the_end_is_refused() -> None:
    with pytest.raises(IndexError, match="supported is 0 to 2"):
        PackedPoints.of(np.zeros((3, 4, 3), np.float32)).row(3)
