"""The keyer on pictures whose opacity is known: far better than a threshold, and without the screen's light."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.keying_cases import LOOKS, THINGS, Case, case_of

from facefusion.core import Cutout
from facefusion.geometry.color import rgb_to_lab
from facefusion.processors.background_remover.holding import person_hold
from facefusion.processors.background_remover.keyer.key import Screen, hardened, key


def keyed(case: Case) -> Cutout:
    height, width = case.alpha.shape
    hold = None if case.person is None else person_hold(case.person, (width, height))
    return key(case.pixels, Screen(np.array(case.look.color, np.float32), case.look.primary), hold=hold)


@pytest.mark.parametrize(
    ("thing", "look", "most"),
    [("dark strands", 1, 0.002), ("glass", 0, 0.0005), ("smoke", 2, 0.003), ("motion blur", 3, 0.003)],
)
def test_hair_glass_smoke_and_movement_are_kept_in_the_opacity(thing: str, look: int, most: float) -> None:
    case = case_of(thing, THINGS[thing], LOOKS[look], seed=7)
    error = float(((keyed(case).alpha - case.alpha) ** 2).mean())
    hard = (case.alpha > 0.5).astype(np.float32)
    assert error <= most
    assert error < float(((hard - case.alpha) ** 2).mean())


def test_a_green_shirt_stays_where_a_person_is_and_goes_where_nobody_is() -> None:
    case = case_of("shirt", THINGS["a shirt of the screen's colour"], LOOKS[0], seed=3)
    shirt = keyed(case).alpha[320:350, 200:280]
    assert shirt.min() == 1
    bare = key(case.pixels, Screen(np.array(case.look.color, np.float32), 1)).alpha[320:350, 200:280]
    assert bare.mean() < 0.5


def test_spilled_light_is_taken_off_and_skin_does_not_turn_grey() -> None:
    case = case_of("edge", THINGS["a plain edge"], LOOKS[1], seed=5)
    cutout = keyed(case)
    lit = (case.alpha > 0.99) & (np.abs(case.pixels / 255 - case.front).max(axis=2) > 0.08)
    before, after, truth = (
        rgb_to_lab(picture.astype(np.float32))[lit] for picture in (case.pixels / 255, cutout.pixels / 255, case.front)
    )
    assert lit.mean() > 0.02
    assert np.linalg.norm(after - truth, axis=1).mean() < 0.5 * np.linalg.norm(before - truth, axis=1).mean()


def test_what_nothing_lies_on_is_copied_bit_for_bit() -> None:
    case = case_of("edge", THINGS["a plain edge"], LOOKS[0], seed=1)
    cutout = keyed(case)
    red = (case.alpha == 1) & (case.pixels[..., 0] > case.pixels[..., 1].astype(int) + 60)
    assert red.sum() > 1000
    assert (cutout.pixels[red] == case.pixels[red]).all()


def test_deep_and_float_pictures_give_the_same_opacity() -> None:
    case = case_of("edge", THINGS["dark strands"], LOOKS[0], seed=2)
    screen = Screen(np.array(case.look.color, np.float32), 1)
    plain = key(case.pixels, screen)
    deep = key(case.pixels.astype(np.uint16) * 257, screen)
    real = key(case.pixels.astype(np.float32) / np.float32(255), screen)
    assert deep.pixels.dtype == np.uint16
    assert real.pixels.dtype == np.float32
    assert np.abs(deep.alpha - plain.alpha).max() < 1e-3
    assert np.abs(real.alpha - plain.alpha).max() < 1e-3


def test_softness_leaves_nothing_and_everything_as_they_are() -> None:
    alpha = np.linspace(0, 1, 11, dtype=np.float32)
    assert (hardened(alpha, 1.0) == alpha).all()
    for softness in (0.0, 0.5, 1.5, 2.0):
        changed = hardened(alpha, softness)
        assert (changed[0], changed[-1]) == (0, 1)
        assert (np.diff(changed) >= 0).all()
    assert hardened(alpha, 0.5)[2] < alpha[2]
