"""Every person of a folder laid out in texture space: skin, shape, irises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facefusion.core import Face, Float32
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.geometry.canonical_shape import canonical_shape
from facefusion.media import read_image
from facefusion.processors.face_swapper.eyes import iris_of
from facefusion.processors.face_swapper.texture import build_texture, unwrap

SIZE = 256
MOST_TURN_DEG = 14.0
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person of the folder.

    skin: (SIZE, SIZE, 3) float32 sRGB, evenly lit. known: (SIZE, SIZE) float32, 1 where the picture shows it. openings:
    (SIZE, SIZE, 3) float32 sRGB, the picture as it is, for eyes and mouth. shape: (468, 3) float32. rings: (24, 3)
    float32 iris colours, or None. embedding: (128,) float32.
    """

    path: Path
    skin: Float32
    known: Float32
    openings: Float32
    shape: Float32
    rings: Float32 | None
    embedding: Float32


def pictures_below(folder: Path) -> list[Path]:
    """Pictures of `folder`, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def people_of(paths: list[Path]) -> Iterator[Person]:
    """Those of `paths` that show one face from the front, in colour."""
    analyser, parser = FaceAnalyser(), OcclusionParser()
    for path in paths:
        faces = analyser.find(read_image(path).pixels)
        if len(faces) == 1 and _is_usable(faces[0]):
            yield person_of(path, faces[0], parser)


def person_of(path: Path, face: Face, parser: OcclusionParser) -> Person:
    """Lay `face` out; it needs its picture, landmarks and embedding."""
    assert face.picture is not None
    assert face.landmarks is not None
    assert face.embedding is not None
    seen = replace(face, visible=parser.visible(face.picture, face.landmarks))
    skin, known = build_texture([seen], SIZE)
    iris = iris_of([seen])
    return Person(
        path=path,
        skin=skin,
        known=known,
        openings=unwrap(seen, SIZE).pixels,
        shape=canonical_shape(face.landmarks)[0],
        rings=None if iris is None else iris.rings,
        embedding=face.embedding,
    )


def _is_usable(face: Face) -> bool:
    pose = face.pose
    if pose is None or face.landmarks is None or face.embedding is None or face.picture is None:
        return False
    colourful = float(np.ptp(face.picture.astype(np.int16), axis=2).mean()) > 8.0
    return colourful and max(abs(pose.yaw_deg), abs(pose.pitch_deg)) < MOST_TURN_DEG
