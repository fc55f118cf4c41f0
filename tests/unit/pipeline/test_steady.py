"""What the renderer gets: faces smoothed within their track and shot, the same whoever asks and in whatever order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.temporal.tracks import Head, head

from facefusion.core import Analysis, Face, Landmarks, Shot, Track
from facefusion.faces.analyser import face_of
from facefusion.pipeline.steady import SteadyFaces, confidence_of
from facefusion.temporal.settings import TemporalSettings

COUNT = 300


def face(points: np.ndarray, moved: np.ndarray | None = None, score: float = 0.9) -> Face:
    found = face_of(Landmarks(np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2])), score, 1.0)
    return replace(found, moved=moved)


def analysis_of(one: Head, shots: tuple[Shot, ...] = ()) -> Analysis:
    faces = {index: face(points, one.moved[index]) for index, points in enumerate(one.noisy)}
    count = len(one.noisy)
    return Analysis(count, 400, 400, shots=shots or (Shot(0, count),), tracks=(Track.of(1, faces),))


@pytest.fixture(scope="module")
def turning() -> Head:
    return head(20 * np.sin(np.arange(COUNT) / 12), noise=0.25, seed=3)


def xy(faces: SteadyFaces, index: int) -> np.ndarray:
    (found,) = faces.faces_in(index)
    assert found.landmarks is not None
    return found.landmarks.xy


def test_faces_are_steadier_and_nearer_to_the_truth(turning: Head) -> None:
    steady = SteadyFaces(analysis_of(turning), TemporalSettings())
    result = np.stack([xy(steady, index) for index in range(COUNT)])
    assert (
        np.abs(result - turning.truth[..., :2]).mean() < 0.5 * np.abs((turning.noisy - turning.truth)[..., :2]).mean()
    )


def test_box_keypoints_and_pose_follow_the_steady_landmarks(turning: Head) -> None:
    (found,) = SteadyFaces(analysis_of(turning), TemporalSettings()).faces_in(40)
    assert found.landmarks is not None
    expected = face_of(found.landmarks, found.score, found.visibility)
    assert (found.box, found.pose) == (expected.box, expected.pose)
    assert np.array_equal(found.keypoints.xy, expected.keypoints.xy)
    assert found.track_id == 1


def test_one_shape_for_the_whole_track(turning: Head) -> None:
    steady = SteadyFaces(analysis_of(turning), TemporalSettings())
    shapes = [steady.faces_in(index)[0].shape for index in (0, 130, COUNT - 1)]
    assert shapes[0] is not None
    assert all(np.array_equal(shape, shapes[0]) for shape in shapes)  # type: ignore[arg-type]


def test_the_order_of_asking_changes_nothing(turning: Head) -> None:
    analysis = analysis_of(turning)
    ahead, behind = (SteadyFaces(analysis, TemporalSettings()) for _ in range(2))
    forwards = {index: xy(ahead, index) for index in range(0, COUNT, 7)}
    for index in reversed(forwards):
        assert np.array_equal(xy(behind, index), forwards[index])


def test_nothing_crosses_a_cut(turning: Head) -> None:
    shots = (Shot(0, 100), Shot(100, COUNT))
    jumping = replace(turning, noisy=turning.noisy.copy())
    jumping.noisy[100:, :, :2] += 80
    one, other = (SteadyFaces(analysis_of(part, shots), TemporalSettings()) for part in (turning, jumping))
    before = [np.abs(xy(one, index) - xy(other, index)).max() for index in (97, 98, 99)]
    after = [np.abs(xy(other, index) - xy(one, index) - 80).max() for index in (100, 101, 102)]
    assert max(before) < 1.0
    assert max(after) < 1.0


def test_a_coefficient_of_zero_gives_the_measured_faces(turning: Head) -> None:
    analysis = analysis_of(turning)
    (found,) = SteadyFaces(analysis, TemporalSettings(smoothing=0.0)).faces_in(7)
    (measured,) = analysis.faces_in(7)
    assert np.array_equal(found.landmarks.xy, measured.landmarks.xy)  # type: ignore[union-attr]
    assert found.shape is None


def test_a_picture_and_an_empty_frame_are_as_measured(turning: Head) -> None:
    single = Analysis(1, 400, 400, shots=(Shot(0, 1),), tracks=(Track.of(1, {0: face(turning.noisy[0])}),))
    steady = SteadyFaces(single, TemporalSettings())
    assert np.array_equal(xy(steady, 0), single.faces_in(0)[0].landmarks.xy)  # type: ignore[union-attr]
    assert steady.faces_in(5) == ()


def test_filled_faces_are_not_believed(turning: Head) -> None:
    faces = {index: face(turning.noisy[index], score=0.0 if index == 3 else 0.9) for index in range(8)}
    trust = confidence_of(Track.of(1, faces), slice(0, 8))
    assert trust[3] == 0
    assert trust[[0, 7]] == pytest.approx([1, 1])
