"""The bundled networks against what their original runtimes answered (recorded by tools/record_weights.py)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from facefusion.models import card_named, open_session

GOLDEN = Path(__file__).parents[2] / "golden/weights"

LIPS = {61: 0, 291: 10, 13: 35, 14: 25}  # a few points and their place among the refined ones
LEFT_EYE = {33: 0, 133: 8, 159: 12, 145: 4}
RIGHT_EYE = {263: 0, 362: 8, 386: 12, 374: 4}


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut()[..., :3])


def recorded(name: str, astronaut: np.ndarray) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / f"{name}.npz") as arrays:
        assert str(arrays["astronaut_sha256"]) == hashlib.sha256(astronaut.tobytes()).hexdigest()
        return {key: arrays[key] for key in arrays if key != "astronaut_sha256"}


def answers(name: str, astronaut: np.ndarray, rows: slice, columns: slice) -> list[Any]:
    """What the bundled network says of a cut of the picture and of seeded noise, together in one batch."""
    picture = astronaut[rows, columns]
    noise = np.random.default_rng(7).integers(0, 256, picture.shape, dtype=np.uint8)
    return list(open_session(name).run(card_named(name).inputs[0].encode_many([picture, noise])))


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("blazeface_short_range", slice(20, 276, 2), slice(100, 356, 2)),
        ("blazeface_full_range", slice(0, 384, 2), slice(60, 444, 2)),
    ],
)
def test_detector(astronaut: np.ndarray, name: str, rows: slice, columns: slice) -> None:
    expected = recorded(name, astronaut)
    boxes, scores = answers(name, astronaut, rows, columns)
    assert scores[0].max() > 0  # the face is found
    assert scores[0].max() > scores[1].max() + 1  # surer than in noise
    np.testing.assert_allclose(scores, expected["scores"], rtol=1e-4, atol=2e-3)  # logits
    np.testing.assert_allclose(boxes[:, ::4], expected["boxes"], rtol=1e-4, atol=2e-3)  # pixels


def test_landmarks(astronaut: np.ndarray) -> None:
    expected = recorded("face_mesh_attention", astronaut)
    points, presence = answers("face_mesh_attention", astronaut, slice(20, 212), slice(130, 322))
    np.testing.assert_allclose(presence.ravel(), expected["presence"].ravel(), atol=1e-4)
    assert presence[0, 0] > 0.99
    mesh = expected["mesh"].reshape(2, 468, 3)
    np.testing.assert_allclose(points[:, :468, 2], mesh[..., 2], atol=2e-3)
    for part, places in (("lips", LIPS), ("left_eye", LEFT_EYE), ("right_eye", RIGHT_EYE)):
        refined = expected[part].reshape(2, -1, 2)
        for point, place in places.items():
            np.testing.assert_allclose(points[:, point, :2], refined[:, place], atol=2e-3)
    np.testing.assert_allclose(points[:, 468:473, :2], expected["left_iris"].reshape(2, 5, 2), atol=2e-3)
    np.testing.assert_allclose(points[:, 473:478, :2], expected["right_iris"].reshape(2, 5, 2), atol=2e-3)
    nose = [1, 4, 5, 195, 10, 152, 234, 454]  # of no refined part
    np.testing.assert_allclose(points[:, nose, :2], mesh[:, nose, :2], atol=2e-3)


def test_landmarks_in_a_turned_crop_against_mediapipe(astronaut: np.ndarray) -> None:
    expected = recorded("mediapipe", astronaut)
    (x, y, width, height), (left, right) = expected["box"].astype(float), expected["eyes"].astype(float)
    side = 1.5 * max(width, height)
    cosine, sine = (right - left) / np.hypot(*(right - left)) * 192 / side
    centre = np.array([x + width / 2, y + height / 2])
    turn = np.array([[cosine, sine], [-sine, cosine]])
    matrix = np.column_stack([turn, 96 - turn @ centre])
    crop = cv2.warpAffine(astronaut, matrix, (192, 192))
    session = open_session("face_mesh_attention")
    points = session.run(session.inputs[0].encode(crop))[0][0].astype(float)
    found = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(turn).T
    distance = np.linalg.norm(found - expected["landmarks"][:, :2], axis=1)
    assert distance.mean() < 0.05  # pixels, the eyes are 60 apart
    assert distance.max() < 0.25
    assert np.abs(points[:, 2] * side / 192 - expected["landmarks"][:, 2]).mean() < 0.05


def test_segmentation(astronaut: np.ndarray) -> None:
    expected = recorded("selfie_segmentation", astronaut)["person"]
    (person,) = answers("selfie_segmentation", astronaut, slice(0, 512, 2), slice(0, 512, 2))
    np.testing.assert_allclose(person[:, ::4, ::4, 0], expected, atol=1e-3)
    assert 0.3 < (person[0] > 0.5).mean() < 0.8


def test_identity(astronaut: np.ndarray) -> None:
    expected = recorded("dlib_resnet_v1", astronaut)["embedding"]
    (embedding,) = answers("dlib_resnet_v1", astronaut, slice(40, 190), slice(150, 300))
    assert embedding.shape == (2, 128)
    np.testing.assert_allclose(embedding, expected, atol=1e-5)
    assert not np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=0.05)  # not normalised


def test_content_checker(astronaut: np.ndarray) -> None:
    """Eight bits instead of thirty-two: within 0.03 of the original, picture and noise."""
    expected = recorded("open_nsfw", astronaut)
    (scores,) = answers("open_nsfw", astronaut, slice(0, 448, 2), slice(0, 448, 2))
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(scores, expected["scores"], atol=0.03)


@pytest.mark.parametrize(
    "name",
    [
        "blazeface_short_range",
        "blazeface_full_range",
        "face_mesh_attention",
        "selfie_segmentation",
        "dlib_resnet_v1",
        "open_nsfw",
    ],
)
def test_a_batch_is_its_rows(name: str) -> None:
    session = open_session(name)
    shape = (3, *(length for length in session.inputs[0].shape[1:] if isinstance(length, int)))
    batch = np.random.default_rng(3).random(shape, dtype=np.float32)
    together = session.run(batch)
    for row in range(3):
        for whole, single in zip(together, session.run(batch[row : row + 1]), strict=True):
            np.testing.assert_allclose(whole[row], single[0], rtol=1e-5, atol=1e-4)
