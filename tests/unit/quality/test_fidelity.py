"""Seams, changed pixels, PSNR, sharpness and grain, on pictures of which the answer is known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core import Box
from facefusion.quality import changed_outside, edge_band, noise_sigma, psnr, seam_ratio, sharpness

RNG = np.random.default_rng(7)
SCENE = cv2.GaussianBlur(RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8), (0, 0), 3)
MASK = np.zeros((120, 160), np.float32)
cv2.circle(MASK, (80, 60), 35, 1.0, -1)


def test_psnr() -> None:
    other = SCENE.copy()
    assert psnr(SCENE, other) == math.inf
    other[0, 0, 0] ^= 16
    assert psnr(SCENE, other) == pytest.approx(10 * math.log10(255**2 * SCENE.size / 256))
    assert psnr(SCENE / np.float32(255), other / np.float32(255)) == pytest.approx(psnr(SCENE, other), abs=1e-3)
    with pytest.raises(ValueError, match="dtype"):
        psnr(SCENE, SCENE.astype(np.uint16))


def test_changed_outside_counts_exactly() -> None:
    result = SCENE.copy()
    result[50:70, 70:90] ^= 1  # inside the mask
    assert changed_outside(result, SCENE, MASK) == 0
    result[0, :7, 1] ^= 1  # seven outside, one channel only
    result[110:120, 150:160] ^= 1  # a label
    assert changed_outside(result, SCENE, MASK) == 107
    assert changed_outside(result, SCENE, MASK, Box(150, 110, 160, 120)) == 7
    assert changed_outside(result, SCENE, MASK, Box(151, 110, 160, 120)) == 17
    faint = np.full_like(MASK, 1e-6)
    assert changed_outside(result, SCENE, faint) == 0


def test_a_step_is_a_seam_and_a_feathered_one_is_not() -> None:
    assert seam_ratio(SCENE, SCENE, MASK) == 1.0
    lifted = np.clip(SCENE.astype(int) + 25, 0, 255).astype(np.uint8)
    hard = np.where(MASK[..., None] > 0, lifted, SCENE)
    soft_mask = cv2.GaussianBlur(MASK, (0, 0), 9)
    soft = np.rint(SCENE + (lifted.astype(float) - SCENE) * soft_mask[..., None]).astype(np.uint8)
    assert seam_ratio(hard, SCENE, MASK) > 1.5
    assert seam_ratio(soft, SCENE, soft_mask.astype(np.float32)) < 1.05


def test_seam_on_a_flat_ground_is_finite_and_seen() -> None:
    flat = np.full((120, 160, 3), 90, np.uint8)
    stepped = flat + (MASK[..., None] > 0).astype(np.uint8) * 40
    assert seam_ratio(flat, flat, MASK) == 1.0
    assert 2 < seam_ratio(stepped, flat, MASK) < 100
    assert seam_ratio(flat, flat, np.zeros_like(MASK)) == 1.0
    assert seam_ratio(flat, flat, np.ones_like(MASK)) == 1.0


def test_seam_is_one_for_every_dtype() -> None:
    lifted = np.where(MASK[..., None] > 0, SCENE // 2, SCENE)
    ratios = [
        seam_ratio(lifted, SCENE, MASK),
        seam_ratio(lifted.astype(np.uint16) * 257, SCENE.astype(np.uint16) * 257, MASK),
        seam_ratio(lifted / np.float32(255), SCENE / np.float32(255), MASK),
    ]
    assert np.ptp(ratios) < 1e-3


def test_band_lies_on_the_edge() -> None:
    band = edge_band(MASK, 3)
    y, x = np.nonzero(band)
    radius = np.hypot(x - 80, y - 60)
    assert radius.min() > 35 - 5
    assert radius.max() < 35 + 5
    assert band.sum() > 2 * math.pi * 35 * 4


def test_sharpness_orders_blur_and_hardly_sees_grain() -> None:
    detail = RNG.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    pictures = [cv2.GaussianBlur(detail, (0, 0), sigma) for sigma in (1, 2, 4)]
    values = [sharpness(p) for p in pictures]
    assert values[0] > 2 * values[1] > 4 * values[2]
    edges = (
        np.where((np.indices((200, 200)) // 20).sum(axis=0)[..., None] % 2, 200, 50).astype(np.uint8).repeat(3, axis=2)
    )
    grainy = np.clip(edges + RNG.normal(0, 2, edges.shape), 0, 255).astype(np.uint8)
    assert sharpness(grainy) == pytest.approx(sharpness(edges), rel=0.05)


@given(st.floats(0.8, 20))
def test_grain_is_measured(sigma: float) -> None:
    """Grey grain of known strength, over a ramp and a hard edge."""
    ground = np.linspace(60, 180, 160)[None, :] + np.zeros((120, 1))
    ground[:, 80:] -= 40
    grain = np.random.default_rng(3).normal(0, sigma, ground.shape)
    pixels = np.repeat(((ground + grain) / 255)[..., None], 3, axis=2).astype(np.float32)
    assert noise_sigma(pixels) == pytest.approx(sigma, rel=0.07)


def test_no_grain_and_masks() -> None:
    ramp = np.repeat(np.linspace(0, 1, 160, dtype=np.float32)[None, :, None], 120, axis=0).repeat(3, axis=2)
    assert noise_sigma(ramp) < 0.01
    half = ramp.copy()
    half[:, 80:] += np.random.default_rng(1).normal(0, 8 / 255, (120, 80, 1)).astype(np.float32)
    right = np.zeros((120, 160), np.float32)
    right[:, 84:156] = 1
    assert noise_sigma(half, right) == pytest.approx(8, rel=0.1)
    assert noise_sigma(half, 1 - right[:, ::-1]) > 1
    assert (
        sharpness(half, right) > 10 * sharpness(half, 1 - (right + np.roll(right, -10, 1) > 0).astype(np.float32)) * 0.1
    )
    for measure in (sharpness, noise_sigma):
        with pytest.raises(ValueError, match="mask"):
            measure(half, np.zeros((120, 160), np.float32))
