"""Words of people as ids and frames, and a history that is kept in its file."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from edited_clips import NUM_FRAMES, measured
from facefusion.core import FrameRange, MediaIdentity
from facefusion.errors import OutputFailed, UsageError
from facefusion.pipeline.analysis_file import KIND, read_analysis, write_analysis
from facefusion.pipeline.edited_clip import EditedClip
from facefusion.pipeline.edits import Exclude, Rename, Split, Who
from facefusion.pipeline.sectioned_file import read_sections
from facefusion.pipeline.value_words import parse_values

TICKS = np.cumsum([100, *[1001] * 20, *[2002] * (NUM_FRAMES - 21)]).astype(np.int64)
"""Twenty frames at 29.97 a second, the rest at half of that; the first is not at zero."""


def clip() -> EditedClip:
    media = MediaIdentity("00" * 32, 1, NUM_FRAMES, Fraction(1, 30_000), "clip.mp4", TICKS)
    return EditedClip.of(replace(measured(), media=media))


def test_times_are_the_first_frame_shown_at_or_after_them() -> None:
    one = clip()
    assert one.part("0", "0.0334") == FrameRange(0, 2)
    assert one.frame("0:00.667333", option="from") == 20
    assert one.frame("0.7", option="from") == 21
    assert one.frame("0.75", option="from") == 22
    assert one.part("0.7", None) == FrameRange(21, NUM_FRAMES)
    assert one.part(None, "5f") == FrameRange(0, 5)
    assert one.part(None, None) is None
    assert one.part("0.7", "99") == FrameRange(21, NUM_FRAMES), "a time after the end is the end"
    assert one.seconds_at(20) == pytest.approx(20 * 1001 / 30_000)


def test_durations_are_frames_at_the_mean_rate() -> None:
    assert clip().num_frames_in("6f", option="ramp") == 6
    assert clip().num_frames_in("0.5", option="ramp") == 10
    assert clip().num_frames_in("", option="ramp") == 0


def test_without_times_frames_still_work() -> None:
    bare = EditedClip.of(measured())
    assert bare.part("3f", "5f") == FrameRange(3, 5)
    with pytest.raises(UsageError, match="from: the analysis holds no times; give a frame, like 250f"):
        bare.part("0.5", None)
    with pytest.raises(UsageError, match="ramp: the analysis holds no times"):
        bare.num_frames_in("0.5", option="ramp")
    assert bare.seconds_at(3) is None


def test_empty_and_turned_ranges_are_refused() -> None:
    with pytest.raises(UsageError, match="from: frame 5 is at or after --to, frame 5"):
        clip().part("5f", "5f")
    with pytest.raises(UsageError, match="from: got 'soon'"):
        clip().part("soon", None)


def test_new_people_and_tracks_get_ids_that_were_never_used() -> None:
    first = clip().split(1, (), FrameRange(10, 30))
    assert first == Split(1, 3, (), FrameRange(10, 30), ((1, 4), (3, 5)))
    later = clip().adding(first, author="Ann").undoing(None, author="Ann")
    assert later.split(1, (3,), FrameRange(30, 40)).new_person == 4
    assert later.split(1, (3,), FrameRange(30, 40)).cut == ((3, 6),)
    assert later.split(1, (3,), None) == Split(1, 4, (3,))


def test_a_broken_undo_says_what_builds_on_it() -> None:
    made = clip().adding(clip().split(1, (3,), None), author="Ann").adding(Rename(3, "Bo"), author="Ann")
    with pytest.raises(UsageError, match=r"undo: later edits build on it: edit 2 .*no person 3.*undo those first"):
        made.undoing(1, author="Ann")
    assert made.undoing(2, author="Ann").undoing(1, author="Ann").analysis is made.measured


def test_a_history_is_kept_in_its_file_and_nothing_else_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "clip.ffa"
    write_analysis(path, clip().measured)
    before = read_sections(path, KIND)
    one = EditedClip.read(path).adding(Exclude(Who(person=1), FrameRange(3, 5)), author="Ünal")
    one.store(path)
    after = read_sections(path, KIND)
    assert {name for name in before if before[name] != after[name]} == {"edits"}
    back = EditedClip.read(path)
    assert back.log == one.log
    assert back.overrides == one.overrides
    assert len(read_analysis(path).edits) == 1


def test_two_people_at_one_file_do_not_lose_each_others_edits(tmp_path: Path) -> None:
    path = tmp_path / "clip.ffa"
    write_analysis(path, clip().measured)
    ann, bo = EditedClip.read(path), EditedClip.read(path)
    ann.adding(Rename(1, "Ann"), author="Ann").store(path)
    with pytest.raises(OutputFailed, match="was edited by somebody else meanwhile"):
        bo.adding(Rename(2, "Bo"), author="Bo").store(path)
    assert EditedClip.read(path).overrides.names == {1: "Ann"}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["mask-blur=0.4"], (("mask-blur", 0.4),)),
        (["--mask_blur = 1", "mask-occlusion=off"], (("mask-blur", 1.0), ("mask-occlusion", False))),
        (["mask-areas=eyes+mouth"], (("mask-areas", ("eyes", "mouth")),)),
        (["source=a.jpg", "source=b+c.jpg"], (("source", ("a.jpg", "b+c.jpg")),)),
        (["assign=anna=a.jpg"], (("assign", ("anna=a.jpg",)),)),
        (["threads=2", "blend-mode=plain"], (("threads", 2), ("blend-mode", "plain"))),
    ],
)
def test_values_are_read_as_people_write_them(words: list[str], values: object) -> None:
    assert parse_values(words) == values


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mask-blur"], "like mask-blur=0.4"),
        (["mask-blur=0.4", "mask-blur=0.5"], "given twice"),
        (["mask-occlusion=perhaps"], "supported are on and off"),
        (["threads=2.5"], "supported is a number"),
        (["masc-blur=1"], "did you mean mask-blur"),
    ],
)
def test_values_that_make_no_sense_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_values(words)
