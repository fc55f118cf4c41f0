"""From 478 points to 5, 68 and 106."""

import numpy as np
import pytest

from facefusion.core import Landmarks
from facefusion.geometry import landmark_maps
from facefusion.geometry.mesh import canonical_mesh

MIRROR_68 = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46,
             39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66,
             65]  # fmt: skip


@pytest.fixture(scope="module")
def frontal() -> Landmarks:
    """The canonical face looking into the camera, 10 px a centimetre, with irises in the middle of the eyes."""
    mesh = canonical_mesh()
    flat = mesh.vertices_cm[:, :2] * (10, -10) + (100, 100)
    irises = [flat[mesh.regions[f"image_{side}_eye"]].mean(axis=0) for side in ("left", "right")]
    return Landmarks(np.vstack([flat, *[[iris] * 5 for iris in irises]]).astype(np.float32), np.zeros(478, np.float32))


def test_five_points(frontal: Landmarks) -> None:
    left_eye, right_eye, nose, mouth_left, mouth_right = landmark_maps.to_5(frontal).xy
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < nose[0] < mouth_right[0]
    assert left_eye[1] < nose[1] < mouth_left[1]
    np.testing.assert_allclose(left_eye[1], right_eye[1], atol=1e-3)


def test_68_points_are_symmetric_and_in_ibug_order(frontal: Landmarks) -> None:
    xy = landmark_maps.to_68(frontal).xy
    assert xy.shape == (68, 2)
    np.testing.assert_allclose((200, 0) - xy[MIRROR_68] * (1, -1), xy, atol=1e-3)
    assert np.all(np.diff(xy[1:16, 0]) > 0)  # the jaw runs from image-left to image-right
    assert xy[8, 1] == xy[:, 1].max()  # the chin is the lowest point
    assert np.all(np.diff(xy[27:31, 1]) > 0)  # the bridge runs down
    assert xy[36, 0] < xy[39, 0] < xy[42, 0] < xy[45, 0]  # eye corners from left to right


def test_106_points(frontal: Landmarks) -> None:
    xy = landmark_maps.to_106(frontal).xy
    assert xy.shape == (106, 2)
    np.testing.assert_allclose(landmark_maps.weights_106().sum(axis=1), 1, atol=1e-6)
    assert np.argmax(xy[:, 1]) == 16  # the chin
    assert np.all(np.diff(xy[1:32, 0]) > 0)
    np.testing.assert_allclose(xy[:33][::-1] * (-1, 1) + (200, 0), xy[:33], atol=1e-3)
    np.testing.assert_allclose(xy[104], frontal.xy[468], atol=1e-4)
    np.testing.assert_allclose(xy[84:96].mean(axis=0)[0], 100, atol=0.5)


def test_depth_follows() -> None:
    landmarks = Landmarks(np.zeros((478, 2), np.float32), np.arange(478, dtype=np.float32))
    assert landmark_maps.to_68(landmarks).z[36] == 33  # type: ignore[index]
    assert landmark_maps.to_5(landmarks).z[2] == 4  # type: ignore[index]
