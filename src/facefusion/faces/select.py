"""Choose which of a picture's faces are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from facefusion.core import Face, Float32
from facefusion.faces.embed import SAME_PERSON, distance

Mode = Literal["one", "many", "reference"]
Order = Literal[
    "left-right",
    "right-left",
    "top-bottom",
    "bottom-top",
    "small-large",
    "large-small",
    "best-worst",
    "worst-best",
]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """mode: "one" takes the first in order at `position`, "many" all, "reference" those that look like the reference.
    order: how faces are ranked. reference_embedding: (128,) float32, needed by "reference".
    reference_distance: largest distance to it, in [0, 1.5]; 0.6 is one person."""

    mode: Mode = "many"
    order: Order = "large-small"
    position: int = 0
    reference_embedding: Float32 | None = None
    reference_distance: float = SAME_PERSON


def select(faces: Sequence[Face], selection: Selection) -> tuple[Face, ...]:
    """The chosen faces, in order; none when nothing fits.

    Raises ValueError when the mode is "reference" and the reference or a face has no embedding.
    """
    ranked = ordered(faces, selection.order)
    if selection.mode == "many":
        return ranked
    if selection.mode == "one":
        return ranked[selection.position : selection.position + 1]
    return _like_reference(ranked, selection)


def ordered(faces: Sequence[Face], order: Order) -> tuple[Face, ...]:
    """Faces ranked by place, size or score; equal ones keep their order."""
    sign = -1.0 if order in ("right-left", "bottom-top", "large-small", "best-worst") else 1.0
    return tuple(sorted(faces, key=lambda face: sign * _rank(face, order)))


def _rank(face: Face, order: Order) -> float:
    if order in ("left-right", "right-left"):
        return face.box.center[0]
    if order in ("top-bottom", "bottom-top"):
        return face.box.center[1]
    return face.box.area if order in ("small-large", "large-small") else face.score * face.visibility


def _like_reference(faces: Sequence[Face], selection: Selection) -> tuple[Face, ...]:
    reference = selection.reference_embedding
    if reference is None:
        raise ValueError("select: mode 'reference' got no reference_embedding, supported is (128,) float32")
    near = []
    for face in faces:
        if face.embedding is None:
            raise ValueError("select: mode 'reference' got a face without embedding; find faces with embed=True")
        if distance(face.embedding, reference) <= selection.reference_distance:
            near.append(face)
    return tuple(near)
