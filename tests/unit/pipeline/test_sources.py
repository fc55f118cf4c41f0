"""Photos of one person are told from photos of two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facefusion.core import Box, Face, Landmarks
from facefusion.errors import InvalidInput, NoFaceFound, SeveralFacesFound
from facefusion.pipeline.sources import check_same_person, the_face


def _face(angle: float, side: float = 100) -> Face:
    vector = np.zeros(128, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return Face(Box(0, 0, side, side), 1.0, Landmarks(np.zeros((5, 2), np.float32)), embedding=vector)


class _Found:
    """An analyser that finds what it was told to."""

    def __init__(self, *faces: Face) -> None:
        self._faces = faces

    def find(self, pixels: object) -> tuple[Face, ...]:
        return self._faces


def test_the_odd_one_out_is_named() -> None:
    paths = [Path("a.jpg"), Path("b.jpg"), Path("c.jpg")]
    check_same_person([_face(0.0), _face(0.2), _face(0.3)], paths)
    with pytest.raises(InvalidInput, match=r"b\.jpg: seems to show somebody else"):
        check_same_person([_face(0.0), _face(1.5), _face(0.1)], paths)


def test_of_two_photos_both_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"a\.jpg and b\.jpg: seem to show two people"):
        check_same_person([_face(0.0), _face(1.5)], [Path("a.jpg"), Path("b.jpg")])


def test_a_bystander_is_not_meant_but_a_second_person_is_too_many() -> None:
    pixels, path = np.zeros((4, 4, 3), np.uint8), Path("a.jpg")
    assert the_face(pixels, path, _Found(_face(0, 100), _face(1, 30))).box.width == 100  # type: ignore[arg-type]
    with pytest.raises(SeveralFacesFound, match="2 people"):
        the_face(pixels, path, _Found(_face(0, 100), _face(1, 60)))  # type: ignore[arg-type]
    with pytest.raises(NoFaceFound, match="no face found"):
        the_face(pixels, path, _Found())  # type: ignore[arg-type]
