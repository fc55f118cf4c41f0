"""Tracks are columns: small, and every face comes back as it was put in."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from facefusion.core import Analysis, Box, Face, FaceMeasures, HeadPose, Landmarks, Shot, Track

HOUR_OF_FRAMES = 90_000
LARGEST_HOUR_MB = 150


def landmarks(seed: int, shift: float = 0.0) -> Landmarks:
    xy = np.random.default_rng(seed).uniform(100, 300, (478, 2)).astype(np.float32) + np.float32(shift)
    return Landmarks(xy, xy[:, 0] * np.float32(0.3))


def face(seed: int = 0, *, x: float = 0.0, side: float = 100.0, dense: bool = True) -> Face:
    rng = np.random.default_rng(seed)
    return Face(
        box=Box(x, 10.5, x + side, 10.5 + side),
        score=0.75,
        keypoints=Landmarks(rng.uniform(0, 90, (5, 2)).astype(np.float32)),
        landmarks=landmarks(seed) if dense else None,
        visibility=0.5,
        pose=HeadPose(10.0, -5.0, 2.5),
        measures=FaceMeasures(sharpness=0.5, hidden=0.25, light=(0.5, 0.125, -0.25, 0.0)),
    )


def test_a_face_comes_back_as_it_was() -> None:
    given = face(3)
    back = Track.of(7, {4: given, 9: face(5)}, person_id=2).face(4)
    assert back.box == given.box
    assert (back.score, back.visibility, back.pose) == (0.75, 0.5, given.pose)
    assert back.measures == given.measures
    assert (back.track_id, back.person_id) == (7, 2)
    assert back.picture is None
    assert np.array_equal(back.keypoints.xy, given.keypoints.xy)
    assert back.landmarks is not None
    assert np.abs(back.landmarks.xyz - given.landmarks.xyz).max() <= 1 / 128  # type: ignore[union-attr]


def test_without_landmarks_nothing_is_unpacked() -> None:
    track = Track.of(1, {0: face()})
    assert track.face(0, dense=False).landmarks is None
    assert track.face(0, dense=False).box == track.face(0).box


def test_faces_are_a_mapping_in_order_of_frames() -> None:
    track = Track.of(1, {9: face(1), 4: face(2), 7: face(3)})
    assert list(track.faces) == [4, 7, 9]
    assert (track.first, track.last, len(track)) == (4, 9, 3)
    assert 7 in track
    assert 5 not in track
    assert track.faces.keys() & {4, 5} == {4}
    with pytest.raises(KeyError):
        track.face(5)


def test_rows_and_parts() -> None:
    track = Track.of(1, {index: face(index) for index in range(0, 40, 2)})
    assert track.rows(3, 9) == slice(2, 5)
    part = track.within(3, 9)
    assert part is not None
    assert part.frames.tolist() == [4, 6, 8]
    assert np.array_equal(part.landmarks(), track.landmarks(track.rows(3, 9)))
    assert track.within(0, 100) is track
    assert track.within(39, 60) is None


@pytest.mark.parametrize("seam", [1, 10, 64, 90, 128, 149])
def test_a_track_cut_in_two_and_joined_is_the_same(seam: int) -> None:
    moved = np.ones((478, 3), np.float32)
    faces = {2 * i: replace(face(i), moved=moved if i > 100 else None) for i in range(150)}
    track = Track.of(1, faces)
    parts = [track.within(0, 2 * seam), track.within(2 * seam, 300)]
    joined = Track.joined([part for part in parts if part is not None])
    assert np.array_equal(joined.frames, track.frames)
    assert np.array_equal(joined.landmarks(), track.landmarks())
    assert np.array_equal(joined.columns.boxes, track.columns.boxes)
    assert np.array_equal(joined.moved.decoded(0, 150), track.moved.decoded(0, 150))  # type: ignore[union-attr]


def test_tracks_without_dense_landmarks_say_so() -> None:
    track = Track.of(1, {0: face(dense=False)})
    assert track.face(0).landmarks is None
    with pytest.raises(ValueError, match="no dense landmarks"):
        track.landmarks()
    with pytest.raises(ValueError, match="one number"):
        Track.of(1, {0: face(), 1: face(dense=False)})


def test_frames_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="rising"):
        Track.of(1, [(3, face()), (2, face())])


def test_an_analysis_makes_faces_on_demand_the_largest_first() -> None:
    tracks = (
        Track.of(1, {index: face(index, side=50) for index in range(250, 270)}, person_id=1),
        Track.of(2, {index: face(index, x=200, side=90) for index in range(260, 262)}, person_id=2),
    )
    analysis = Analysis(600, 640, 480, shots=(Shot(0, 255), Shot(255, 600)), tracks=tracks)
    assert [f.track_id for f in analysis.faces_in(260)] == [2, 1]
    assert [f.person_id for f in analysis.faces_in(259)] == [1]
    assert analysis.faces_in(10) == analysis.faces_in(599) == ()
    assert list(analysis.frames_with_faces()) == list(range(250, 270))
    assert analysis.shot_at(254) == Shot(0, 255)
    assert analysis.shot_at(255) == Shot(255, 600)
    assert not analysis.is_empty
    assert Analysis(3, 4, 4).is_empty


def test_an_hour_of_one_face_fits_in_memory() -> None:
    """A head that nods and turns with the noise of a measured one (0.004 of 60 px between the eyes)."""
    rng, base, count = np.random.default_rng(0), landmarks(0).xyz, 512
    base = base[np.lexsort((base[:, 0], base[:, 1] // 40))]
    turn = 30 * np.sin(np.arange(count) / 9)[:, None, None] * np.array([1, 0.3, 0.2])
    points = (base + turn + rng.normal(0, 0.24, (count, 478, 3))).astype(np.float32)
    plain = face()
    faces = ((i, replace(plain, landmarks=Landmarks(xyz[:, :2].copy(), xyz[:, 2]))) for i, xyz in enumerate(points))
    track = Track.of(1, faces)
    held = track.points.num_bytes + len(pickle.dumps(track.columns)) + track.frames.nbytes  # type: ignore[union-attr]
    assert held / count * HOUR_OF_FRAMES < LARGEST_HOUR_MB * 1e6


def test_the_movement_of_the_skin_is_kept_and_zero_where_it_was_not_measured() -> None:
    moved = np.random.default_rng(1).integers(-64, 64, (478, 3)).astype(np.float32) / 64
    track = Track.of(1, {0: face(1), 1: replace(face(2), moved=moved), 2: face(3)})
    assert np.array_equal(track.face(1).moved, moved)  # type: ignore[arg-type]
    assert not np.any(track.face(0).moved)
    assert track.face(1, dense=False).moved is None
    part = track.within(1, 3)
    assert part is not None
    assert np.array_equal(part.face(1).moved, moved)  # type: ignore[arg-type]


def test_a_track_without_movement_holds_none() -> None:
    track = Track.of(1, {0: face(1), 1: face(2)})
    assert track.moved is None
    assert track.face(0).moved is None


def test_movement_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Face\.moved"):
        replace(face(1), moved=np.zeros((478, 2), np.float32))
