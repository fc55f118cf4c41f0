"""What is known of a clip before it is cut out: screens, plates, people; what is held and what is thrown away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facefusion.core import Cutout, Float32, Frame, FrameRange, UInt8
from facefusion.core.scene import LOOKS, MAP_SIZE, Plate, Scene, packed_map
from facefusion.errors import InvalidInput
from facefusion.geometry.light import indexed
from facefusion.pipeline.scene_section import scene_of, scene_section
from facefusion.processors.background_remover.holding import person_hold, without_garbage
from facefusion.processors.background_remover.keyer.plate import plate_of
from facefusion.processors.background_remover.people import SteadyMaps
from facefusion.processors.background_remover.screens import Screens
from facefusion.processors.background_remover.survey import joined, look_of

GREEN = (60, 170, 80)


def small(color: tuple[int, int, int]) -> UInt8:
    return np.full((MAP_SIZE, MAP_SIZE, 3), color, np.uint8)


def nobody() -> Float32:
    return np.zeros((MAP_SIZE, MAP_SIZE), np.float32)


def scene_with(looks: list[Float32]) -> Scene:
    somebody = packed_map(np.full((MAP_SIZE, MAP_SIZE), 255, np.uint8))
    return Scene(FrameRange(0, len(looks)), (somebody,) * len(looks), np.array(looks, np.float32))


def test_screens_are_told_from_meadows_and_grey_walls() -> None:
    rng = np.random.default_rng(0)
    meadow = np.clip(np.array([90, 120, 40]) + rng.normal(0, 30, (MAP_SIZE, MAP_SIZE, 3)), 0, 255).astype(np.uint8)
    assert look_of(small(GREEN), nobody())[0] == 1
    assert look_of(small((40, 60, 190)), nobody())[4] == 1
    assert look_of(small((128, 128, 128)), nobody()).max() == 0
    assert look_of(meadow, nobody())[0] < 0.25


def test_a_screen_is_looked_for_around_people_only() -> None:
    person = np.ones((MAP_SIZE, MAP_SIZE), np.float32)
    assert look_of(small(GREEN), person).max() == 0


def test_each_shot_has_its_own_screen_and_the_report_says_so() -> None:
    green, wall = look_of(small(GREEN), nobody()), np.zeros(LOOKS, np.float32)
    screens = Screens("auto", scene_with([green] * 3 + [wall] * 2), [FrameRange(0, 3), FrameRange(3, 5)])
    frame = Frame(small(GREEN), index=1)
    found = screens.of(frame, nobody())
    assert found is not None
    assert found.primary == 1
    assert screens.of(Frame(small(GREEN), index=4), nobody()) is None
    assert screens.lines == ("background: no screen, people are cut out in 1 shots, a green screen in 1 shots",)


def test_a_screen_of_another_colour_than_said_is_refused_with_what_is_there() -> None:
    green = look_of(small(GREEN), nobody())
    with pytest.raises(InvalidInput, match="no blue screen; there is a green one: say green or auto"):
        Screens("blue", scene_with([green]), [FrameRange(0, 1)])
    with pytest.raises(InvalidInput, match="people are cut out"):
        Screens("green", scene_with([np.zeros(LOOKS, np.float32)]), [FrameRange(0, 1)])


def test_where_nobody_is_seen_and_no_screen_either_nothing_is_begun() -> None:
    wall, green = np.zeros(LOOKS, np.float32), look_of(small(GREEN), nobody())
    empty = packed_map(np.zeros((MAP_SIZE, MAP_SIZE), np.uint8))
    with pytest.raises(InvalidInput, match="no screen and nobody to be seen"):
        Screens("auto", replace(scene_with([wall]), maps=(empty,)), [FrameRange(0, 1)])
    some = replace(scene_with([wall, green]), maps=(empty, empty))
    lines = Screens("auto", some, [FrameRange(0, 1), FrameRange(1, 2)]).lines
    assert "nobody is seen in about 1 of 1 frames" in lines[1]


def test_a_scene_survives_its_section() -> None:
    rng = np.random.default_rng(1)
    maps = tuple(packed_map(rng.integers(0, 255, (MAP_SIZE, MAP_SIZE), np.uint8)) for _ in range(2))
    plate = Plate(FrameRange(4, 6), 2, rng.random((3, 5, 5)).astype(np.float32))
    scene = Scene(FrameRange(4, 6), maps, rng.random((2, LOOKS)).astype(np.float32), (plate,))
    again = scene_of(scene_section(scene))
    assert again.part == scene.part
    assert again.maps == scene.maps
    assert (again.looks == scene.looks).all()
    assert (again.plates[0].sums == plate.sums).all()
    assert (again.plates[0].frames, again.plates[0].primary) == (plate.frames, 2)


def test_plates_of_one_shot_are_added_up_over_its_pieces() -> None:
    one = Scene(FrameRange(0, 2), (b"", b""), np.zeros((2, LOOKS), np.float32),
                (Plate(FrameRange(0, 2), 1, np.ones((2, 2, 5), np.float32)),))  # fmt: skip
    two = Scene(FrameRange(2, 4), (b"", b""), np.zeros((2, LOOKS), np.float32),
                (Plate(FrameRange(2, 4), 1, np.ones((2, 2, 5), np.float32)),))  # fmt: skip
    together = joined([one, two], [FrameRange(0, 4)])
    apart = joined([one, two], [FrameRange(0, 2), FrameRange(2, 4)])
    assert [(plate.frames, float(plate.sums[0, 0, 0])) for plate in together.plates] == [(FrameRange(0, 4), 2.0)]
    assert len(apart.plates) == 2


def test_other_frames_show_the_screen_behind_the_person() -> None:
    folds = 1 - 0.12 * (1 + np.sin(np.arange(160) / 7))
    pixels = np.broadcast_to(folds[:, None] * np.array(GREEN), (120, 160, 3)).astype(np.uint8)
    blocked = pixels.copy()
    blocked[:, 60:110] = 90
    whole, table = indexed(pixels)
    color = table[np.array(GREEN)]
    clear = plate_of(whole, table, color, 1).colors
    known = np.dstack([clear, np.ones(clear.shape[:2], np.float32)])
    hidden = indexed(blocked)[0]
    alone, told = (plate_of(hidden, table, color, 1, what).colors for what in (None, known))
    behind = np.s_[5:25, 17:26]
    assert np.abs(told[behind] - clear[behind]).mean() < 0.4 * np.abs(alone[behind] - clear[behind]).mean()


def test_the_inside_of_a_person_is_held_and_their_edge_is_not() -> None:
    person = np.zeros((100, 100), np.float32)
    person[20:, 30:70] = 1
    hold = person_hold(person, (200, 200))
    assert hold[120, 100] == 1
    assert hold[120, 62] == 0
    assert hold[199, 100] == 1  # the picture's border is no edge of the person
    assert hold[:36].max() == 0


def test_a_stand_beside_the_person_goes_and_a_thing_in_their_hand_stays() -> None:
    alpha = np.zeros((120, 160), np.float32)
    alpha[20:, 40:80] = 1
    alpha[60:66, 80:110] = 0.6
    alpha[10:100, 140:145] = 1
    person = np.zeros((120, 160), np.float32)
    person[24:, 44:76] = 1
    cleaned = without_garbage(Cutout(np.zeros((120, 160, 3), np.uint8), alpha), person).alpha
    assert cleaned[:, 138:147].max() == 0
    assert (cleaned[:, 40:110] == alpha[:, 40:110]).all()


def test_without_anybody_everything_is_kept() -> None:
    cutout = Cutout(np.zeros((60, 80, 3), np.uint8), np.ones((60, 80), np.float32))
    assert without_garbage(cutout, np.zeros((60, 80), np.float32)) is cutout


def test_maps_that_flicker_are_steadied_and_follow_what_moves() -> None:
    rng = np.random.default_rng(2)
    still = rng.integers(0, 255, (16, 16, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    truth = np.zeros((MAP_SIZE, MAP_SIZE), np.float32)
    truth[64:192, 64:192] = 1
    steady, before, moves, raw = SteadyMaps(), None, [], []
    noisy_before = truth
    for _ in range(8):
        noisy = np.clip(truth + rng.normal(0, 0.2, truth.shape), 0, 1).astype(np.float32)
        held = steady.steadied(still, noisy)
        if before is not None:
            moves.append(float(np.abs(held - before).mean()))
            raw.append(float(np.abs(noisy - noisy_before).mean()))
        before, noisy_before = held, noisy
    assert np.mean(moves[3:]) < 0.4 * np.mean(raw[3:])
    steady.reset()
    steady.steadied(still, truth)
    shifted = steady.steadied(np.roll(still, 8, axis=1), np.roll(truth, 8, axis=1))
    assert np.abs(shifted - np.roll(truth, 8, axis=1))[:, 80:180].mean() < 0.02
