"""Similarities: estimate, undo, compose; crops whose edges fall where they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.geometry import transforms

ANGLES = st.floats(-180, 180)
SCALES = st.floats(0.05, 20)
SHIFTS = st.floats(-500, 500)
POINTS = np.array([(10, 20), (300, 40), (150, 200), (80, 310)], np.float32)


def similarity_of(angle: float, scale: float, dx: float, dy: float) -> np.ndarray:
    a, b = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    return np.array([[a, -b, dx], [b, a, dy]], np.float32)


@given(ANGLES, SCALES, SHIFTS, SHIFTS)
def test_the_similarity_of_moved_points_is_found(angle: float, scale: float, dx: float, dy: float) -> None:
    matrix = similarity_of(angle, scale, dx, dy)
    found = transforms.similarity(POINTS, transforms.apply(matrix, POINTS))
    np.testing.assert_allclose(transforms.apply(found, POINTS), transforms.apply(matrix, POINTS), atol=2e-2)
    assert transforms.scale_of(found) == pytest.approx(scale, rel=1e-3)


@given(ANGLES, SCALES, SHIFTS, SHIFTS)
def test_there_and_back_is_where_it_was(angle: float, scale: float, dx: float, dy: float) -> None:
    matrix = similarity_of(angle, scale, dx, dy)
    back = transforms.apply(transforms.inverse(matrix), transforms.apply(matrix, POINTS))
    np.testing.assert_allclose(back, POINTS, atol=0.02)


@given(ANGLES, SCALES, SHIFTS)
def test_composing_is_doing_one_after_the_other(angle: float, scale: float, shift: float) -> None:
    first, then = similarity_of(angle, 1.5, shift, 3), similarity_of(-20, scale, 7, shift)
    at_once = transforms.apply(transforms.compose(first, then), POINTS)
    np.testing.assert_allclose(at_once, transforms.apply(then, transforms.apply(first, POINTS)), rtol=1e-4, atol=0.05)


def test_weights_decide_between_contradicting_points() -> None:
    target = POINTS + np.array([5, 0], np.float32)
    target[3] += 100
    found = transforms.similarity(POINTS, target, weights=np.array([1, 1, 1, 1e-6], np.float32))
    np.testing.assert_allclose(transforms.apply(found, POINTS)[:3], target[:3], atol=1e-2)


def test_coinciding_points_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        transforms.similarity(np.ones((4, 2), np.float32), POINTS)


def test_a_singular_matrix_has_no_inverse() -> None:
    with pytest.raises(ValueError, match="singular"):
        transforms.inverse(np.zeros((2, 3), np.float32))


def test_a_roi_at_scale_one_is_a_plain_cut_out() -> None:
    matrix = transforms.square_roi((99.5, 49.5), 20, 0.0, 20)
    np.testing.assert_allclose(matrix, [[1, 0, -90], [0, 1, -40]], atol=1e-5)


@given(ANGLES)
def test_a_turned_roi_turns_the_picture_back(angle: float) -> None:
    matrix = transforms.square_roi((50, 60), 100, angle, 200)
    turned = (transforms.rotation_deg(matrix) + angle + 180) % 360 - 180
    assert turned == pytest.approx(0, abs=1e-2)
    np.testing.assert_allclose(transforms.apply(matrix, np.array([[50, 60]], np.float32)), [[99.5, 99.5]], atol=1e-3)
    assert transforms.scale_of(matrix) == pytest.approx(2, rel=1e-4)
