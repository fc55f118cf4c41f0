"""Tracks of hidden people: without gaps, a little longer than they were seen, never across a cut."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Analysis, Face, FrameRange, Landmarks, Shot, Track
from facefusion.faces.analyser import face_of
from facefusion.geometry.mesh import canonical_mesh
from facefusion.pipeline.coverage import BEYOND_FRAMES, covered


def face_at(x: float, track: int = 1, person: int | None = 1) -> Face:
    vertices = canonical_mesh().vertices_cm * np.array([4, -4, -4], np.float32)
    irises = vertices[[33] * 5 + [263] * 5]
    points = np.vstack([vertices, irises]).astype(np.float32)
    landmarks = Landmarks(np.ascontiguousarray(points[:, :2] + np.array([x, 100], np.float32)), points[:, 2].copy())
    found = face_of(landmarks, 0.9, 1.0)
    return Face(found.box, 0.9, found.keypoints, landmarks, pose=found.pose, track_id=track, person_id=person)


def analysis_of(*tracks: Track, frames: int = 60, shots: tuple[Shot, ...] = ()) -> Analysis:
    return Analysis(frames, 320, 240, shots=shots or (Shot(0, frames),), tracks=tracks)


def test_a_gap_is_filled_between_its_ends_however_long() -> None:
    track = Track.of(1, {0: face_at(100), 40: face_at(180)}, 1)
    whole = covered(analysis_of(track), FrameRange(0, 60)).tracks[0]
    assert whole.frames[:41].tolist() == list(range(41))
    middle = whole.face(20)
    assert middle.score == 0
    ends = [track.face(index).box.center[0] for index in (0, 40)]
    assert middle.box.center[0] == pytest.approx(sum(ends) / 2, abs=1)
    assert whole.face(0).score == pytest.approx(0.9, abs=0.01)


def test_ends_are_continued_as_the_face_moved() -> None:
    track = Track.of(1, {20 + k: face_at(100 + 2 * k) for k in range(11)}, 1)
    whole = covered(analysis_of(track), FrameRange(0, 60)).tracks[0]
    assert (whole.first, whole.last) == (20 - BEYOND_FRAMES, 30 + BEYOND_FRAMES)
    assert all(whole.face(index).score == 0 for index in (8, 19, 31, 42))
    assert whole.face(33).box.center[0] - whole.face(30).box.center[0] == pytest.approx(6, abs=0.5)
    assert whole.face(42).box.center[0] - whole.face(30).box.center[0] == pytest.approx(10, abs=0.5)
    assert whole.face(19).landmarks is not None


def test_nothing_goes_on_beyond_a_cut_the_part_or_the_picture() -> None:
    track = Track.of(1, {index: face_at(100) for index in range(10, 20)}, 1)
    shots = (Shot(0, 9), Shot(9, 22), Shot(22, 60))
    whole = covered(analysis_of(track, shots=shots), FrameRange(0, 60)).tracks[0]
    assert (whole.first, whole.last) == (9, 21)
    whole = covered(analysis_of(track), FrameRange(8, 21)).tracks[0]
    assert (whole.first, whole.last) == (8, 20)
    leaving = Track.of(1, {index: face_at(270 + 12 * index) for index in range(6)}, 1)
    assert covered(analysis_of(leaving), FrameRange(0, 60)).tracks[0].last < 5 + BEYOND_FRAMES


def test_two_tracks_of_one_person_are_bridged() -> None:
    """The tracker lost the face for longer than it waits: what lies between is covered, and belongs to the first."""
    first = Track.of(1, {index: face_at(100) for index in range(5)}, 1)
    second = Track.of(2, {index: face_at(120, 2) for index in range(45, 50)}, 1)
    whole = covered(analysis_of(first, second), FrameRange(0, 60)).tracks
    assert whole[0].frames.tolist() == list(range(45))
    assert whole[0].face(25).box.center[0] == pytest.approx(first.face(0).box.center[0] + 10, abs=1)
    far = Track.of(2, {index: face_at(280, 2) for index in range(45, 50)}, 1)
    assert covered(analysis_of(first, far), FrameRange(0, 60)).tracks[0].last == 4 + BEYOND_FRAMES
    cut = (Shot(0, 20), Shot(20, 60))
    assert covered(analysis_of(first, second, shots=cut), FrameRange(0, 60)).tracks[0].last == 4 + BEYOND_FRAMES


def test_a_track_of_the_same_person_in_the_same_place_takes_over() -> None:
    first = Track.of(1, {index: face_at(100) for index in range(10)}, 1)
    second = Track.of(2, {index: face_at(102, 2) for index in range(14, 30)}, 1)
    whole = covered(analysis_of(first, second), FrameRange(0, 60)).tracks
    assert whole[0].last == 13
    stranger = Track.of(2, {index: face_at(102, 2, 7) for index in range(14, 30)}, 7)
    assert covered(analysis_of(first, stranger), FrameRange(0, 60)).tracks[0].last == 9 + BEYOND_FRAMES
