"""What FaceAnalyser promises for every kind of picture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage import data

from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.landmark_maps import to_5


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut())


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_dtype_gives_the_same_face(analyser: FaceAnalyser, picture: np.ndarray, dtype: str) -> None:
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    (expected,) = analyser.find(picture)
    (found,) = analyser.find((picture.astype(np.float64) * scale).astype(dtype))
    np.testing.assert_allclose(found.landmarks.xy, expected.landmarks.xy, atol=0.05)  # type: ignore[union-attr]
    np.testing.assert_allclose(found.embedding, expected.embedding, atol=0.01)  # type: ignore[arg-type]


def test_a_face_is_complete_and_consistent(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    (face,) = analyser.find(picture)
    landmarks = face.landmarks
    assert landmarks is not None
    assert landmarks.xy.shape == (478, 2)
    assert landmarks.xy.dtype == np.float32
    assert landmarks.z is not None
    assert landmarks.z[4] < landmarks.z[[234, 454]].min()  # the nose is nearer than the ears
    np.testing.assert_array_equal(face.keypoints.xy, to_5(landmarks).xy)
    assert face.keypoints.xy[0, 0] < face.keypoints.xy[1, 0]
    assert landmarks.xy[468, 0] < landmarks.xy[473, 0]  # the image-left iris comes first
    assert face.box.x0 <= landmarks.xy[:468, 0].min() + 1e-3
    assert face.box.y1 >= landmarks.xy[:468, 1].max() - 1e-3
    assert 0.5 < face.score <= 1
    assert face.visibility > 0.99
    assert face.picture is picture
    assert face.embedding is not None
    assert face.embedding.shape == (128,)


def test_the_input_is_not_touched_and_may_be_read_only(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    locked = picture.copy()
    locked.flags.writeable = False
    assert len(analyser.find(locked)) == 1
    np.testing.assert_array_equal(locked, picture)


def test_a_view_with_strides_works(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    assert len(analyser.find(np.repeat(picture, 2, axis=1)[:, ::2], embed=False)) == 1
    assert len(analyser.find(picture[..., ::-1], embed=False)) == 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 400, 3), (400, 2, 3), (30, 30, 3)])
@pytest.mark.parametrize("detail", ["fast", "auto", "wide"])
def test_tiny_pictures_have_no_faces(analyser: FaceAnalyser, shape: tuple[int, ...], detail: str) -> None:
    assert analyser.find(np.full(shape, 128, np.uint8), detail=detail) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.zeros((20, 20), np.uint8), np.zeros((20, 20, 4), np.uint8), np.zeros((20, 20, 3))])
def test_other_arrays_are_refused_with_what_is_supported(analyser: FaceAnalyser, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="supported"):
        analyser.find(bad)


def test_the_same_picture_gives_the_same_bits(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    first, second = analyser.find(picture)[0], analyser.find(picture)[0]
    np.testing.assert_array_equal(first.landmarks.xyz, second.landmarks.xyz)  # type: ignore[union-attr]
    np.testing.assert_array_equal(first.embedding, second.embedding)  # type: ignore[arg-type]


def test_threads_may_share_an_analyser(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    expected = analyser.find(picture)[0].landmarks.xy  # type: ignore[union-attr]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: analyser.find(picture)[0].landmarks.xy, range(8)))  # type: ignore[union-attr]
    for xy in found:
        np.testing.assert_array_equal(xy, expected)


def test_without_embedding_none_is_computed(analyser: FaceAnalyser, picture: np.ndarray) -> None:
    assert analyser.find(picture, embed=False)[0].embedding is None
