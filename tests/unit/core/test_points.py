"""Packed points come back within 1/128 px, row by row and in ranges, from little memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facefusion.core import HeadPose, PackedPoints, PointPacker, snapped
from facefusion.core.face_tree import FACE_PARENTS, depths_first, generations
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.pose import rotation_of

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


@pytest.mark.parametrize("num_points", [1, 5, 68, 478])
@pytest.mark.parametrize("is_path", [True, False])
def test_any_number_of_points_comes_back_either_way(num_points: int, is_path: bool) -> None:
    points = np.random.default_rng(num_points).normal(300, 50, (130, num_points, 3)).astype(np.float32)
    packed = PackedPoints.of(points, is_path=is_path)
    assert np.array_equal(packed.decoded(0, 130), snapped(points))
    assert np.array_equal(packed.part(60, 129).decoded(0, 69), snapped(points[60:129]))


def test_the_tree_spans_the_face_by_its_shortest_edges() -> None:
    vertices = canonical_mesh().vertices_cm.astype(np.float64)
    parents = np.array(FACE_PARENTS)
    assert sorted(depths_first(478).tolist()) == list(range(478))
    assert sum(map(len, generations(478))) == 477
    inside = [point for point in range(468) if 0 <= parents[point] < 468]
    edges = np.linalg.norm(vertices[inside] - vertices[parents[inside]], axis=1)
    apart = np.linalg.norm(vertices[:, None] - vertices[None], axis=2) + 99 * np.eye(468)
    assert edges.max() < 2.5
    assert edges.mean() < 1.3 * apart.min(axis=1).mean()


def test_neighbours_on_the_face_move_alike_and_pack_small() -> None:
    """A face that turns: packed by neighbours it takes far less than points in any other order."""
    vertices = np.vstack([canonical_mesh().vertices_cm] + [canonical_mesh().vertices_cm[[159, 386]]] * 5) * 20
    turned = [vertices @ rotation_of(HeadPose(20 * np.sin(i / 9), 5 * np.cos(i / 5), 0)).T for i in range(64)]
    points = np.array(turned, np.float32)
    mixed = np.random.default_rng(0).permutation(478)
    assert PackedPoints.of(points).num_bytes < 0.7 * PackedPoints.of(points[:, mixed]).num_bytes


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
