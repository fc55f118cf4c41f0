"""Bringing a foreground to another light and grain."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.blend.background import BackgroundSettings
from facefusion.core import Cutout, UInt8
from facefusion.pipeline.harmony import harmony_of


def plain(color: tuple[int, int, int], noise: float = 0.0) -> UInt8:
    rng = np.random.default_rng(3)
    return np.clip(np.array(color) + rng.normal(0, noise, (120, 160, 3)), 0, 255).astype(np.uint8)


def cutout(noise: float = 0.0) -> Cutout:
    return Cutout(plain((120, 120, 120), noise), np.ones((120, 160), np.float32))


def test_a_person_before_a_warm_dark_wall_gets_warmer_and_darker() -> None:
    red, green, blue = harmony_of(cutout(), plain((90, 60, 40)), BackgroundSettings(background_match=0.5)).gains
    assert 1 > red > green > blue > 0.5
    assert harmony_of(cutout(), plain((90, 60, 40)), BackgroundSettings(background_match=0.0)).gains == (1, 1, 1)


def test_the_cleaner_side_gets_the_grain_of_the_other() -> None:
    settings = BackgroundSettings()
    clean_front = harmony_of(cutout(), plain((90, 90, 90), 6.0), settings)
    clean_back = harmony_of(cutout(6.0), plain((90, 90, 90)), settings)
    assert clean_front.front_grain > 0.01
    assert clean_front.back_grain == 0
    assert clean_back.back_grain == pytest.approx(clean_front.front_grain, rel=0.3)
    assert harmony_of(cutout(6.0), plain((90, 90, 90)), BackgroundSettings(background_grain=0.0)).back_grain == 0
