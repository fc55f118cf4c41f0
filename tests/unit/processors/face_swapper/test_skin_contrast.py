"""Drawn skin has at most the target's contrast, on plain skin, in brightness only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facefusion.core import Float32
from facefusion.processors.face_swapper.skin_contrast import contrast, detail_bands, match_contrast

EYES_PX = 60.0
SIGMAS = (0.72, 2.1)


def freckled(amount: float, seed: int = 1, size: int = 80) -> Float32:
    """(size, size, 3) float32, warm skin with blots `amount` strong."""
    blots = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal((size, size)), (0, 0), 1.0)
    level = 1.0 + amount * blots / blots.std()
    return (np.array([0.6, 0.45, 0.35]) * level[..., None]).astype(np.float32)


def strength_of(picture: Float32) -> float:
    grey = picture[..., 1]
    return sum(contrast(band, np.ones(grey.shape, bool)) for band in detail_bands(grey, SIGMAS))


def everywhere(picture: Float32) -> Float32:
    return np.ones(picture.shape[:2], np.float32)


def test_freckles_fall_to_what_the_target_shows() -> None:
    sharp, soft = freckled(0.08), freckled(0.04, seed=2)
    matched = match_contrast(sharp, soft, everywhere(sharp), EYES_PX, 1.0)
    assert 0.9 * strength_of(soft) < strength_of(matched) < 1.3 * strength_of(soft) < 0.7 * strength_of(sharp)
    assert matched[..., 0] / matched[..., 2] == pytest.approx(sharp[..., 0] / sharp[..., 2], rel=1e-4)
    assert matched.mean() == pytest.approx(sharp.mean(), abs=2e-3)


def test_a_soft_face_is_never_sharpened() -> None:
    soft, sharp = freckled(0.02), freckled(0.08, seed=2)
    assert match_contrast(soft, sharp, everywhere(soft), EYES_PX, 1.0) == pytest.approx(soft, abs=1e-6)


def test_skin_does_not_become_wax_on_a_target_without_detail() -> None:
    sharp = freckled(0.08)
    matched = match_contrast(sharp, np.full_like(sharp, 0.5), everywhere(sharp), EYES_PX, 1.0)
    assert strength_of(matched) > 0.3 * strength_of(sharp)


def test_features_and_a_strength_of_zero_keep_what_is_there() -> None:
    sharp, soft = freckled(0.08), freckled(0.01, seed=2)
    skin = everywhere(sharp)
    skin[:, 40:] = 0
    matched = match_contrast(sharp, soft, skin, EYES_PX, 1.0)
    assert np.array_equal(matched[:, 40:], sharp[:, 40:])
    assert not np.array_equal(matched[:, :40], sharp[:, :40])
    assert match_contrast(sharp, soft, skin, EYES_PX, 0.0) is sharp
    assert match_contrast(sharp, soft, np.zeros_like(skin), EYES_PX, 1.0) is sharp


def folded(depth: float, size: int = 240) -> Float32:
    """(size, size, 3) float32: smooth skin with a few broad folds, `depth` deep."""
    rows = np.indices((size, size), dtype=np.float32)[0]
    level = 1.0 - depth * np.cos(rows / 9.0) ** 8
    return (np.array([0.6, 0.45, 0.35]) * level[..., None]).astype(np.float32)


def test_deep_folds_become_shallower_on_smooth_skin_by_half_at_most() -> None:
    deep, smooth, half = folded(0.4), folded(0.0), folded(0.3)
    least, matched = (match_contrast(deep, target, everywhere(deep), EYES_PX, 1.0) for target in (smooth, half))
    inner = np.s_[60:180, 60:180, 1]
    depths = [float(np.ptp(picture[inner])) for picture in (deep, matched, least)]
    assert depths[0] > 1.15 * depths[1] > 1.3 * depths[2]
    assert depths[2] > 0.35 * depths[0]


def test_a_brow_between_has_no_halo() -> None:
    deep, smooth = folded(0.4), folded(0.0)
    skin = everywhere(deep)
    skin[100:140] = 0.0
    browed = deep.copy()
    browed[100:140] *= 0.2
    plain, beside = (match_contrast(one, smooth, skin, EYES_PX, 1.0) for one in (deep, browed))
    assert np.array_equal(beside[102:138], browed[102:138])
    assert np.abs(beside[:92] - plain[:92]).max() < 0.02
