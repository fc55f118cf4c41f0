"""Smoothed landmarks: still at rest, on time and sharp in motion, and the same in parts as in one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.temporal.tracks import Head, head, lid_gap

from facefusion.temporal.head import head_motion, reference_shape
from facefusion.temporal.smooth import MARGIN, Method, running_median, smoothed
from facefusion.temporal.traits import Stretch, traits_of

CAUSAL: tuple[Method, ...] = ("kalman", "one_euro")
STRONG = 0.8


def rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def tremble(points: np.ndarray) -> float:
    return rms(np.diff(points[..., :2], n=2, axis=0))


def resting(count: int = 120, noise: float = 0.3) -> Head:
    return head(np.full(count, 5.0), noise=noise, seed=1)


def test_taken_apart_and_put_together_again() -> None:
    turning = head(np.linspace(-30, 30, 40), noise=0.2)
    reference, weights = reference_shape(turning.noisy, turning.sure)
    motion = head_motion(turning.noisy, reference, weights)
    assert motion.placed(motion.unplaced(turning.noisy)) == pytest.approx(turning.noisy, abs=1e-3)


def test_a_resting_face_is_still() -> None:
    still = resting()
    result = smoothed(still.noisy, still.sure, STRONG)
    assert tremble(result) < 0.12 * tremble(still.noisy)
    assert rms(result - still.truth) < 0.35 * rms(still.noisy - still.truth)


def test_noise_falls_in_fast_motion_when_the_skin_is_followed() -> None:
    fast = head(
        30 * np.sin(np.arange(120) / 4),
        shift=np.cumsum(np.random.default_rng(2).normal(0, 3, (120, 2)), axis=0),
        noise=0.3,
    )
    result = smoothed(fast.noisy, fast.sure, STRONG, moved=fast.moved)
    assert rms((result - fast.truth)[10:-10, :, :2]) < 0.5 * rms((fast.noisy - fast.truth)[10:-10, :, :2])


def test_even_motion_does_not_lag() -> None:
    moving = head(np.zeros(100), shift=np.outer(np.arange(100), (2.0, -1.0)), noise=0.2)
    result = smoothed(moving.noisy, moving.sure, STRONG)
    assert np.abs((result - moving.truth).mean(axis=1)[20:-20, :2]).max() < 0.15


@pytest.mark.parametrize("is_followed", [False, True])
def test_a_blink_keeps_its_depth_and_its_frames(is_followed: bool) -> None:
    closed = np.zeros(100)
    closed[[50, 54]], closed[51:54] = 0.5, 1.0
    blinking = head(np.full(100, 3.0), closed=closed, noise=0.15)
    result = smoothed(blinking.noisy, blinking.sure, STRONG, moved=blinking.moved if is_followed else None)
    before, after = lid_gap(blinking.truth), lid_gap(result)
    depth = before[:40].mean() - before[51:54].mean()
    assert after[:40].mean() - after[51:54].mean() > 0.95 * depth
    assert after[[50, 54]] == pytest.approx(before[[50, 54]], abs=0.35 * float(depth))


def test_time_reversed_in_time_reversed_out() -> None:
    moving = head(20 * np.sin(np.arange(90) / 9), noise=0.2)
    there = smoothed(moving.noisy, moving.sure, STRONG)
    back = smoothed(np.ascontiguousarray(moving.noisy[::-1]), moving.sure, STRONG)[::-1]
    assert there == pytest.approx(back, abs=5e-3)


def test_parts_with_margins_give_the_numbers_of_the_whole() -> None:
    moving = head(25 * np.sin(np.arange(220) / 11), noise=0.2)
    traits = traits_of([Stretch(moving.noisy, moving.sure, moving.moved)])
    whole = smoothed(moving.noisy, moving.sure, STRONG, moved=moving.moved, traits=traits)
    first, stop = 100, 120
    part = slice(first - MARGIN, stop + MARGIN)
    some = smoothed(moving.noisy[part], moving.sure[part], STRONG, moved=moving.moved[part], traits=traits)
    assert some[MARGIN:-MARGIN] == pytest.approx(whole[first:stop], abs=2e-3)


def test_frames_without_confidence_are_bridged_and_pull_nothing() -> None:
    moving = head(np.linspace(-20, 20, 100), noise=0.05)
    broken, sure, moved = moving.noisy.copy(), moving.sure, moving.moved.copy()
    broken[50:55] += 60
    sure[50:55] = 0
    moved[50:56] = 0
    for followed in (None, moved):
        result = smoothed(broken, sure, STRONG, moved=followed)
        assert rms((result - moving.truth)[45:60, :, :2]) < 0.4


def test_a_reading_that_jumps_against_the_skin_is_not_followed() -> None:
    still = resting(100, 0.1)
    pulled = still.noisy.copy()
    pulled[50:52, :, :2] += 8
    result = smoothed(pulled, still.sure, STRONG, moved=still.moved)
    assert np.abs((result - still.truth)[48:54, :, :2]).max() < 1.0


def test_confidence_of_single_points_bridges_those_points_only() -> None:
    still = resting(80, 0.05)
    sure = np.ones((80, 478), np.float32)
    eye = np.array([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246])
    pulled = still.noisy.copy()
    pulled[40:44, eye, 1] += 10
    sure[40:44, eye] = 0
    result = smoothed(pulled, sure, STRONG)
    assert np.abs((result - still.truth)[38:46, 1, :2]).max() < 0.5


def test_a_coefficient_of_zero_and_a_very_short_track_change_nothing() -> None:
    still = resting(20)
    assert np.array_equal(smoothed(still.noisy, still.sure, 0.0), still.noisy)
    assert np.array_equal(smoothed(still.noisy[:2], still.sure[:2], 1.0), still.noisy[:2])


@pytest.mark.parametrize("method", CAUSAL)
def test_the_causal_twins_steady_a_resting_face_and_know_no_future(method: Method) -> None:
    still = resting(100)
    result = smoothed(still.noisy, still.sure, STRONG, method=method)
    assert tremble(result[20:]) < 0.5 * tremble(still.noisy[20:])
    later = still.noisy.copy()
    later[60:] += 50
    assert np.array_equal(smoothed(later, still.sure, STRONG, method=method)[:60], result[:60])


@pytest.mark.parametrize("method", CAUSAL)
def test_the_causal_twins_follow_a_jump_and_hold_on_without_confidence(method: Method) -> None:
    jumping = head(np.zeros(60), shift=np.repeat([[0.0, 0.0], [40.0, 0.0]], 30, axis=0), noise=0.1)
    result = smoothed(jumping.noisy, jumping.sure, 0.5, method=method)
    assert np.abs((result - jumping.truth)[36:, :, 0].mean(axis=1)).max() < 2.0
    sure = jumping.sure
    sure[20:25] = 0
    broken = jumping.noisy.copy()
    broken[20:25] += 99
    assert np.abs((smoothed(broken, sure, 0.5, method=method) - jumping.truth)[20:25]).mean() < 1.0


def wandering(count: int) -> np.ndarray:
    """(count, 1, 1) pixels: an error that changes slowly, as that of a network does when a head turns."""
    return (1.0 * np.sin(np.arange(count) / 7.0)).astype(np.float32)[:, None, None]


def test_readings_that_wander_do_not_slide_on_the_skin() -> None:
    still = resting(200, 0.05)
    astray = still.noisy + wandering(200)
    result = smoothed(astray, still.sure, STRONG, moved=still.moved)
    slid = np.diff(result[60:140, :, :2], axis=0)
    assert rms(slid) < 0.4 * rms(np.diff(wandering(200)[60:140], axis=0))


def test_followed_skin_stays_near_to_what_is_read() -> None:
    still = resting(200, 0.05)
    creeping = still.moved.copy()
    creeping[1:, :, 0] += 1.0
    result = smoothed(still.noisy, still.sure, STRONG, moved=creeping)
    assert np.abs((result - still.truth)[60:140, :, 0]).max() < 0.03 * np.ptp(still.truth[0, :, 0])


def test_the_usual_place_is_the_median_of_the_known_moments_near() -> None:
    values = np.random.default_rng(8).normal(0, 1, (40, 5, 2)).astype(np.float32)
    known = np.random.default_rng(9).uniform(size=40) > 0.4
    known[10:20] = False
    out = np.empty_like(values)
    running_median(values, known, 3, out)
    for t in range(40):
        near = [s for s in range(max(0, t - 3), min(40, t + 4)) if known[s]]
        wanted = np.median(values[near], axis=0) if near else np.full((5, 2), np.nan)
        np.testing.assert_allclose(out[t], wanted, rtol=1e-6)
