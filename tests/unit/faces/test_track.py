"""Following the astronaut through clips made from one picture, where the true place is known in every frame."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from facefusion.core import Analysis, Face, Track
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.track import FaceTracker, TrackerOptions, fill_gaps
from facefusion.geometry import transforms

WIDTH, HEIGHT = 480, 270


def frame(picture: np.ndarray, x: float, y: float, *, roll: float = 0, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """A frame with the astronaut's head at (x, y), with a little noise."""
    matrix = cv2.getRotationMatrix2D((224, 122), -roll, scale)
    matrix[:, 2] += (x - 224, y - 122)
    warped = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderValue=(90, 90, 90))
    return np.clip(warped + np.random.default_rng(seed).normal(0, 2, warped.shape), 0, 255).astype(np.uint8)


def tracked(analyser: FaceAnalyser, frames: list[np.ndarray], **options: object) -> tuple[Track, ...]:
    tracker = FaceTracker(analyser, TrackerOptions(**{"embed": False, **options}))  # type: ignore[arg-type]
    for index, pixels in enumerate(frames):
        tracker.update(pixels, index)
    return tracker.tracks()


def test_a_moving_face_is_one_track_in_the_right_place(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    places = [(240 + 60 * np.sin(i / 6), 130 + 10 * np.cos(i / 4), 10 * np.sin(i / 5)) for i in range(36)]
    tracks = tracked(analyser, [frame(astronaut, x, y, roll=r, seed=i) for i, (x, y, r) in enumerate(places)])
    assert [len(track.faces) for track in tracks] == [36]
    for index, (x, y, roll) in enumerate(places):
        matrix = cv2.getRotationMatrix2D((224, 122), -roll, 1.0).astype(np.float32)
        matrix[:, 2] += (x - 224, y - 122)
        expected = transforms.apply(matrix, astronaut_face.landmarks.xy)  # type: ignore[union-attr]
        found = tracks[0].faces[index].landmarks.xy  # type: ignore[union-attr]
        assert np.linalg.norm(found - expected, axis=1).mean() < 0.03 * astronaut_face.eye_distance_px


def test_landmarks_of_a_still_face_do_not_tremble(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    """Measured: 0.0030 of the eye distance at 43 px and noise 2; 0.0018 at 64 px."""
    (track,) = tracked(analyser, [frame(astronaut, 240, 130, seed=i) for i in range(24)])
    points = np.array([track.faces[i].landmarks.xy for i in range(4, 24)])  # type: ignore[union-attr]
    spread = np.sqrt(points.var(axis=0).sum(axis=1).mean())
    assert spread / track.faces[0].eye_distance_px < 0.006


def test_the_one_euro_filter_halves_the_jitter(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    frames = [frame(astronaut, 240, 130, seed=i) for i in range(24)]
    jitter = []
    for smooth in (False, True):
        (track,) = tracked(analyser, frames, smooth=smooth)
        points = np.array([track.faces[i].landmarks.xy for i in range(4, 24)])  # type: ignore[union-attr]
        jitter.append(np.abs(np.diff(points, n=2, axis=0)).mean())
    assert jitter[1] < 0.5 * jitter[0]


def test_a_two_frame_miss_is_one_track_and_is_filled(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    frames = [frame(astronaut, 200 + 3 * i, 130, seed=i) for i in range(20)]
    frames[9][:], frames[10][:] = 0, 0
    (track,) = tracked(analyser, frames)
    assert sorted(set(range(20)) - set(track.faces)) == [9, 10]
    filled = fill_gaps(track)
    assert sorted(filled.faces) == list(range(20))
    assert [filled.faces[i].score == 0 for i in (8, 9, 10, 11)] == [False, True, True, False]
    steps = [filled.faces[i].box.center[0] for i in range(8, 12)]
    assert all(1.5 < b - a < 4.5 for a, b in pairwise(steps))


def cover(part: tuple[slice, slice]) -> Callable[[np.ndarray], None]:
    def paint(pixels: np.ndarray) -> None:
        pixels[part] = (190, 140, 120)

    return paint


@pytest.mark.parametrize("part", [(slice(135, 200), slice(150, 330)), (slice(60, 200), slice(150, 236))])
def test_a_hand_over_half_of_the_face_does_not_end_the_track(
    analyser: FaceAnalyser, astronaut: np.ndarray, part: tuple[slice, slice]
) -> None:
    frames = [frame(astronaut, 240, 130, seed=i) for i in range(24)]
    for pixels in frames[6:18]:
        cover(part)(pixels)
    (track,) = tracked(analyser, frames)
    assert len(track.faces) == 24


def test_a_face_hidden_for_half_a_second_comes_back_as_itself(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    frames = [frame(astronaut, 240, 130, seed=i) for i in range(34)]
    for pixels in frames[8:20]:
        cover((slice(40, 230), slice(150, 330)))(pixels)
    (track,) = tracked(analyser, frames, embed=True)
    assert set(range(8)) | set(range(22, 34)) <= set(track.faces)
    assert not set(range(9, 20)) & set(track.faces)


def test_nothing_is_followed_where_there_is_no_face(analyser: FaceAnalyser) -> None:
    noise = [np.random.default_rng(i).integers(40, 200, (HEIGHT, WIDTH, 3)).astype(np.uint8) for i in range(12)]
    assert tracked(analyser, noise) == ()


def test_averaging_over_crops_steadies_landmarks(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    """Measured: jitter 0.0040, 0.0033 and 0.0030 of the eye distance with one, two and four crops."""
    frames = [frame(astronaut, 240, 130, seed=i) for i in range(20)]
    jitter = []
    for crops in (1, 4):
        (track,) = tracked(analyser, frames, crops=crops)
        points = np.array([track.faces[i].landmarks.xy for i in range(4, 20)])  # type: ignore[union-attr]
        jitter.append(np.abs(np.diff(points, n=2, axis=0)).mean())
    assert jitter[1] < 0.9 * jitter[0]


def test_a_face_that_comes_in_is_followed_back_to_where_it_came_in(
    analyser: FaceAnalyser, astronaut: np.ndarray
) -> None:
    frames = [frame(astronaut, -150 + 14 * i, 130, seed=i) for i in range(30)]
    tracker = FaceTracker(analyser, TrackerOptions(embed=False))
    live = [bool(tracker.update(pixels, i)) for i, pixels in enumerate(frames)]
    (track,) = tracker.tracks()
    assert track.last == 29
    assert track.first <= live.index(True)
    assert track.first <= 16  # the whole face is in the frame from 14 on
    assert sorted(track.faces) == list(range(track.first, 30))


def test_two_people_are_two_tracks_and_keep_their_ids(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    left = [frame(astronaut, 130, 130, seed=i)[:, :240] for i in range(16)]
    right = [frame(astronaut[:, ::-1], 350 - (511 - 2 * 224), 130, scale=0.8, seed=i)[:, 240:] for i in range(16)]
    frames = [np.hstack(pair) for pair in zip(left, right, strict=True)]
    tracks = tracked(analyser, frames)
    assert [len(track.faces) for track in tracks] == [16, 16]
    analysis = Analysis(16, WIDTH, HEIGHT, tracks=tracks)
    together = {index: analysis.faces_in(index) for index in analysis.frames_with_faces()}
    for faces in together.values():
        assert [face.track_id for face in faces] == [together[0][0].track_id, together[0][1].track_id]
        assert faces[0].box.area > faces[1].box.area


def test_a_cut_ends_every_track(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    tracker = FaceTracker(analyser, TrackerOptions(embed=False))
    for index in range(8):
        if index == 4:
            tracker.reset()
        tracker.update(frame(astronaut, 150 if index < 4 else 300, 130, seed=index), index)
    assert [(track.first, track.last) for track in tracker.tracks()] == [(0, 3), (4, 7)]


def test_faces_of_a_tracker_carry_no_pictures(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    (track,) = tracked(analyser, [frame(astronaut, 240, 130)])
    assert track.faces[0].picture is None
    assert track.faces[0].track_id == track.track_id


def test_evidence_is_spread_over_the_track_and_bounded(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    tracker = FaceTracker(analyser)
    for index in range(40):
        tracker.update(frame(astronaut, 240, 130, scale=0.6 + 0.01 * index, seed=index), index)
    evidence = tracker.evidence()[tracker.tracks()[0].track_id]
    frames = sorted(sample.frame_index for sample in evidence.samples)
    assert 2 <= len(frames) <= 4
    assert all(b - a >= 6 for a, b in pairwise(frames))
    assert evidence.best is not None
    assert evidence.best.thumbnail.shape == (192, 192, 3)
    assert np.linalg.norm(evidence.embedding - astronaut_face.embedding) < 0.3  # type: ignore[operator]


@pytest.mark.shared_media
def test_a_real_performance_is_one_unbroken_track(analyser: FaceAnalyser, shared_media: Path) -> None:
    """Strong expressions, blinks and turns: every frame of the clip, and the landmarks move smoothly."""
    import av

    with av.open(str(shared_media / "clips" / "lp_d0_green.mp4")) as clip:
        frames = [item.to_ndarray(format="rgb24") for item in clip.decode(video=0)]
    (track,) = tracked(analyser, frames)
    assert len(track.faces) == len(frames) == 78
    points = np.array([track.faces[i].landmarks.xy for i in range(78)])  # type: ignore[union-attr]
    jump = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    assert jump.max() < 0.06 * track.faces[0].eye_distance_px


class Sliding:
    """A stand-in for the flow: the picture slides by `step` from frame to frame, surely or not."""

    def __init__(self, step: tuple[float, float], sure: float = 1.0) -> None:
        self.step, self.sure, self.calls = step, sure, 0

    def between(self, before: np.ndarray, after: np.ndarray, xy: np.ndarray) -> np.ndarray:
        self.calls += 1
        return np.tile(np.array([*self.step, self.sure], np.float32), (len(xy), 1))


def slid(picture: np.ndarray, count: int = 12) -> list[np.ndarray]:
    return [frame(picture, 220 + 3 * i, 130, seed=i) for i in range(count)]


def test_faces_know_how_their_skin_moved(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    tracker = FaceTracker(analyser, TrackerOptions(embed=False), motion=Sliding((3, 0)))
    for index, pixels in enumerate(slid(astronaut)):
        tracker.update(pixels, index)
    (track,) = tracker.tracks()
    assert not track.face(0).moved.any()  # type: ignore[union-attr]
    assert all(np.array_equal(track.face(i).moved[5], (3, 0, 1)) for i in range(1, 12))  # type: ignore[index]


def test_faces_are_carried_between_key_frames(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    options = TrackerOptions(embed=False, key_frame_interval=4)
    tracker = FaceTracker(analyser, options, motion=Sliding((3, 0)))
    for index, pixels in enumerate(slid(astronaut)):
        tracker.update(pixels, index)
    (track,) = tracker.tracks()
    scores = [track.face(index, dense=False).score for index in range(12)]
    assert [score > 0 for score in scores] == [index % 4 == 0 for index in range(12)]
    carried = track.face(7).landmarks.xy - track.face(4).landmarks.xy  # type: ignore[union-attr]
    assert carried == pytest.approx(np.tile([9.0, 0.0], (478, 1)), abs=0.05)


def test_a_doubtful_movement_is_not_followed(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    options = TrackerOptions(embed=False, key_frame_interval=4)
    tracker = FaceTracker(analyser, options, motion=Sliding((40, 0), sure=0.5))
    for index, pixels in enumerate(slid(astronaut)):
        tracker.update(pixels, index)
    (track,) = tracker.tracks()
    assert all(track.face(index, dense=False).score > 0 for index in range(12))


def test_a_face_that_is_followed_back_knows_its_movement_too(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    empty = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    tracker = FaceTracker(analyser, TrackerOptions(embed=False), motion=Sliding((3, 0)))
    for index, pixels in enumerate([empty, empty, *slid(astronaut)]):
        tracker.update(pixels, index)
    (track,) = tracker.tracks()
    assert track.first == 2
    assert all(track.face(index).moved.any() for index in range(3, 14))  # type: ignore[union-attr]
