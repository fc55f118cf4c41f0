"""The skin's movement, measured: on pictures that code moves by a known amount."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from facefusion.temporal.flow import FaceFlow, carried

SHIFT = np.array([3.25, -1.5], np.float32)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def textured(shift: np.ndarray, *, size: int = 400, seed: int = 0) -> np.ndarray:
    """(size, size, 3) uint8: soft random texture, moved by `shift` (x, y) pixels."""
    noise = np.random.default_rng(seed).normal(0, 1, (size + 60, size + 60)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    matrix = np.array([[1, 0, shift[0] - 30], [0, 1, shift[1] - 30]], np.float32)
    moved = cv2.warpAffine(soft, matrix, (size, size), flags=cv2.INTER_CUBIC)
    grey = np.clip(128 + 60 * moved / soft.std(), 0, 255).astype(np.uint8)
    return np.dstack([grey] * 3)


def places(size: int = 400) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.3 * size, 0.7 * size, (478, 2)).astype(np.float32)


def test_a_known_shift_is_measured_to_a_tenth_of_a_pixel() -> None:
    moved = FaceFlow().between(textured(np.zeros(2)), textured(SHIFT), places())
    assert moved.shape == (478, 3)
    assert np.abs(moved[:, :2] - SHIFT).mean() < 0.1
    assert np.median(moved[:, 2]) > 0.9


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_every_depth_gives_nearly_the_same(dtype: type) -> None:
    before, after = textured(np.zeros(2)), textured(SHIFT)
    factor = 257 if dtype is np.uint16 else np.float32(1 / 255)
    eight = FaceFlow().between(before, after, places())
    deep = FaceFlow().between((before * dtype(factor)).astype(dtype), (after * dtype(factor)).astype(dtype), places())
    assert np.abs(eight - deep)[:, :2].mean() < 0.1


def test_another_picture_is_not_believed() -> None:
    moved = FaceFlow().between(textured(np.zeros(2)), textured(np.zeros(2), seed=5), places())
    assert np.median(moved[:, 2]) < 0.5


def test_a_large_face_is_measured_in_its_own_pixels() -> None:
    before, after = (cv2.resize(textured(shift), None, fx=3, fy=3) for shift in (np.zeros(2), SHIFT))
    moved = FaceFlow().between(before, after, places() * 3)
    assert np.abs(moved[:, :2] - 3 * SHIFT).mean() < 0.4


def test_the_same_in_every_thread_and_time() -> None:
    flow, before, after = FaceFlow(), textured(np.zeros(2)), textured(SHIFT)
    first = flow.between(before, after, places())
    flow.between(after, before, places())
    assert np.array_equal(flow.between(before, after, places()), first)


def test_landmarks_outside_the_picture_are_not_sure() -> None:
    moved = FaceFlow().between(textured(np.zeros(2)), textured(SHIFT), places() + 5000)
    assert not moved[:, 2].any()


def test_directions_that_disagree_are_not_sure() -> None:
    there, back = np.full((50, 50, 2), 2.0, np.float32), np.full((50, 50, 2), 3.0, np.float32)
    at = np.full((4, 2), 20.0, np.float32)
    assert carried(there, -there, at)[1] == pytest.approx(np.ones(4))
    assert carried(there, back, at)[1].max() < 0.02


def test_a_face_that_jumps_by_a_tenth_is_found_again() -> None:
    shift = np.array([16.0, -8.0], np.float32)
    moved = FaceFlow().between(textured(np.zeros(2)), textured(shift), places())
    assert np.abs(moved[:, :2] - shift).mean() < 0.2
    assert np.median(moved[:, 2]) > 0.9
