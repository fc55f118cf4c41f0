"""Expression, skin tone and identity: known geometry, known classes, and numbers that must not be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core import Landmarks
from facefusion.errors import InvalidInput
from facefusion.quality import (
    Expression,
    IdentityTable,
    ScoredPair,
    check_distinct,
    expression,
    expression_error,
    identity_table,
    ita_degrees,
    skin_lab,
    skin_tone,
    srgb_to_lab,
)


def face(left: float = 6, right: float = 6, mouth: float = 0, *, points: int = 478) -> np.ndarray:
    """Eyes 60 px apart, each 30 wide; openings in pixels."""
    xy = np.random.default_rng(0).uniform(0, 200, (points, 2)).astype(np.float32)
    for outer, inner, upper, lower, x, gap in ((33, 133, 159, 145, 70, left), (263, 362, 386, 374, 130, right)):
        xy[outer], xy[inner] = (x - 15, 80), (x + 15, 80)
        xy[upper], xy[lower] = (x, 80 - gap / 2), (x, 80 + gap / 2)
    xy[13], xy[14] = (100, 140 - mouth / 2), (100, 140 + mouth / 2)
    return xy


@pytest.mark.parametrize("points", [468, 478])
def test_openings_are_fractions_of_the_eye_distance(points: int) -> None:
    found = expression(Landmarks(face(6, 12, 30, points=points)))
    assert (found.left_lid, found.right_lid, found.mouth) == pytest.approx((0.1, 0.2, 0.5))


@given(st.floats(0, 6.28), st.floats(0.2, 5), st.floats(-300, 300))
def test_openings_do_not_depend_on_roll_scale_and_place(angle: float, scale: float, shift: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (face(5, 7, 20) @ turn.T + shift).astype(np.float32)
    assert expression_error(expression(Landmarks(moved)), expression(Landmarks(face(5, 7, 20)))) < 1e-3


def test_error_is_the_worst_of_the_three() -> None:
    assert expression_error(Expression(0.1, 0.1, 0.5), Expression(0.12, 0.04, 0.53)) == pytest.approx(0.06)


def test_other_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="68"):
        expression(Landmarks(np.zeros((68, 2), np.float32)))
    with pytest.raises(ValueError, match="one place"):
        expression(Landmarks(np.zeros((478, 2), np.float32)))


@pytest.mark.parametrize(
    ("ita", "tone"),
    [(60, "very light"), (55, "light"), (50, "light"), (41, "intermediate"), (35, "intermediate"), (28, "tan"),
     (20, "tan"), (10, "brown"), (0, "brown"), (-30, "dark"), (-50, "dark")],
)  # fmt: skip
def test_classes_of_skin_tone(ita: float, tone: str) -> None:
    assert skin_tone(ita) == tone


def test_ita_of_known_colours() -> None:
    assert ita_degrees(np.array([70.0, 10.0, 20.0])) == pytest.approx(45.0)
    assert ita_degrees(np.array([50.0, 10.0, 20.0])) == 0.0
    assert ita_degrees(np.array([30.0, 10.0, 20.0])) == pytest.approx(-45.0)
    assert -90 <= ita_degrees(np.array([30.0, 0.0, -4.0])) <= 90
    swatches = [(244, 208, 177), (224, 172, 131), (180, 120, 80), (110, 70, 45), (60, 38, 28)]
    angles = [ita_degrees(srgb_to_lab(np.array(rgb, np.uint8))) for rgb in swatches]
    assert angles == sorted(angles, reverse=True)


def test_skin_is_the_median_inside_the_mask() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[2:8, 2:8] = (200, 150, 120)
    pixels[4, 4] = (0, 0, 255)
    mask = np.zeros((10, 10), np.float32)
    mask[2:8, 2:8] = 1
    assert np.allclose(skin_lab(pixels, mask), srgb_to_lab(np.array((200, 150, 120), np.uint8)))
    with pytest.raises(ValueError, match="mask"):
        skin_lab(pixels, 0 * mask)


RNG = np.random.default_rng(11)
PEOPLE = {name: (v := RNG.normal(size=128).astype(np.float32)) / np.linalg.norm(v) for name in "abcdef"}


def scored(source: str, target: str, share: float = 0.8) -> ScoredPair:
    jitter = np.random.default_rng(ord(source) * 256 + ord(target)).normal(0, 1e-3, 128)
    return ScoredPair(
        source, target, (share * PEOPLE[source] + (1 - share) * PEOPLE[target] + jitter).astype(np.float32)
    )


ALL = [(s, t) for s in PEOPLE for t in PEOPLE if s != t]


def test_rates() -> None:
    good = identity_table([scored(s, t) for s, t in ALL], PEOPLE)
    assert (good.top1, good.verified) == (1.0, 1.0)
    assert good.mean_source_distance < 0.4 < good.mean_target_distance
    untouched = identity_table([scored(s, t, 0.0) for s, t in ALL], PEOPLE)
    assert (untouched.top1, untouched.verified) == (0.0, 0.0)
    mixed = identity_table([scored(s, t, 1.0 if s == "a" else 0.0) for s, t in ALL], PEOPLE)
    assert mixed.top1 == pytest.approx(5 / 30)
    assert [score.nearest for score in mixed.scores if score.source == "b"] == ["a", "c", "d", "e", "f"]


def test_groups_add_up() -> None:
    table = identity_table([scored(s, t, 1.0 if s in "ab" else 0.0) for s, t in ALL], PEOPLE)
    groups = table.by_source({name: "x" if name in "abc" else "y" for name in PEOPLE})
    assert list(groups) == ["x", "y"]
    assert groups["x"].top1 == pytest.approx(2 / 3)
    assert groups["y"].top1 == 0
    assert sum(len(group.scores) for group in groups.values()) == len(table.scores)


def test_numbers_that_cannot_be_true_are_refused() -> None:
    with pytest.raises(InvalidInput, match="score exactly"):
        identity_table([scored("a", "b"), scored("b", "c"), scored("a", "b")], PEOPLE)
    one = identity_table([scored(s, t) for s, t in ALL], PEOPLE)
    other = identity_table([scored(s, t, 0.79) for s, t in ALL], PEOPLE)
    check_distinct({"mesh": one, "paste": other})
    with pytest.raises(InvalidInput, match="mesh and none"):
        check_distinct({"mesh": one, "paste": other, "none": one})
    with pytest.raises(InvalidInput, match="not finite"):
        identity_table([ScoredPair("a", "b", np.full(128, np.nan, np.float32))], PEOPLE)
    with pytest.raises(InvalidInput, match="gallery"):
        identity_table([ScoredPair("a", "z", PEOPLE["a"])], PEOPLE)
    with pytest.raises(ValueError, match="no pair"):
        _ = IdentityTable(()).top1
