"""Identity embeddings: stable under what does not change a person, apart for different people."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from facefusion.core import Face
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import SAME_PERSON, distance, distances


@pytest.mark.parametrize("change", ["smaller", "turned", "darker", "mirrored"])
def test_the_same_person_stays_near(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face, change: str
) -> None:
    picture = {
        "smaller": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "turned": lambda p: np.ascontiguousarray(np.rot90(p)),
        "darker": lambda p: (p * 0.3).astype(np.uint8),
        "mirrored": lambda p: np.ascontiguousarray(p[:, ::-1]),
    }[change](astronaut)
    found = analyser.find(picture)[0]
    assert distance(found.embedding, astronaut_face.embedding) < 0.35  # type: ignore[arg-type]


def test_batches_equal_singles(analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face) -> None:
    landmarks = astronaut_face.landmarks
    assert landmarks is not None
    pair = analyser.encoder.embed(astronaut, [landmarks, landmarks])
    assert pair.shape == (2, 128)
    np.testing.assert_allclose(pair[0], pair[1], atol=1e-6)
    np.testing.assert_allclose(pair[0], astronaut_face.embedding, atol=1e-5)  # type: ignore[arg-type]
    assert analyser.encoder.embed(astronaut, []).shape == (0, 128)


def test_flip_averaging_is_the_mean_with_the_mirrored_chip(
    analyser: FaceAnalyser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    landmarks = astronaut_face.landmarks
    assert landmarks is not None
    flipped = analyser.encoder.embed(astronaut, [landmarks], flip=True)[0]
    assert 0 < distance(flipped, astronaut_face.embedding) < 0.25  # type: ignore[arg-type]


def test_distances_of_batches() -> None:
    a, b = np.eye(3, 128, dtype=np.float32), np.zeros((2, 128), np.float32)
    np.testing.assert_allclose(distances(a, b), np.ones((3, 2)))
    assert distance(a[0], a[1]) == pytest.approx(2**0.5)


@pytest.mark.shared_media
def test_portraits_ten_years_apart(analyser: FaceAnalyser, shared_media: Path) -> None:
    """Twenty people, a colour portrait and a grey one: every pair verified, and wrong pairs are rare."""
    paths = sorted((shared_media / "portraits_pairs").glob("*.jpg"))
    names = [path.name.split("_20")[0] for path in paths]
    vectors = [analyser.find(np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]))[0].embedding for path in paths]
    pairs = [(names[i] == names[j], distance(vectors[i], vectors[j])) for i, j in combinations(range(len(paths)), 2)]  # type: ignore[arg-type]
    same = np.array([d for is_same, d in pairs if is_same])
    different = np.array([d for is_same, d in pairs if not is_same])
    assert len(same) == 20
    assert same.max() < SAME_PERSON
    assert 0.3 < same.mean() < 0.45
    assert 0.75 < different.mean() < 0.95
    assert (different < SAME_PERSON).mean() < 0.03
