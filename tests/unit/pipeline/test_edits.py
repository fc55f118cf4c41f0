"""Edits as values and as JSON, and the history that records them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edited_clips import NOON, edits
from facefusion.core import FrameRange
from facefusion.errors import InvalidInput, UsageError
from facefusion.pipeline.edit_json import from_plain, to_plain
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.edits import Adjust, Edit, Exclude, Merge, Reference, Rename, Split, Strength, Who, adjustable


def history(*made: Edit) -> EditLog:
    log = EditLog()
    for edit in made:
        log = log.adding(edit, author="Ann", time=NOON)
    return log


@given(edits())
def test_an_edit_comes_back_from_json(edit: Edit) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(edit)))) == edit


@given(st.lists(edits(), min_size=1, max_size=5), st.data())
def test_a_history_comes_back_from_json(made: list[Edit], data: Any) -> None:
    log = history(*made)
    for _ in range(data.draw(st.integers(0, 3))):
        if log.active:
            log = log.undoing(
                data.draw(st.sampled_from([entry.number for entry in log.active])), author="Bo", time=NOON
            )
    assert EditLog.from_plain(json.loads(json.dumps(log.to_plain()))) == log


@given(st.lists(edits(), max_size=5), edits())
def test_edit_then_undo_leaves_what_was_there_and_redo_brings_it_back(made: list[Edit], last: Edit) -> None:
    before = history(*made)
    after = before.adding(last, author="Ann", time=NOON)
    undone = after.undoing(author="Bo", time=NOON)
    assert undone.active == before.active
    assert undone.redoing(author="Bo", time=NOON).active == after.active
    assert len(undone.records) == len(before.records) + 2, "nothing is erased"


def test_undo_goes_back_step_by_step_and_redo_forward() -> None:
    log = history(Rename(1, "Anna"), Rename(2, "Bo"), Exclude(Who()))
    back = log.undoing(author="Ann").undoing(author="Ann")
    assert [entry.number for entry in back.active] == [1]
    assert [entry.number for entry in back.redoing(author="Ann").active] == [1, 2]
    assert back.redoing(author="Ann").redoing(author="Ann").active == log.active
    middle = log.undoing(2, author="Ann")
    assert [entry.number for entry in middle.active] == [1, 3]
    assert middle.state_of(2) == "undone"


def test_a_new_edit_ends_what_redo_offers_but_by_number_it_comes_back() -> None:
    log = history(Rename(1, "Anna")).undoing(author="Ann").adding(Rename(1, "Bea"), author="Ann")
    with pytest.raises(UsageError, match="nothing was undone since the latest edit"):
        log.redoing(author="Ann")
    assert [entry.number for entry in log.redoing(1, author="Ann").active] == [1, 2]


def test_undo_and_redo_say_what_there_is() -> None:
    with pytest.raises(UsageError, match="undo: no edit holds"):
        EditLog().undoing(author="Ann")
    with pytest.raises(UsageError, match="no edit 7 holds; holding are 1, 2"):
        history(Rename(1, "Anna"), Rename(2, "Bo")).undoing(7, author="Ann")
    with pytest.raises(UsageError, match="edit 1 is not undone; none is undone"):
        history(Rename(1, "Anna")).redoing(1, author="Ann")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"kind": "paint"}, "kind 'paint', this version supports merge, split"),
        ("merge", "kind 'merge'"),
        ({"kind": "rename", "person": 1}, "name missing"),
        ({"kind": "rename", "person": 1, "name": "Anna", "age": 3}, "age unknown to this version"),
        ({"kind": "merge", "people": [1, "2"]}, "merge: got '2', supported is a whole number"),
        ({"kind": "merge", "people": [1, 1]}, "two or more different people"),
        ({"kind": "strength", "who": {}, "value": 2}, "supported is 0 to 1"),
        ({"kind": "strength", "who": {"face": 1}, "value": 1}, "a person, a track or neither"),
        ({"kind": "strength", "who": {}, "value": 0.5, "part": [9, 3]}, "0 ≤ start ≤ stop"),
        ({"kind": "drop", "track": 1, "part": [1]}, "drop: "),
        ({"kind": "settings", "who": {}, "values": [["mask-blur", "wide"]]}, "mask-blur: got 'wide'"),
    ],
)
def test_foreign_edits_are_refused_in_one_line(data: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        from_plain(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "records",
    [
        [{"number": 2, "time": NOON.isoformat(), "author": "", "edit": {"kind": "exclude", "who": {}}}],
        [{"undo": 1, "time": NOON.isoformat(), "author": ""}],
        [{"number": 1, "time": "yesterday", "author": "", "edit": {"kind": "exclude", "who": {}}}],
        [{"number": 1, "time": "2026-05-04T12:00:00", "author": "", "edit": {"kind": "exclude", "who": {}}}],
        [{"time": NOON.isoformat(), "author": ""}],
        ["edit"],
    ],
)
def test_a_damaged_history_is_refused(records: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="edits: damaged"):
        EditLog.from_plain(records)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 50) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["person", "track", "a"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(edits(), st.data())
def test_whatever_another_program_writes_is_read_or_refused(edit: Edit, data: Any) -> None:
    written = to_plain(edit)
    name = data.draw(st.sampled_from([*written, "more"]))
    written[name] = data.draw(JSON)
    record: dict[str, Any] = {"number": 1, "time": NOON.isoformat(), "author": "Ann", "edit": written}
    if data.draw(st.booleans()):
        record[data.draw(st.sampled_from([*record, "undo"]))] = data.draw(JSON)
    with suppress(InvalidInput):
        EditLog.from_plain([record])
    with suppress(InvalidInput):
        EditLog.from_plain(data.draw(st.lists(JSON, max_size=2)))


def test_settings_are_typed_sorted_and_checked() -> None:
    edit = Adjust(Who(person=1), (("mask_areas", ["eyes"]), ("blend-strength", 1)))
    assert edit.values == (("blend-strength", 1.0), ("mask-areas", ("eyes",)))
    with pytest.raises(UsageError, match="did you mean mask-blur"):
        Adjust(Who(), (("mask-blurr", 0.4),))
    with pytest.raises(UsageError, match=r"0\.0 to 1\.0"):
        Adjust(Who(), (("mask-blur", 4.0),))
    with pytest.raises(UsageError, match="output holds for a whole run"):
        Adjust(Who(), (("output", "x.mp4"),))
    assert {"mask-blur", "blend-mode", "face-swapper-shape-strength"} <= set(adjustable())


@pytest.mark.parametrize("name", ["3", " Anna", "a=b", "a,b", 'the "one"', "two\nlines", "x" * 61])
def test_a_name_can_be_typed_and_is_no_id(name: str) -> None:
    with pytest.raises(UsageError, match="rename: got"):
        Rename(1, name)


def test_edits_say_what_they_are_in_words() -> None:
    assert str(Merge((1, 2))) == "merge people 1, 2"
    assert str(Strength(Who(person=1), 0.5, FrameRange(10, 20))) == "strength 0.5 of person 1 in frames 10 to 19"
    assert str(Exclude(Who(track=4), FrameRange(3, 4))) == "exclude track 4 in frame 3"
    assert str(Adjust(Who(), (("mask-occlusion", False), ("mask-areas", ("eyes", "mouth"))))) == (
        "settings mask-areas=eyes+mouth, mask-occlusion=off of everybody"
    )
    assert str(Reference(3, (39,), FrameRange(40, 60))) == "hold track 3 in frames 40 to 59 from frame 39"


def test_impossible_edits_are_no_values() -> None:
    with pytest.raises(UsageError, match="two frames or more"):
        Reference(1, (3,), FrameRange(0, 9), "interpolate")
    with pytest.raises(UsageError, match="neither tracks nor a range"):
        Split(1, 3)
    with pytest.raises(UsageError, match="a person and a track"):
        Who(1, 2)
