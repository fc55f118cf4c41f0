"""Finding the astronaut at many sizes, rolls and exposures, alone and in a crowd. The bars are measured ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from facefusion.core import Face, Landmarks
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.detect import Proposer
from facefusion.geometry import transforms

FACE_PX = 106  # side of the detector's box on the astronaut


def resized(picture: np.ndarray, factor: float) -> np.ndarray:
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=mode)


def error(found: Face, truth: Face, matrix: np.ndarray | None = None) -> float:
    """Mean distance of landmarks, as a part of the eye distance; `matrix` leads from the truth's picture."""
    expected = truth.landmarks.xy if matrix is None else transforms.apply(matrix, truth.landmarks.xy)  # type: ignore[union-attr]
    scale = 1.0 if matrix is None else transforms.scale_of(matrix)
    distance = np.linalg.norm(found.landmarks.xy - expected, axis=1).mean()  # type: ignore[union-attr]
    return float(distance / (truth.eye_distance_px * scale))


@pytest.mark.parametrize("face_px", [24, 32, 48, 80, 200, 500, 1200])
def test_any_size(analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, face_px: int) -> None:
    factor = face_px / FACE_PX
    found = analyser.find(resized(astronaut, factor), embed=False)
    assert len(found) == 1
    half = (factor - 1) / 2
    matrix = np.array([[factor, 0, half], [0, factor, half]], np.float32)
    assert error(found[0], astronaut_face, matrix) < (0.045 if face_px < 40 else 0.02)


