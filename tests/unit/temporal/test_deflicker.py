"""The temporal median over what a swap changes: flicker goes, detail and everything else stays."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.temporal.tracks import head

from facefusion.core import Landmarks
from facefusion.temporal.deflicker import SIZE, Residual, corrected, correction, residual_of


@pytest.fixture(scope="module")
def face() -> Landmarks:
    points = head(np.zeros(1)).truth[0]
    return Landmarks(np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2]))


def picture(level: int, seed: int = 0) -> np.ndarray:
    """(400, 400, 3) uint8: a grey texture of this mean."""
    return (np.random.default_rng(seed).integers(-8, 9, (400, 400, 3)) + level).astype(np.uint8)


def flat(value: float, known: float = 1.0) -> Residual:
    return Residual(np.full((SIZE, SIZE, 3), value, np.float32), np.full((SIZE, SIZE), known, np.float32))


def cheek(face: Landmarks) -> tuple[slice, slice]:
    x, y = face.xy[205].round().astype(int)
    return slice(y - 4, y + 5), slice(x - 4, x + 5)


def test_a_residual_says_what_changed(face: Landmarks) -> None:
    residual = residual_of(picture(100), picture(110), face)
    assert residual is not None
    sure = residual.known > 0.9
    assert sure.mean() > 0.3
    assert residual.values[sure] == pytest.approx(np.full((int(sure.sum()), 3), 10 / 255), abs=1e-3)


def test_what_was_not_changed_is_not_known(face: Landmarks) -> None:
    residual = residual_of(picture(100), picture(100), face)
    assert residual is not None
    assert not residual.known.any()


def test_one_frame_that_jumps_is_brought_back(face: Landmarks) -> None:
    before, after = picture(100), picture(112)
    own = residual_of(before, after, face)
    assert own is not None
    steady = Residual(own.values - np.float32(6 / 255), own.known)
    result = corrected(before, after, face, correction(own, [own, steady, steady, steady, steady], 1.0))
    assert result[cheek(face)].mean() == pytest.approx(after[cheek(face)].mean() - 6, abs=0.7)
    half = corrected(before, after, face, correction(own, [own, steady, steady], 0.5))
    assert half[cheek(face)].mean() == pytest.approx(after[cheek(face)].mean() - 3, abs=0.7)


def test_steady_and_evenly_changing_light_is_left_alone() -> None:
    assert np.abs(correction(flat(0.1), [flat(0.1)] * 5, 1.0)).max() < 1e-6
    rising = [flat(0.1), flat(0.08), flat(0.12), flat(0.06), flat(0.14)]
    assert np.abs(correction(rising[0], rising, 1.0)).max() < 1e-6


def test_nothing_to_compare_with_or_no_strength_changes_nothing(face: Landmarks) -> None:
    assert not correction(flat(0.1), [flat(0.1)], 1.0).any()
    assert not correction(flat(0.1), [flat(0.1), flat(0.0), flat(0.0)], 0.0).any()
    assert not correction(flat(0.1), [flat(0.1), flat(0.0, 0.1), flat(0.0, 0.1)], 1.0).any()


def test_pixels_that_are_the_targets_own_and_eyes_and_lips_stay(face: Landmarks) -> None:
    before, after = picture(100), picture(112)
    after[:200] = before[:200]
    result = corrected(before, after, face, np.full((SIZE, SIZE, 3), 0.02, np.float32))
    assert np.array_equal(result[:200], before[:200])
    wanted = correction(flat(0.1), [flat(0.1), flat(0.0), flat(0.0)], 1.0)
    lips = corrected(before, picture(112), face, wanted)
    x, y = face.xy[0].round().astype(int)
    assert abs(int(lips[y, x, 0]) - int(picture(112)[y, x, 0])) <= 3


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_every_depth(face: Landmarks, dtype: type) -> None:
    factor = np.float32(1 / 255) if dtype is np.float32 else 257
    before, after = ((picture(level).astype(np.float32) * factor).astype(dtype) for level in (100, 112))
    result = corrected(before, after, face, np.full((SIZE, SIZE, 3), -6 / 255, np.float32))
    assert result.dtype == dtype
    assert float(result[cheek(face)].mean() / factor) == pytest.approx(
        float(after[cheek(face)].mean() / factor) - 6, abs=0.7
    )
