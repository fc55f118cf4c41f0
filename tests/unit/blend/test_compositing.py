"""Mixing a cut-out with a background, and each thing that makes it belong there."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.blend.background import BackgroundSettings
from facefusion.blend.compositing import Harmony, bounded, over, softened
from facefusion.core import Cutout, Pixels
from facefusion.geometry.color import linear_to_srgb, srgb_to_linear

PLAIN = BackgroundSettings(background_wrap=0.0)


def half(height: int = 64, width: int = 96) -> Cutout:
    """Grey, opaque on the left, gone on the right, with a ramp between."""
    ramp = np.clip((width / 2 + 8 - np.arange(width)) / 16, 0, 1).astype(np.float32)
    return Cutout(np.full((height, width, 3), 100, np.uint8), np.tile(ramp, (height, 1)))


def plain(value: int, like: Cutout) -> NDArray[np.uint8]:
    return np.full(like.pixels.shape, value, np.uint8)


@pytest.mark.parametrize("light", ["linear", "display"])
def test_edges_are_mixed_in_the_light_that_was_asked_for(light: str) -> None:
    cutout, behind = half(), plain(220, half())
    mixed = over(cutout, behind, replace(PLAIN, background_light=light))  # type: ignore[arg-type]
    alpha = cutout.alpha[..., None]
    front, back = cutout.pixels.astype(np.float32) / 255, behind.astype(np.float32) / 255
    if light == "linear":
        wanted = linear_to_srgb(alpha * srgb_to_linear(front) + (1 - alpha) * srgb_to_linear(back))
    else:
        wanted = alpha * front + (1 - alpha) * back
    assert np.abs(mixed.astype(np.float32) / 255 - wanted).max() < 1.5 / 255


def test_sure_foreground_and_background_are_copied_bit_for_bit() -> None:
    rng = np.random.default_rng(0)
    cutout = replace(half(), pixels=rng.integers(0, 255, (64, 96, 3), np.uint8))
    behind = rng.integers(0, 255, (64, 96, 3), np.uint8)
    mixed = over(cutout, behind)
    assert (mixed[:, :38] == cutout.pixels[:, :38]).all()
    assert (mixed[:, 58:] == behind[:, 58:]).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_pictures_lose_nothing(dtype: type) -> None:
    top = 65535 if dtype == np.uint16 else 1
    ramp: Pixels = np.linspace(0.2, 0.3, 96, dtype=np.float32)[None, :, None].repeat(64, 0).repeat(3, 2)
    pixels = (ramp * top).astype(dtype)
    cutout = Cutout(pixels, np.full((64, 96), 0.5, np.float32))
    mixed = over(cutout, pixels)
    assert mixed.dtype == dtype
    assert np.abs(mixed.astype(np.float64) - pixels).max() <= 3 / 65535 * top


def test_light_of_the_background_wraps_round_the_edge_only() -> None:
    cutout, behind = half(128, 192), plain(255, half(128, 192))
    bare, wrapped = over(cutout, behind), over(cutout, behind, replace(PLAIN, background_wrap=1.0))
    more = wrapped.astype(int) - bare
    assert more[:, 90].min() > 5
    assert np.abs(more[:, :40]).max() <= 1
    assert np.abs(more[:, 120:]).max() == 0


def test_a_shadow_darkens_the_background_and_not_the_person() -> None:
    cutout = Cutout(np.full((200, 200, 3), 100, np.uint8), np.zeros((200, 200), np.float32))
    cv2.circle(cutout.alpha, (100, 100), 30, 1.0, -1)
    behind = plain(200, cutout)
    shaded = over(cutout, behind, replace(PLAIN, background_shadow=0.8))
    assert (shaded[80:120, 80:120] == 100).all()
    assert shaded[104, 136, 0] < 170
    assert shaded[10, 10, 0] >= 199


def test_grain_is_added_where_it_is_missing_and_differs_from_frame_to_frame() -> None:
    cutout, behind = half(), plain(120, half())
    grain = Harmony(back_grain=0.02)
    one, again, other = (over(cutout, behind, PLAIN, grain, index=index) for index in (1, 1, 2))
    assert (one == again).all()
    assert (one[:, 60:] != other[:, 60:]).mean() > 0.5
    assert one[:, 60:].std() == pytest.approx(0.02 * 255, rel=0.15)
    assert (one[:, :38] == cutout.pixels[:, :38]).all()


def test_what_was_changed_ends_where_the_person_does() -> None:
    cutout = half()
    drawn = np.full_like(cutout.pixels, 180)
    done = bounded(cutout.pixels, drawn, cutout.alpha)
    assert (done[:, 58:] == 100).all()
    assert (done[:, :38] == 180).all()
    assert abs(int(done[30, 48, 0]) - 140) <= 4


def test_a_softer_edge_keeps_inside_and_outside() -> None:
    alpha = half(200, 300).alpha
    soft = softened(alpha, 1.0)
    assert soft[100, 10] == pytest.approx(1)
    assert soft[100, 290] == pytest.approx(0, abs=1e-6)
    assert softened(alpha, 0.0) is alpha
