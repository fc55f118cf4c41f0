"""Local fits: exact where they can be, steady where nothing happens, sharp where something does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.temporal.local_fit import REACH, WINDOWS, adapted, known_noise, local_fit

ONE_GROUP = np.zeros(1, np.int64)
SURE = 4.0


def smooth(signal: np.ndarray, noise: float, confidence: np.ndarray | None = None) -> np.ndarray:
    """A (n,) signal, as one point with one coordinate."""
    trust = np.ones(len(signal), np.float32) if confidence is None else confidence.astype(np.float32)
    values = signal.astype(np.float32).reshape(-1, 1, 1)
    return adapted(values, trust, np.full(1, noise, np.float32), ONE_GROUP, SURE)[:, 0, 0]


def noise_of(count: int, seed: int, size: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, count)


@given(st.floats(-50, 50), st.floats(-3, 3), st.integers(3, 60))
def test_constant_and_even_movement_stay_as_they_are(start: float, speed: float, count: int) -> None:
    signal = start + speed * np.arange(count)
    assert smooth(signal, 1.0) == pytest.approx(signal, abs=2e-3)


def test_noise_at_rest_falls_to_a_quarter() -> None:
    noisy = noise_of(2000, 1)
    assert smooth(noisy, 1.0)[40:-40].std() < 0.3


def test_a_blink_keeps_its_depth_and_its_time() -> None:
    lid = np.full(80, 10.0)
    lid[40:43] = 0.0
    result = smooth(lid + noise_of(80, 2, 0.2), 0.2)
    assert result[40:43].min() < 0.5
    assert result[[39, 43]] == pytest.approx([10, 10], abs=0.5)
    assert int(result.argmin()) in (40, 41, 42)


def test_time_reversed_in_time_reversed_out() -> None:
    signal = np.cumsum(noise_of(90, 3)) + noise_of(90, 4)
    assert smooth(signal[::-1], 1.0) == pytest.approx(smooth(signal, 1.0)[::-1], abs=1e-4)


def test_shifted_in_shifted_out() -> None:
    signal = np.cumsum(noise_of(120, 5))
    assert smooth(signal[10:110], 1.0)[REACH:-REACH] == pytest.approx(
        smooth(signal, 1.0)[10 + REACH : 110 - REACH], abs=1e-4
    )


def test_nothing_depends_on_what_is_out_of_reach() -> None:
    signal = np.cumsum(noise_of(120, 6))
    other = signal.copy()
    other[60 + REACH + 1 :] += 1000
    other[: 60 - REACH] -= 500
    assert smooth(other, 1.0)[60] == pytest.approx(smooth(signal, 1.0)[60], abs=1e-3)


def test_what_has_no_confidence_touches_nothing_and_is_bridged() -> None:
    signal = np.linspace(0, 30, 60)
    trust = np.ones(60)
    trust[30:36] = 0
    broken = signal.copy()
    broken[30:36] += 400
    assert smooth(broken, 0.5, trust) == pytest.approx(signal, abs=1e-2)


def test_a_stretch_without_any_confidence_stays() -> None:
    signal = noise_of(90, 7)
    trust = np.zeros(90)
    assert smooth(signal, 1.0, trust) == pytest.approx(signal, abs=1e-5)


def test_one_moving_point_sharpens_its_group_only() -> None:
    values = np.random.default_rng(8).normal(0, 0.2, (80, 2, 1)).astype(np.float32)
    values[40:43, 0] += 10
    still = adapted(values, np.ones(80, np.float32), np.full(2, 0.2, np.float32), np.array([0, 1]), SURE)
    assert still[41, 0, 0] > 9.5
    assert still[30:50, 1, 0].std() < 0.08


def test_noise_is_known_in_spite_of_movement() -> None:
    movement = 20 * np.sin(np.arange(400) / 15)
    values = (movement + noise_of(400, 9, 0.5)).reshape(-1, 1, 1)
    assert known_noise(values, np.ones(400, np.float32))[0] == pytest.approx(0.5, rel=0.15)


def test_wider_windows_are_steadier() -> None:
    spreads = [local_fit(np.ones(80, np.float32), *window).spread[40] for window in WINDOWS]
    assert spreads[0] == pytest.approx(1)
    assert all(b <= a + 1e-6 for a, b in pairwise(spreads))


def test_a_result_is_the_same_to_the_bit_wherever_its_samples_lie_in_the_array() -> None:
    values = noise_of(700, 6).reshape(100, 7).astype(np.float32)
    trust = np.random.default_rng(7).uniform(0.1, 1, 100).astype(np.float32)
    whole, part = local_fit(trust, 5, 1).of(values), local_fit(trust[20:80], 5, 1).of(values[20:80])
    assert np.array_equal(part[5:-5], whole[25:75])


def test_a_window_that_reaches_over_the_ends_takes_what_is_there() -> None:
    values = np.arange(4, dtype=np.float32)[:, None]
    means = local_fit(np.ones(4, np.float32), 9, 0).of(values)
    weights = 1 - (np.arange(4)[:, None] - np.arange(4)) ** 2 / 100
    assert means[:, 0] == pytest.approx((weights @ values[:, 0]) / weights.sum(axis=1), abs=1e-5)
