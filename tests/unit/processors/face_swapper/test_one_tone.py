"""A swapped face in a black-and-white or toned picture has its tone, and a colour picture keeps its colours."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Face, Float32
from facefusion.geometry.color import LUMA_709
from facefusion.processors.face_swapper.eyes import Iris, paint_irises
from facefusion.processors.face_swapper.one_tone import in_one_tone, tone_line

RNG = np.random.default_rng(8)
COLOURFUL = RNG.random((40, 30, 3)).astype(np.float32)


def toned(level: Float32, *, warmth: float) -> Float32:
    return np.clip(np.dstack([level + warmth * level * (1 - level), level, level * (1 - warmth)]), 0, 1)


@pytest.mark.parametrize("warmth", [0.0, 0.2])
def test_a_face_takes_the_only_tone_there_is(warmth: float) -> None:
    target = toned(RNG.random((90, 80)).astype(np.float32), warmth=warmth)
    face = in_one_tone(COLOURFUL, target)
    expected = toned(COLOURFUL @ LUMA_709, warmth=warmth)
    assert np.abs(face - expected).max() < 0.02
    assert tone_line(face)[1] < 0.004


def test_a_picture_in_colour_leaves_the_face_alone() -> None:
    muted = toned(RNG.random((90, 80)).astype(np.float32), warmth=0.2)
    muted[30:60, 20:50, 0] += 0.1
    assert in_one_tone(COLOURFUL, muted) is COLOURFUL


def test_black_and_flat_pictures_have_a_tone_too() -> None:
    for level in (0.0, 0.4, 1.0):
        flat = np.full((50, 50, 3), level, np.float32)
        assert np.isfinite(in_one_tone(COLOURFUL, flat)).all()


def test_each_iris_is_as_dark_as_the_light_on_its_eye(astronaut: Face) -> None:
    assert astronaut.landmarks is not None
    assert astronaut.picture is not None
    picture, xy = (astronaut.picture / 255).astype(np.float32), astronaut.landmarks.xy
    iris = Iris(np.full((24, 3), 0.5, np.float32))
    ratio = np.full((64, 64, 3), 0.02, np.float32)
    ratio[:, 32:] = 1.0
    painted = paint_irises(picture, xy, iris, ratio, 1.0)
    left, right = (painted[round(float(y)), round(float(x))].mean() for x, y in (xy[468], xy[473]))
    assert left < 0.15 < 0.3 < right
    assert paint_irises(picture, xy, None, ratio, 1.0) is picture
