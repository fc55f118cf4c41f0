"""Photos of a person: read, checked, measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from facefusion.core import Face, Pixels, Progress
from facefusion.errors import InvalidInput, NoFaceFound, SeveralFacesFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.media import read_image

BYSTANDER = 0.15
"""A face smaller than this part of the largest one's area stands in the background and is not meant."""
SAME_PERSON = 0.65
"""Photos of one person lie nearer than this, also with years between them; two people lie further apart (0.82)."""


def load_person(paths: Sequence[Path], analyser: FaceAnalyser, progress: Progress) -> tuple[Face, ...]:
    """One face for each photo, all of the same person, each with its picture and dense landmarks.

    Raises InvalidInput (unreadable, or a photo of somebody else), NoFaceFound, SeveralFacesFound; each names the photo.
    Raises Cancelled between two photos.
    """
    faces = []
    for path in paths:
        progress.check()
        faces.append(the_face(read_image(path).pixels, path, analyser))
    check_same_person(faces, paths)
    return tuple(faces)


def the_face(pixels: Pixels, path: Path, analyser: FaceAnalyser) -> Face:
    """The one face of a photo. Raises NoFaceFound, SeveralFacesFound."""
    faces = analyser.find(pixels)
    if not faces:
        raise NoFaceFound(f"{path}: no face found; use a sharp photo that shows one face from the front")
    meant = [face for face in faces if face.box.area >= BYSTANDER * faces[0].box.area]
    if len(meant) > 1:
        raise SeveralFacesFound(
            f"{path}: shows {len(meant)} people; crop it so that it shows only the one who is meant"
        )
    return meant[0]


def check_same_person(faces: Sequence[Face], paths: Sequence[Path]) -> None:
    """Raise InvalidInput naming the photo that lies furthest from the others, when one does not belong."""
    vectors = [face.embedding for face in faces]
    if len(vectors) < 2 or any(vector is None for vector in vectors):
        return
    known = [vector for vector in vectors if vector is not None]
    apart = np.array([[distance(a, b) for b in known] for a in known])
    if len(faces) == 2:
        if apart[0, 1] > SAME_PERSON:
            raise InvalidInput(
                f"{paths[0]} and {paths[1]}: seem to show two people (distance {apart[0, 1]:.2f}, one person stays "
                f"below {SAME_PERSON}); give photos of one person, or each their own with --assign"
            )
        return
    typical = np.array([np.median(np.delete(row, place)) for place, row in enumerate(apart)])
    worst = int(typical.argmax())
    if typical[worst] > SAME_PERSON:
        raise InvalidInput(
            f"{paths[worst]}: seems to show somebody else than the other photos (distance {typical[worst]:.2f}, "
            f"one person stays below {SAME_PERSON}); leave it out"
        )
