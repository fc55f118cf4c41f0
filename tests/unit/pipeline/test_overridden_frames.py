"""Edits reach the pixels: strength, exclusion and settings of one face in one frame; the rest stays bit-identical."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest

from edited_clips import NOON, measured
from facefusion.blend import BlendSettings, MaskSettings
from facefusion.core import AlignedFace, Box, CropKind, Face, Frame, FrameRange, Patch, Timestamp
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.editing import edited
from facefusion.pipeline.edits import Adjust, Drop, Edit, Exclude, Merge, Reference, Rename, Strength, Who
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.recipes import changed_frames, painted_words, recipe_of
from facefusion.pipeline.render import render_frame
from facefusion.pipeline.render_context import RenderContext

CLIP = measured()
ANNA = Who(person=1)
WIDER = (("mask-blur", 0.6),)
PLAIN = BlendSettings(blend_mode="plain")


@dataclass(frozen=True)
class Painted:
    """An effect that paints a face in one colour."""

    color: float = 1.0
    name: ClassVar[str] = "painted"
    crop_kind: CropKind = "native"

    @staticmethod
    def crop_box(face: Face, width: int, height: int) -> Box:
        return Box(
            max(face.box.x0 - 8, 0), max(face.box.y0 - 8, 0), min(face.box.x1 + 8, width), min(face.box.y1, height)
        )

    def process_face(self, aligned: AlignedFace) -> Patch:
        pixels = np.full_like(aligned.pixels, self.color)
        return Patch(pixels, np.ones(pixels.shape[:2], np.float32), aligned.matrix)


def frame(index: int, dtype: type = np.uint8) -> Frame:
    top = 255 if dtype is np.uint8 else 65535
    pixels = np.random.default_rng(index).integers(0, top, (160, 320, 3)).astype(dtype)
    return Frame(pixels, index, Timestamp(index, Fraction(1, 25)))


def context(overrides: Overrides = Overrides()) -> RenderContext:
    """Everybody is painted white with a plain blend; with `WIDER` settings the mask is softer."""
    casting = Casting(chosen=frozenset({1, 2, 3}), shared=(Painted(),))
    plain = RenderContext(casting, MaskSettings(mask_occlusion=False), PLAIN, overrides=overrides)
    varied = RenderContext(casting, MaskSettings(mask_occlusion=False, mask_blur=0.6), PLAIN)
    return RenderContext(casting, plain.mask, PLAIN, overrides=overrides, variants={WIDER: varied})


def rendered(index: int, *made: Edit, dtype: type = np.uint8):  # type: ignore[no-untyped-def]
    log = EditLog()
    for edit in made:
        log = log.adding(edit, author="Ann", time=NOON)
    analysis, overrides = edited(CLIP, log)
    return render_frame(frame(index, dtype), analysis.faces_in(index), context(overrides))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_half_the_strength_is_half_way(dtype: type) -> None:
    target, full = frame(7, dtype).pixels.astype(float), rendered(7, dtype=dtype).frame.pixels.astype(float)
    half = rendered(7, Strength(Who(), 0.5), dtype=dtype).frame.pixels
    assert half.dtype == dtype
    assert np.abs(half - (target + full) / 2).max() <= 1.0, "of 255 or 65535; two faces may overlap"
    assert np.abs(full - target).max() > 100


def test_strength_of_one_and_of_nobody_are_the_plan_itself() -> None:
    full = rendered(7).frame.pixels
    assert np.array_equal(rendered(7, Strength(Who(), 1.0)).frame.pixels, full)
    assert np.array_equal(rendered(7, Strength(Who(person=2), 0.5, FrameRange(9, 12))).frame.pixels, full)


def test_an_excluded_face_is_bit_identical_and_the_other_is_changed() -> None:
    target, full, result = frame(7).pixels, rendered(7), rendered(7, Exclude(ANNA))
    box = CLIP.tracks[0].face(7).box
    left = np.s_[:, : int(box.x1) + 10]
    assert np.array_equal(result.frame.pixels[left], target[left])
    assert not np.array_equal(full.frame.pixels[left], target[left])
    right = np.s_[:, int(box.x1) + 10 :]
    assert np.array_equal(result.frame.pixels[right], full.frame.pixels[right])
    assert (len(full.notes), len(result.notes)) == (2, 1)
    nobody = rendered(7, Exclude(Who()))
    assert nobody.frame.pixels is not full.frame.pixels
    assert np.array_equal(nobody.frame.pixels, target)
    assert np.array_equal(rendered(7, Strength(Who(), 0.0)).frame.pixels, target)


def test_settings_of_a_range_are_used_there_only() -> None:
    edit = Adjust(ANNA, WIDER, FrameRange(5, 9))
    assert np.array_equal(rendered(9, edit).frame.pixels, rendered(9).frame.pixels)
    inside, plain = rendered(8, edit).frame.pixels, rendered(8).frame.pixels
    assert not np.array_equal(inside, plain)
    other = np.s_[:, int(CLIP.tracks[0].face(8).box.x1) + 10 :]
    assert np.array_equal(inside[other], plain[other])


def test_a_dropped_face_is_left_alone_and_a_reference_moves_the_change() -> None:
    assert np.array_equal(rendered(25, Drop(3, FrameRange(25, 26))).frame.pixels, frame(25).pixels)
    held = rendered(30, Reference(3, (22, 39), FrameRange(23, 38), "interpolate")).frame.pixels
    assert np.abs(held.astype(int) - rendered(30).frame.pixels).mean() < 1.0, "the head moves straight anyway"
    there = rendered(30, Reference(3, (22, 23), FrameRange(30, 31), "interpolate")).frame.pixels
    assert np.abs(there.astype(int) - rendered(30).frame.pixels).mean() > 3.0


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (Strength(ANNA, 0.5, FrameRange(4, 9), 2), [(4, 9)]),
        (Exclude(ANNA, FrameRange(18, 22)), [(18, 22)]),
        (Exclude(Who(person=2)), [(5, 15)]),
        (Exclude(Who(person=2), FrameRange(0, 9)), [(5, 9)]),
        (Adjust(ANNA, WIDER, FrameRange(30, 31)), [(30, 31)]),
        (Drop(3, FrameRange(25, 26)), [(20, 40)]),
        (Reference(1, (3,), FrameRange(4, 6)), [(0, 20)]),
        (Merge((1, 2)), [(5, 15)]),
        (Rename(1, "Anna"), []),
        (Strength(ANNA, 1.0), []),
    ],
)
def test_only_touched_frames_count_as_changed(edit: Edit, changed: list[tuple[int, int]]) -> None:
    before, after = edited(CLIP, EditLog()), edited(CLIP, EditLog().adding(edit, author="Ann"))
    assert changed_frames(before, after) == tuple(FrameRange(*pair) for pair in changed)


def test_frames_that_did_not_change_render_the_same_and_have_the_same_recipe() -> None:
    log = EditLog().adding(Exclude(ANNA, FrameRange(8, 11)), author="Ann")
    before, after = edited(CLIP, EditLog()), edited(CLIP, log)
    casting = context().casting
    for segment in (FrameRange(0, 8), FrameRange(8, 16), FrameRange(16, 40)):
        old, new = (recipe_of(segment, *state, casting) for state in (before, after))
        assert (old == new) == (segment.start != 8)
    assert recipe_of(FrameRange(0, 8), *before, casting, margin=1) != recipe_of(
        FrameRange(0, 8), *after, casting, margin=1
    )
    assert changed_frames(before, after, margin=2) == (FrameRange(6, 13),)


def test_who_is_cast_is_part_of_the_recipe() -> None:
    state = edited(CLIP, EditLog())
    part = FrameRange(0, 10)
    first = recipe_of(part, *state, Casting(own={1: (Painted(),)}, words={1: "anna"}))
    assert first == recipe_of(part, *state, Casting(own={1: (Painted(0.5),)}, words={1: "anna"})), "that is the plan's"
    assert first != recipe_of(part, *state, Casting(own={2: (Painted(),)}, words={2: "anna"}))
    assert first != recipe_of(part, *state, Casting(chosen=frozenset({1}), shared=(Painted(),)))


def test_the_content_of_a_painted_mask_counts_not_its_name() -> None:
    def recipe(value: float, name: str, segment: FrameRange = FrameRange(8, 16)) -> str:
        values = (*WIDER, ("mask-image", name))
        log = EditLog().adding(Adjust(ANNA, values, FrameRange(8, 11)), author="Ann")
        mask = np.full((160, 320), value, np.float32)
        one = replace(context(), variants={values: replace(context(), painted=mask)})
        return recipe_of(segment, *edited(CLIP, log), one.casting, painted=painted_words(one))

    assert painted_words(context()) == {}
    assert recipe(0.5, "a.png") == recipe(0.5, "b.png") != recipe(0.25, "a.png")
    elsewhere = FrameRange(16, 24)
    assert recipe(0.5, "a.png", elsewhere) == recipe(0.25, "b.png", elsewhere), "where nothing is painted, all is kept"


def test_a_face_that_is_hardly_foreground_is_changed_less_and_told_of() -> None:
    faces = CLIP.faces_in(3)
    first = faces[0].track_id
    assert first is not None
    whole = render_frame(frame(3), faces[:1], context())
    half = render_frame(frame(3), faces[:1], context(), sure={first: 0.5})
    none = render_frame(frame(3), faces[:1], context(), sure={first: 0.0})
    before = frame(3).pixels.astype(float)
    assert np.abs(half.frame.pixels - (before + whole.frame.pixels) / 2).max() <= 0.5
    assert half.notes == ("weakened",)
    assert np.array_equal(none.frame.pixels, before)
    assert none.notes == ("left_alone",)
