"""The measures of steadiness, on pictures and signals whose answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from benchmarks.rest import spread
from benchmarks.temporal import above
from benchmarks.warped import carried, warped_error
from tests.unit.temporal.tracks import head

from facefusion.core import Face, Landmarks
from facefusion.faces.analyser import face_of

SIZE = 400


@pytest.fixture(scope="module")
def face() -> Face:
    points = head(np.zeros(1)).truth[0]
    return face_of(Landmarks(np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2])), 1.0, 1.0)


def texture(seed: int, shift: float = 0.0, contrast: float = 25.0) -> np.ndarray:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), 3)
    moved = cv2.warpAffine(noise, np.array([[1, 0, shift], [0, 1, 0]], np.float32), (SIZE, SIZE), flags=cv2.INTER_CUBIC)
    grey = np.clip(128 + contrast * moved / noise.std(), 0, 255).astype(np.uint8)
    return np.dstack([grey] * 3)


def test_a_result_that_moves_with_the_target_has_its_error(face: Face) -> None:
    then, now = texture(1), texture(1, 2.5)
    found = warped_error((then, then), (now, now), (face, face))
    assert found is not None
    assert found.result == pytest.approx(found.target)
    assert found.result_detail == pytest.approx(found.target_detail)
    assert found.known > 0.9


def test_a_result_that_slides_or_flickers_has_more(face: Face) -> None:
    then, now = texture(1), texture(1, 2.5)
    slid = warped_error((then, texture(2)), (now, texture(2, 1.5)), (face, face))
    light = warped_error((then, then), (now, np.clip(now.astype(int) + 9, 0, 255).astype(np.uint8)), (face, face))
    assert slid is not None
    assert light is not None
    assert slid.result > 2 * slid.target
    assert light.result > 2 * light.target


def test_a_picture_is_carried_by_its_flow() -> None:
    then = texture(3).astype(np.float32)
    flow = np.zeros((SIZE, SIZE, 2), np.float32)
    flow[..., 0] = 4
    assert np.array_equal(carried(then, flow)[:, : SIZE - 4], then[:, 4:])


def test_only_what_is_above_six_hertz_trembles() -> None:
    time = np.arange(100) / 25
    slow, fast = (np.sin(2 * np.pi * hertz * time) for hertz in (2.0, 10.0))
    assert above(np.tile(slow[:, None, None], (1, 478, 2)), 25, 6) < 0.02
    assert above(np.tile(fast[:, None, None], (1, 478, 2)), 25, 6) == pytest.approx(1.0, abs=0.02)
    assert above(np.tile(np.linspace(0, 5, 100)[:, None, None], (1, 478, 2)), 25, 6) < 0.02


def test_the_spread_over_time_is_that_of_the_noise(face: Face) -> None:
    frames = [(128 + np.random.default_rng(i).normal(0, 4, (SIZE, SIZE, 3))).astype(np.float32) for i in range(30)]
    assert spread(frames, face) == pytest.approx(4, rel=0.05)