def test_a_face_that_fills_the_frame(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    found = analyser.find(resized(astronaut[68:178, 176:276], 6), embed=False)
    assert len(found) == 1
    assert found[0].box.height > 550


@pytest.mark.parametrize("roll", range(0, 360, 30))
def test_any_roll(analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, roll: int) -> None:
    matrix = cv2.getRotationMatrix2D((224, 120), -roll, 1).astype(np.float32)
    found = analyser.find(cv2.warpAffine(astronaut, matrix, (512, 512)), embed=False)
    assert len(found) == 1
    assert error(found[0], astronaut_face, matrix) < 0.012  # measured: 0.0025 to 0.007
    turned = found[0].pose.roll_deg - astronaut_face.pose.roll_deg - roll  # type: ignore[union-attr]
    assert abs((turned + 180) % 360 - 180) < 1.5


@pytest.mark.parametrize(
    ("gain", "offset", "noise"), [(0.08, 0, 2), (0.04, 0, 1), (2.0, 0, 0), (2.0, 40, 0), (0.25, 180, 0)]
)
def test_any_exposure(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, gain: float, offset: int, noise: float
) -> None:
    grain = np.random.default_rng(0).normal(0, noise, astronaut.shape) if noise else 0
    picture = np.clip(astronaut * gain + offset + grain, 0, 255).astype(np.uint8)
    found = analyser.find(picture, embed=False)
    assert len(found) == 1
    assert error(found[0], astronaut_face) < 0.06


def test_a_dark_face_before_a_bright_ground(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    picture = np.full_like(astronaut, 250)
    picture[:, 100:400] = astronaut[:, 100:400] // 10
    found = analyser.find(picture, embed=False)
    assert len(found) == 1
    assert error(found[0], astronaut_face) < 0.02


def test_small_faces_in_a_wide_shot(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    tile = resized(astronaut[0:260, 90:350], 28 / FACE_PX)
    picture = np.full((720, 1280, 3), 100, np.uint8)
    places = [(60, 100), (420, 330), (1000, 600), (800, 60), (30, 560)]
    for x, y in places:
        picture[y : y + len(tile), x : x + len(tile)] = tile
    found = analyser.find(picture, embed=False)
    centers = sorted((round(f.box.center[0] - 35.5), round(f.box.center[1] - 32)) for f in found)
    assert len(found) == len(places)
    np.testing.assert_allclose(centers, sorted(places), atol=4)


def test_several_faces_of_several_sizes_and_rolls(analyser: FaceAnalyser, astronaut: np.ndarray) -> None:
    tile = astronaut[0:260, 90:350]
    picture = np.zeros((520, 780, 3), np.uint8)
    picture[:260, :260], picture[:260, 260:520] = tile, np.rot90(tile)
    picture[260:, :260], picture[350:480, 400:530] = np.rot90(tile, 2), resized(tile, 0.5)
    found = analyser.find(picture, embed=False, detail="wide")
    assert [round(f.pose.roll_deg / 90) % 4 for f in found].count(0) == 2  # type: ignore[union-attr]
    assert sorted(round(f.pose.roll_deg / 90) % 4 for f in found) == [0, 0, 2, 3]  # type: ignore[union-attr]
    assert found[0].box.area >= found[-1].box.area * 3


@pytest.mark.parametrize("name", ["brick", "coins", "moon", "text", "gravel", "chelsea", "coffee", "rocket"])
def test_no_face_where_there_is_none(analyser: FaceAnalyser, name: str) -> None:
    picture = getattr(data, name)()
    picture = np.dstack([picture] * 3) if picture.ndim == 2 else picture
    assert analyser.find(np.ascontiguousarray(picture[..., :3]), embed=False, detail="wide") == ()


def test_the_mirrored_picture_has_the_mirrored_face(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    from facefusion.geometry.mesh import canonical_mesh

    (found,) = analyser.find(np.ascontiguousarray(astronaut[:, ::-1]), embed=False)
    expected = astronaut_face.landmarks.xy[canonical_mesh().mirror] * (-1, 1) + (511, 0)  # type: ignore[union-attr]
    distance = np.linalg.norm(found.landmarks.xy - expected, axis=1).mean()  # type: ignore[union-attr]
    assert distance / astronaut_face.eye_distance_px < 0.02
    assert found.pose.yaw_deg == pytest.approx(-astronaut_face.pose.yaw_deg, abs=2)  # type: ignore[union-attr]


@pytest.mark.shared_media
@pytest.mark.parametrize("folder", ["people", "portraits_pairs", "historic"])
def test_one_face_in_each_portrait(analyser: FaceAnalyser, shared_media: Path, folder: str) -> None:
    for path in sorted((shared_media / folder).glob("*.jpg")):
        picture = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
        found = analyser.find(picture, embed=False)
        assert len(found) == 1, path.name
        assert found[0].visibility > 0.9, path.name
        assert abs(found[0].pose.roll_deg) < 30, path.name  # type: ignore[union-attr]


@pytest.mark.shared_media
def test_any_roll_of_other_people(analyser: FaceAnalyser, shared_media: Path) -> None:
    """Measured over 18 people and 11 rolls: mean 0.0051 of the eye distance, 95th percentile 0.0096, worst 0.030."""
    errors = []
    for path in sorted((shared_media / "people").glob("*.jpg"))[::6]:
        picture = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
        height, width = picture.shape[:2]
        truth = analyser.find(picture, embed=False)[0]
        for roll in (45, 105, 150, 240):
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -roll, 0.7).astype(np.float32)
            (found,) = analyser.find(cv2.warpAffine(picture, matrix, (width, height)), embed=False)
            errors.append(error(found, truth, matrix))
    assert np.mean(errors) < 0.01
    assert max(errors) < 0.05


def turned_landmarks(face: Face, turn_deg: float) -> Landmarks:
    """The face's landmarks as a reading would have them that took the face to be turned by `turn_deg`."""
    xy = face.landmarks.xy  # type: ignore[union-attr]
    center = (float(xy[:, 0].mean()), float(xy[:, 1].mean()))
    around = cv2.getRotationMatrix2D(center, -turn_deg, 1.0).astype(np.float32)
    return Landmarks(transforms.apply(around, xy), face.landmarks.z)  # type: ignore[union-attr]


def test_a_followed_face_is_there_after_one_look(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("looked at other turns of a face that is surely upright")

    monkeypatch.setattr(Proposer, "close_up", refused)
    assert astronaut_face.landmarks is not None
    assert analyser.finder.is_there(astronaut, astronaut_face.landmarks)


@pytest.mark.parametrize("turn_deg", [90, 180, 270])
def test_a_face_that_was_read_at_another_turn_is_not_there(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, turn_deg: float
) -> None:
    assert not analyser.finder.is_there(astronaut, turned_landmarks(astronaut_face, turn_deg))


def test_no_face_is_there_on_a_wall(analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face) -> None:
    assert astronaut_face.landmarks is not None
    assert not analyser.finder.is_there(np.full_like(astronaut, 90), astronaut_face.landmarks)
