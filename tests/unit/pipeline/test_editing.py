"""What edits do to a measured clip, and what they ask of the renderer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edited_clips import NOON, edits, face_at, measured, parts
from facefusion.core import Analysis, FrameRange, Track
from facefusion.errors import UsageError
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.editing import edited
from facefusion.pipeline.edits import Adjust, Drop, Edit, Exclude, Merge, Reference, Rename, Split, Strength, Who
from facefusion.pipeline.overrides import Overrides

CLIP = measured()
ANNA, BO = Who(person=1), Who(person=2)


def history(*made: Edit) -> EditLog:
    log = EditLog()
    for edit in made:
        log = log.adding(edit, author="Ann", time=NOON)
    return log


def asked(overrides: Overrides, index: int, *, track: int = 1, person: int = 1):  # type: ignore[no-untyped-def]
    return overrides.asked(track, person, index)


def state_of(analysis: Analysis) -> list[object]:
    """Everything about an analysis that a renderer sees, comparable."""
    tracks = [
        (t.track_id, t.person_id, t.frames.tolist(), t.landmarks().tobytes(), t.columns.visibility.tolist())
        for t in analysis.tracks
    ]
    people = [
        (p.person_id, p.track_ids, p.num_frames, None if p.embedding is None else np.round(p.embedding, 4).tolist())
        for p in analysis.people
    ]
    return [tracks, people]


def test_without_edits_nothing_is_made() -> None:
    analysis, overrides = edited(CLIP, EditLog())
    assert analysis is CLIP
    assert overrides.is_empty
    assert edited(CLIP, history(Exclude(ANNA)).undoing(author="Ann"))[0] is CLIP


@given(st.lists(edits(), max_size=4))
def test_any_edits_are_applied_or_refused_in_one_line_and_the_measured_clip_stays(made: list[Edit]) -> None:
    before = state_of(CLIP)
    with suppress(UsageError):
        analysis, overrides = edited(CLIP, history(*made))
        for index in range(CLIP.num_frames):
            for face in analysis.faces_in(index, dense=False):
                touch = overrides.touch(face, index)
                assert 0.0 <= touch.strength <= 1.0
                if touch.values:
                    assert face.person_id in overrides.values_in(analysis.tracks)[touch.values]
    assert state_of(CLIP) == before


@given(st.lists(edits(), max_size=3), edits())
def test_edit_then_undo_is_the_identity(made: list[Edit], last: Edit) -> None:
    try:
        before = edited(CLIP, history(*made))
    except UsageError:
        return
    after = edited(CLIP, history(*made, last).undoing(author="Ann", time=NOON))
    assert state_of(after[0]) == state_of(before[0])
    assert after[1] == before[1]


@given(st.permutations([Strength(ANNA, 0.5, FrameRange(3, 9), 2), Exclude(BO), Adjust(Who(), (("mask-blur", 0.4),)),
                        Adjust(ANNA, (("mask-blur", 0.1),)), Strength(Who(), 0.8)]))  # fmt: skip
def test_the_order_of_rules_does_not_matter(made: list[Edit]) -> None:
    first, second = edited(CLIP, history(*sorted(made, key=str)))[1], edited(CLIP, history(*made))[1]
    for index in range(CLIP.num_frames):
        for track, person in ((1, 1), (2, 2)):
            assert first.asked(track, person, index) == second.asked(track, person, index)


def test_merged_people_are_one_with_both_tracks_and_the_known_name() -> None:
    analysis, overrides = edited(CLIP, history(Rename(2, "Bo"), Merge((1, 2)), Strength(ANNA, 0.5)))
    (person,) = analysis.people
    assert (person.person_id, person.track_ids, person.num_frames) == (1, (1, 2, 3), 40)
    assert {face.person_id for index in range(40) for face in analysis.faces_in(index)} == {1}
    assert overrides.names == {1: "Bo"}
    assert asked(overrides, 7, track=2, person=1).strength == 0.5


def test_what_was_said_of_a_person_holds_for_whom_they_were_merged_into() -> None:
    _, overrides = edited(CLIP, history(Exclude(BO), Merge((1, 2))))
    assert asked(overrides, 0).is_excluded
    with pytest.raises(UsageError, match=r"edit 2 .*: no person 2 any more, merged into 1; there is only 1"):
        edited(CLIP, history(Merge((1, 2)), Exclude(BO)))
    with pytest.raises(UsageError, match=r"edit 2 .* contradicts edit 1 .*both set the strength in frames 0 to 39"):
        edited(CLIP, history(Strength(ANNA, 0.5), Strength(BO, 0.25), Merge((1, 2))))


def test_split_gives_tracks_to_somebody_new_who_looks_like_their_samples() -> None:
    analysis, _ = edited(CLIP, history(Split(1, 3, tracks=(3,))))
    first, _, third = analysis.people
    assert (first.track_ids, third.track_ids, third.num_frames) == ((1,), (3,), 20)
    assert third.embedding is not None
    assert first.embedding is not None
    assert third.embedding[3] > 0.3
    assert third.embedding[1] == 0
    assert first.embedding[3] == 0


def test_split_in_a_range_cuts_a_track_in_two_and_its_samples_go_along() -> None:
    analysis, _ = edited(CLIP, history(Split(1, 3, part=FrameRange(15, 30), cut=((1, 4), (3, 5)))))
    by_id = {track.track_id: track for track in analysis.tracks}
    assert {number: (t.person_id, t.first, t.last) for number, t in by_id.items()} == {
        1: (1, 0, 14), 2: (2, 5, 14), 3: (1, 30, 39), 4: (3, 15, 19), 5: (3, 20, 29),
    }  # fmt: skip
    assert np.array_equal(by_id[4].landmarks(), CLIP.tracks[0].landmarks(slice(15, 20)))
    assert (analysis.samples[4].frames.tolist(), analysis.samples[4].thumbnail) == ([19], b"jpeg")
    assert (analysis.samples[1].frames.tolist(), analysis.samples[1].thumbnail) == ([0], b"")


@given(parts())
def test_a_dropped_range_is_empty_and_the_rest_as_measured(part: FrameRange) -> None:
    if part.start >= 20:
        with pytest.raises(UsageError, match="not seen there; it is seen in frames 0 to 19"):
            edited(CLIP, history(Drop(1, part)))
        return
    analysis, overrides = edited(CLIP, history(Drop(1, part)))
    for index in range(CLIP.num_frames):
        before, after = ({f.track_id: f for f in one.faces_in(index)} for one in (CLIP, analysis))
        if index in part:
            before.pop(1, None)
        assert before.keys() == after.keys()
        for number, face in before.items():
            assert np.array_equal(face.landmarks.xyz, after[number].landmarks.xyz)  # type: ignore[union-attr]
    (reach, _) = overrides.moved[0]
    assert reach.start <= part.start
    assert reach.stop >= 20


def test_a_held_reference_follows_the_head_but_keeps_its_own_shape() -> None:
    faces = {frame: face_at(60 + 3 * frame, 80, turn=0.02 * frame) for frame in range(20)}
    torn = faces[10].landmarks.xyz.copy()  # type: ignore[union-attr]
    torn[:120, 1] += 25  # a hand pulls part of the mesh away
    pulled = dict(faces)
    pulled[10] = face_at(0, 0)
    pulled[10] = type(faces[10])(**{f.name: getattr(faces[10], f.name) for f in fields(faces[10])} | {
        "landmarks": type(faces[10].landmarks)(torn[:, :2].copy(), torn[:, 2].copy())})  # fmt: skip
    clip = Analysis(20, 320, 160, CLIP.shots[:1], (Track.of(1, pulled, 1),), CLIP.people[:1])
    analysis, _ = edited(clip, history(Reference(1, (4,), FrameRange(9, 12))))
    held, true = (one.landmarks.xyz for one in (analysis.tracks[0].face(10), faces[10]))  # type: ignore[union-attr]
    assert np.abs(held - true).max() < 0.5
    assert analysis.tracks[0].face(10).visibility == 1.0
    assert analysis.tracks[0].face(8).visibility == pytest.approx(0.8)


def test_a_reference_fills_frames_in_which_the_face_was_lost() -> None:
    log = history(Drop(1, FrameRange(8, 12)), Reference(1, (7, 12), FrameRange(8, 12), "interpolate"))
    analysis, _ = edited(CLIP, log)
    for frame in range(20):
        was, now = (
            CLIP.tracks[0].face(frame),
            analysis.faces_in(frame)[0] if frame < 5 else analysis.tracks[0].face(frame),
        )
        assert np.abs(was.landmarks.xyz - now.landmarks.xyz).max() < 1 / 32  # type: ignore[union-attr]
    held, _ = edited(CLIP, history(Drop(1, FrameRange(8, 12)), Reference(1, (3,), FrameRange(8, 12))))
    assert np.abs(held.tracks[0].face(10).box.center[0] - CLIP.tracks[0].face(10).box.center[0]) < 0.1


def test_strength_leads_smoothly_to_its_value_and_back_but_not_at_a_cut() -> None:
    _, overrides = edited(
        CLIP, history(Strength(ANNA, 0.5, FrameRange(4, 16), 3), Strength(ANNA, 0.0, FrameRange(20, 30), 4))
    )
    curve = [asked(overrides, index).strength for index in range(40)]
    assert curve[3] == 1.0
    assert curve[16] == 1.0
    assert curve[7:13] == [0.5] * 6
    assert 1.0 > curve[4] > curve[5] > curve[6] > 0.5
    assert curve[4:8] == pytest.approx(curve[15:11:-1])
    assert curve[19:21] == [1.0, 0.0], "a ramp at a cut would be seen"
    assert 0.0 < curve[26] < curve[29] < 1.0
    assert curve[30] == 1.0


def test_a_range_wins_over_the_whole_clip_and_a_name_over_everybody() -> None:
    log = history(
        Adjust(Who(track=1), (("mask-blur", 0.2),)),
        Adjust(Who(), (("mask-blur", 0.5), ("blend-strength", 0.9))),
        Adjust(Who(), (("mask-blur", 0.7),), FrameRange(10, 20)),
        Adjust(ANNA, (("mask-blur", 0.8),), FrameRange(15, 20)),
    )
    analysis, overrides = edited(CLIP, log)
    seen = [dict(asked(overrides, index).values)["mask-blur"] for index in (0, 10, 15, 20)]
    assert seen == [0.2, 0.7, 0.8, 0.2]
    assert dict(asked(overrides, 3, track=2, person=2).values) == {"mask-blur": 0.5, "blend-strength": 0.9}
    assert len(overrides.values_in(analysis.tracks)) == 4


def test_overlapping_ranges_that_contradict_are_refused_and_both_are_named() -> None:
    first = Strength(ANNA, 0.5, FrameRange(3, 10))
    with pytest.raises(UsageError) as caught:
        edited(CLIP, history(first, Strength(ANNA, 0.7, FrameRange(9, 12))))
    assert str(caught.value) == (
        "edit 2 (strength 0.7 of person 1 in frames 9 to 11) contradicts edit 1 (strength 0.5 of person 1 in frames 3 "
        "to 9): both set the strength in frames 9 to 9; undo 1 first, or choose ranges that do not overlap"
    )
    edited(CLIP, history(first, Strength(ANNA, 0.7, FrameRange(10, 12))))
    edited(CLIP, history(first, Strength(BO, 0.7, FrameRange(9, 12))))
    edited(CLIP, history(first, Strength(ANNA, 0.7)))
    edited(CLIP, history(Exclude(ANNA, FrameRange(0, 9)), Exclude(ANNA, FrameRange(3, 12))))
    with pytest.raises(UsageError, match="both set mask-blur in frames 0 to 39"):
        edited(CLIP, history(Adjust(BO, (("mask-blur", 0.1),)), Adjust(BO, (("mask-blur", 0.2),))))
    with pytest.raises(UsageError, match="both place the face in frames 5 to 8"):
        edited(CLIP, history(Reference(1, (3,), FrameRange(4, 9)), Reference(1, (12,), FrameRange(5, 10))))


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ([Exclude(Who(person=7))], r"edit 1 \(exclude person 7\): no person 7; there are 1 and 2"),
        ([Rename(1, "Anna"), Exclude(Who(person=7))], r"no person 7; there are 1 \(Anna\) and 2"),
        ([Exclude(Who(track=9))], "no track 9; there are 1, 2, 3"),
        ([Merge((1, 5))], "no person 5"),
        ([Rename(1, "Anna"), Rename(2, "anna")], "person 1 is called that already"),
        ([Split(1, 2, tracks=(1,))], "person 2 is there already"),
        ([Split(1, 3, tracks=(2,))], "track 2 is not person 1's"),
        ([Split(2, 3, tracks=(2,))], "nothing of person 2 would be left"),
        ([Split(2, 3, part=FrameRange(30, 35))], "person 2 is not seen there"),
        ([Strength(ANNA, 0.5, FrameRange(30, 50))], "ends at frame 50, the clip has 40"),
        ([Strength(ANNA, 0.5, FrameRange(30, 30))], "the range is empty"),
        ([Reference(2, (3,), FrameRange(6, 9))], "track 2 has no face in frame 3; it is seen in frames 5 to 14"),
        ([Reference(1, (3,), FrameRange(15, 25))], "leaves the shot of track 1, frames 0 to 19"),
        ([Drop(2), Exclude(Who(track=2))], "no track 2"),
    ],
)
def test_an_edit_that_does_not_fit_is_named(made: list[Edit], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        edited(CLIP, history(*made))
    assert f"edit {len(made)} (" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_people_are_called_by_id_or_name() -> None:
    overrides = Overrides({1: "Anna Bo"})
    assert overrides.person_called("anna bo", [1, 2]) == 1
    assert overrides.person_called("2", [1, 2]) == 2
    with pytest.raises(UsageError, match=r"no person Carl; there are 1 \(Anna Bo\) and 2"):
        overrides.person_called("Carl", [1, 2])
    with pytest.raises(UsageError, match="nobody was found"):
        overrides.person_called("1", [])
