"""The label keeps off faces whenever there is any place for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facefusion.core import Box
from facefusion.provenance import Labeller, LabelSettings
from facefusion.provenance.placement import POSITIONS, find_spot

WIDTH, HEIGHT = 96, 72
LABELLER = Labeller(LabelSettings(text="AI"), width=WIDTH, height=HEIGHT, is_video=True)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0 = draw(st.floats(-20, WIDTH)), draw(st.floats(-20, HEIGHT))
    return Box(x0, y0, x0 + draw(st.floats(0, WIDTH)), y0 + draw(st.floats(0, HEIGHT)))


def overlap(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1


def any_free_place(label: Box, avoid: list[Box]) -> bool:
    """Looked for by trying every whole pixel."""
    width, height = label.width, label.height
    x = np.arange(WIDTH - width + 1)[None, :]
    y = np.arange(HEIGHT - height + 1)[:, None]
    free = np.ones((y.size, x.size), bool)
    for box in (b for b in avoid if b.area > 0):
        x0, y0, x1, y1 = np.floor(box.x0), np.floor(box.y0), np.ceil(box.x1), np.ceil(box.y1)
        free &= ~((x < x1) & (x0 < x + width) & (y < y1) & (y0 < y + height))
    return bool(free.any())


@settings(max_examples=300, deadline=None)
@given(avoid=st.lists(boxes(), max_size=6), position=st.sampled_from(POSITIONS), seconds=st.sampled_from([0.0, 9.0]))
def test_never_over_a_box_while_a_place_is_free(avoid: list[Box], position: str, seconds: float) -> None:
    plain = Labeller(LabelSettings(text="AI", position=position), width=WIDTH, height=HEIGHT, is_video=True)  # type: ignore[arg-type]
    label = plain.place(avoid)
    box = label.box(seconds=seconds)
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= WIDTH
    assert box.y1 <= HEIGHT
    met = [other for other in avoid if other.area > 0 and overlap(box, other)]
    assert bool(met) == label.covers_face(seconds=seconds)
    if met:
        assert not any_free_place(box, avoid)


def test_an_empty_box_takes_no_place() -> None:
    full = [Box(0.0, 0.0, 63.0, 1.0), Box(0.0, 17.5, 80.0, 55.5), Box(79.5, 0.0, 79.5, 1.0)]
    assert not LABELLER.place(full).covers_face(seconds=0.0)


def test_the_wish_is_kept_when_it_is_free() -> None:
    for position in POSITIONS:
        label = Labeller(LabelSettings(position=position), width=640, height=360, is_video=False)
        box = label.place([Box(250, 120, 390, 240)]).box()
        assert ("left" in position) == (box.x0 < 20)
        assert ("right" in position) == (box.x1 > 620)
        assert ("top" in position) == (box.y0 < 20)


def test_a_face_in_the_corner_sends_it_to_the_nearest_other() -> None:
    label = Labeller(LabelSettings(), width=640, height=360, is_video=False)
    wished = label.box()
    box = label.place([wished]).box()
    assert not overlap(box, wished)
    assert (box.x0, box.y1) == (label.place([]).box().x0, 360) or box.y1 == wished.y1 or box.x1 == wished.x1
    assert label.box() == wished  # the labeller itself stays as it was


def test_one_place_for_a_whole_shot() -> None:
    """A face that walks through the corner: the union decides, so the label does not jump."""
    walk = [Box(x, 200, x + 120, 360) for x in range(0, 520, 40)]
    label = Labeller(LabelSettings(), width=640, height=360, is_video=True).place(walk)
    for seconds in (0.0, 1.0, 5.0):
        assert not any(overlap(label.box(seconds=seconds), box) for box in walk)
    assert label.box(seconds=0.0) == label.box(seconds=1.0)


def test_a_face_over_everything_is_reported() -> None:
    label = LABELLER.place([Box(0, 0, WIDTH, HEIGHT)])
    assert label.covers_face(seconds=0.0)
    assert label.box(seconds=0.0).area > 0


@pytest.mark.parametrize("picture", [(1080, 1920), (176, 144), (3840, 2160)])
def test_free_strip_between_two_faces_is_found(picture: tuple[int, int]) -> None:
    width, height = picture
    strip = height // 3
    faces = [Box(0, 0, width, strip), Box(0, 2 * strip, width, height)]
    spot = find_spot("bottom-right", label=(width // 2, strip), picture=picture, margin=4, avoid=faces)
    assert (spot.y, spot.covered_px) == (strip, 0)
    assert spot.x == width - width // 2 - 4
