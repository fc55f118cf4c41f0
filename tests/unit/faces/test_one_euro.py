"""The one-euro filter and the crop that follows through it."""

import numpy as np
import pytest

from facefusion.faces.landmark import Roi
from facefusion.faces.steady_roi import SteadyRoi
from facefusion.geometry.one_euro import OneEuroFilter


def test_noise_on_a_constant_is_reduced() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (200, 4, 2)).astype(np.float32)
    smoother = OneEuroFilter(cutoff_hz=1.0, beta=0.1)
    out = np.array([smoother.filter(1 + sample) for sample in noise])
    assert out[20:].std() < 0.5 * noise[20:].std()
    assert out[-1] == pytest.approx(1, abs=0.02)


def test_a_fast_move_is_followed_at_once() -> None:
    smoother = OneEuroFilter(cutoff_hz=1.0, beta=50.0)
    line = [np.full((1, 2), 0.5 * i, np.float32) for i in range(20)]
    out = [smoother.filter(sample) for sample in line]
    assert abs(out[-1] - line[-1]).max() < 0.1


def test_reset_forgets() -> None:
    smoother = OneEuroFilter()
    smoother.filter(np.zeros((1, 2), np.float32))
    smoother.reset()
    np.testing.assert_array_equal(smoother.filter(np.ones((1, 2), np.float32)), 1)


def test_a_crop_turns_through_the_half_circle_without_a_jump() -> None:
    steady = SteadyRoi(Roi(0, 0, 100, 179))
    for _ in range(40):
        steady.follow(Roi(0, 0, 100, -179))
    assert (steady.roi.roll_deg + 179 + 180) % 360 - 180 == pytest.approx(0, abs=0.3)


def test_a_crop_is_off_when_the_face_has_moved() -> None:
    steady = SteadyRoi(Roi(50, 50, 100, 0))
    assert not steady.is_off(Roi(51, 50, 101, 1))
    assert steady.is_off(Roi(55, 50, 100, 0))
    assert steady.is_off(Roi(50, 50, 110, 0))
    assert steady.is_off(Roi(50, 50, 100, 5))
