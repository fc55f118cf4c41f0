"""Tracks of neighbouring pieces become one: same face, nothing jumps, nobody is mistaken for somebody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facefusion.core import Box, Face, FrameRange, Landmarks, Samples, Shot, Track
from facefusion.faces.analyser import face_of
from facefusion.faces.seams import Seams
from facefusion.geometry.mesh import canonical_mesh

SEAM, SHARED = 100, FrameRange(92, 100)


def face(x: float, side: float = 100.0) -> Face:
    mesh = canonical_mesh().vertices_cm
    xyz = np.column_stack([mesh[:, 0], -mesh[:, 1], -mesh[:, 2]]) * (side / 20)
    xyz = np.vstack([xyz, np.repeat(xyz[:1], 10, axis=0)]).astype(np.float32) + np.array([x, 200, 0], np.float32)
    return face_of(Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2]), 1.0, 1.0)


def track(number: int, frames: range, x: float = 300.0) -> Track:
    made = face(x)
    return Track.of(number, dict.fromkeys(frames, made))


def samples(person: int, frame: int = 50, quality: float = 0.5) -> Samples:
    vector = np.zeros((1, 128), np.float32)
    vector[0, person] = 1.0
    return Samples(np.array([frame]), np.array([quality], np.float32), vector, b"picture %d" % frame)


def joined(
    before: list[Track],
    after: list[Track],
    known: tuple[dict[int, Samples], dict[int, Samples]] = ({}, {}),
    shots: tuple[Shot, ...] = (Shot(92, 200),),
) -> tuple[tuple[Track, ...], dict[int, Samples]]:
    seams = Seams()
    seams.add(before, known[0], shared=FrameRange(0, 0), shots=(Shot(0, SEAM),))
    seams.add(after, known[1], shared=SHARED, shots=shots)
    return seams.tracks()


def test_a_face_on_both_sides_is_one_track_that_goes_over_smoothly() -> None:
    (whole,), _ = joined([track(1, range(100), 300.0)], [track(7, range(92, 200), 309.0)])
    assert whole.frames.tolist() == list(range(200))
    assert {f.track_id for f in whole.faces.values()} == {1}
    x = whole.landmarks()[:, 0, 0]
    steps = np.diff(x)
    assert steps[:91].tolist() == [0.0] * 91
    assert np.allclose(steps[91:100], 1.0, atol=0.02)
    assert steps[100:].tolist() == [0.0] * 99


def test_two_people_keep_apart() -> None:
    tracks, _ = joined(
        [track(1, range(100), 100.0), track(2, range(100), 400.0)],
        [track(1, range(92, 150), 400.0), track(2, range(92, 150), 100.0)],
    )
    assert [len(one) for one in tracks] == [150, 150]
    for one in tracks:
        assert np.ptp(one.landmarks()[:, 0, 0]) == 0


def test_a_face_that_comes_in_is_a_track_of_its_own() -> None:
    tracks, _ = joined([track(1, range(100), 100.0)], [track(1, range(92, 150), 100.0), track(2, range(110, 150))])
    assert [(one.track_id, one.first, one.last) for one in tracks] == [(1, 0, 149), (2, 110, 149)]


def test_a_face_hidden_across_the_seam_is_found_again() -> None:
    known = ({1: samples(0)}, {1: samples(0)})
    (whole,), _ = joined([track(1, range(95))], [track(1, range(104, 150))], known)
    assert whole.frames.tolist() == [*range(95), *range(104, 150)]


def test_somebody_else_in_the_same_place_is_not() -> None:
    known = ({1: samples(0)}, {1: samples(1)})
    assert len(joined([track(1, range(95))], [track(1, range(104, 150))], known)[0]) == 2
    assert len(joined([track(1, range(95))], [track(1, range(104, 150), 600.0)], ({}, {}))[0]) == 2
    assert len(joined([track(1, range(70))], [track(1, range(104, 150))])[0]) == 2


def test_nobody_is_found_again_across_a_cut() -> None:
    shots = (Shot(92, 104), Shot(104, 200))
    assert len(joined([track(1, range(100))], [track(1, range(104, 150))], shots=shots)[0]) == 2


def test_a_face_found_earlier_by_the_second_piece_begins_there() -> None:
    (whole,), _ = joined([track(1, range(97, 100))], [track(1, range(94, 150))])
    assert whole.frames.tolist() == list(range(94, 150))


def test_the_best_samples_of_both_sides_are_kept() -> None:
    known = ({1: samples(0, 94, 0.5)}, {1: samples(0, 96, 0.9)})
    _, kept = joined([track(1, range(100))], [track(1, range(92, 150))], known)
    assert kept[1].frames.tolist() == [96]
    assert kept[1].thumbnail == b"picture 96"


def test_tracks_without_dense_landmarks_are_joined_too() -> None:
    points = Landmarks(np.zeros((5, 2), np.float32))
    plain = Face(Box(0, 0, 50, 50), 1.0, points)
    pair = [Track.of(1, {i: replace(plain) for i in frames}) for frames in (range(100), range(92, 120))]
    (whole,), _ = joined([pair[0]], [pair[1]])
    assert len(whole) == 120
