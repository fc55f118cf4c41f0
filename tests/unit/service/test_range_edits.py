"""A range that is asked for again: a held face needs no number of a track, which nobody in a browser knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facefusion.core import Analysis, Box, Face, Landmarks, Track
from facefusion.errors import UsageError
from facefusion.jobs.edits import check, over_tracks
from facefusion.service.range_edits import range_edits

NOTHING = {"person_id": None, "track_id": None, "options": {}, "strength": None, "exclude": False,
           "reference_frame": None, "mask_image": None}  # fmt: skip


def face() -> Face:
    return Face(Box(0, 0, 8, 8), 0.9, Landmarks(np.array([[2, 2], [6, 2], [4, 4], [2, 6], [6, 6]], np.float32)))


@pytest.fixture
def analysis() -> Analysis:
    tracks = (
        Track.of(3, {0: face(), 1: face(), 2: face()}, person_id=1),
        Track.of(5, {2: face(), 3: face()}, person_id=2),
    )
    return Analysis(num_frames=4, width=8, height=8, tracks=tracks)


def held(**said: Any) -> dict[str, Any]:
    (edit,) = range_edits([{**NOTHING, "start": 1, "stop": 3, **said}])
    check(edit, {})
    return edit


def test_everybody_who_is_seen_there_is_held(analysis: Analysis) -> None:
    assert [one["track"] for one in over_tracks(held(reference_frame=2), analysis)] == [3, 5]
    assert [one["track"] for one in over_tracks(held(reference_frame=3), analysis)] == [5]


def test_one_person_or_one_track_is_held_alone(analysis: Analysis) -> None:
    of_person = over_tracks(held(reference_frame=2, person_id=2), analysis)
    assert [(one["track"], one["part"], one["frames"]) for one in of_person] == [(5, [1, 3], [2])]
    assert "person" not in of_person[0]
    assert over_tracks(held(reference_frame=0, track_id=3), analysis)[0]["track"] == 3


def test_a_frame_that_shows_nobody_is_refused(analysis: Analysis) -> None:
    with pytest.raises(UsageError, match="nobody is seen in frame"):
        over_tracks(held(reference_frame=0, person_id=2), analysis)
