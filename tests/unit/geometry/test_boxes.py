"""Box arithmetic on hand-made boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core import Box
from facefusion.geometry import boxes

BOXES = st.tuples(*[st.floats(0, 100, width=32)] * 4).map(
    lambda v: Box(min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_scaling_keeps_the_centre() -> None:
    grown = boxes.scaled(Box(10, 20, 30, 60), 1.5)
    assert grown.center == (20, 40)
    assert (grown.width, grown.height) == (30, 60)


@pytest.mark.parametrize(
    ("box", "expected"),
    [(Box(-5, -5, 5, 5), (0, 0, 5, 5)), (Box(2, 3, 50, 50), (2, 3, 20, 10)), (Box(30, 30, 40, 40), (20, 10, 20, 10))],
)
def test_clipping(box: Box, expected: tuple[float, ...]) -> None:
    clipped = boxes.clipped(box, width=20, height=10)
    assert (clipped.x0, clipped.y0, clipped.x1, clipped.y1) == expected


def test_iou_of_known_boxes() -> None:
    ratio = boxes.iou_matrix(
        row(0, 0, 10, 10), np.array([(0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30)], np.float32)
    )
    np.testing.assert_allclose(ratio, [[1, 1 / 3, 0]], atol=1e-6)


@given(BOXES, BOXES)
def test_the_matrix_agrees_with_the_box(a: Box, b: Box) -> None:
    matrix = boxes.iou_matrix(row(a.x0, a.y0, a.x1, a.y1), row(b.x0, b.y0, b.x1, b.y1))
    assert float(matrix[0, 0]) == pytest.approx(a.iou(b) if a.area + b.area > 1e-3 else float(matrix[0, 0]), abs=2e-3)


def test_a_box_inside_another_overlaps_wholly() -> None:
    assert boxes.overlap_of_smaller(row(0, 0, 100, 100), row(10, 10, 20, 20))[0, 0] == pytest.approx(1)


def test_nms_averages_by_score_and_keeps_the_far_one() -> None:
    rows = np.array([(0, 0, 10, 10, 5), (2, 0, 12, 10, 9), (50, 50, 60, 60, 1)], np.float32)
    merged, best = boxes.weighted_nms(rows, np.array([0.9, 0.3, 0.6], np.float32), iou=0.3)
    np.testing.assert_allclose(merged[0], [0.5, 0, 10.5, 10, 6], atol=1e-5)
    np.testing.assert_allclose(merged[1], rows[2])
    np.testing.assert_allclose(best, [0.9, 0.6])


def test_nms_of_nothing_is_nothing() -> None:
    merged, best = boxes.weighted_nms(np.zeros((0, 16), np.float32), np.zeros(0, np.float32), iou=0.3)
    assert merged.shape == (0, 16)
    assert best.shape == (0,)
