"""Joining tracks into people, on made-up embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Box, Face, HeadPose, Landmarks, Samples, Track
from facefusion.faces.evidence import Evidence, Sample, quality_of
from facefusion.faces.people import join, portrait


def face(embedding: np.ndarray | None = None, *, yaw: float = 0, side: float = 100) -> Face:
    return Face(Box(0, 0, side, side), 1.0, Landmarks(np.zeros((5, 2), np.float32)), pose=HeadPose(yaw, 0, 0),
                embedding=embedding)  # fmt: skip


def vector(person: int, offset: float = 0.0) -> np.ndarray:
    """Embeddings 0.85 apart for different people, `offset` away from the person's own."""
    values = np.zeros(128, np.float32)
    values[person], values[100 + person] = 0.6, offset
    return values


def case(*tracks: tuple[range, np.ndarray | None]) -> tuple[list[Track], dict[int, Samples]]:
    made, evidence = [], {}
    for track_id, (frames, embedding) in enumerate(tracks, start=1):
        made.append(Track.of(track_id, {i: face() for i in frames}))
        samples = (
            []
            if embedding is None
            else [
                Sample(frames[0], face(embedding), 0.5 + track_id / 10, np.full((192, 192, 3), 50 * track_id, np.uint8))
            ]
        )
        evidence[track_id] = Evidence(samples).as_samples()
    return made, evidence


def test_tracks_of_one_person_are_joined_across_shots() -> None:
    tracks, case_samples = case((range(10), vector(0)), (range(10, 40), vector(1)), (range(40, 60), vector(0, 0.2)))
    cast = join(tracks, case_samples)
    assert [(p.person_id, p.track_ids, p.num_frames) for p in cast.people] == [(1, (1, 3), 30), (2, (2,), 30)]
    assert [track.person_id for track in cast.tracks] == [1, 2, 1]
    view = portrait(cast.people[0], case_samples)
    assert view is not None
    assert abs(int(view.mean()) - 150) <= 2  # the better of the two


def test_people_in_the_same_frame_are_never_one() -> None:
    cast = join(*case((range(10), vector(0)), (range(5, 15), vector(0, 0.1))))
    assert len(cast.people) == 2


def test_the_nearest_are_joined_first() -> None:
    """Track 1 could join 2 or 3, which share frames: the nearer one gets it."""
    cast = join(*case((range(5), vector(0)), (range(10, 20), vector(0, 0.4)), (range(10, 20), vector(0, 0.1))))
    assert {person.track_ids for person in cast.people} == {(1, 3), (2,)}


def test_a_track_without_evidence_is_a_person_of_its_own() -> None:
    cast = join(*case((range(10), vector(0)), (range(20, 22), None)))
    assert [person.track_ids for person in cast.people] == [(1,), (2,)]
    assert cast.people[1].embedding is None
    assert portrait(cast.people[1], {}) is None


def test_no_tracks_no_people() -> None:
    assert join([], {}).people == ()


@pytest.mark.parametrize(("better", "worse"), [(face(), face(yaw=50)), (face(side=150), face(side=40))])
def test_quality_prefers_frontal_and_large(better: Face, worse: Face) -> None:
    assert quality_of(better) > quality_of(worse)
