"""Move the face's own proportions towards the source, under the performer's pose and expression."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.canonical_shape import canonical_shape
from facefusion.geometry.identity_shape import identity_part
from facefusion.geometry.mesh import FACE_OVAL, canonical_mesh

_OUTLINE_MOVES = 0.65
"""How far the face's outline moves, where its inside moves altogether: measured, see `benchmarks.identity`."""


def mean_shape(shapes: Sequence[Float32]) -> Float32:
    """One estimate of a person's shape from several photos: the median of each point."""
    return np.median(np.stack(shapes), axis=0).astype(np.float32)


def moved_landmarks(
    landmarks: Landmarks, source_shape: Float32, strength: float, own_shape: Float32 | None = None
) -> Float32:
    """Where the target's 478 points lie once its proportions are the source's.

    source_shape: (468, 3) from `mean_shape`. strength: 0 to 1. own_shape: (468, 3), the target's one shape for a whole
    track, so that its proportions change alike in every frame; None: measured here. Returns (478, 2) float32 pixels.
    The outline moves little, eyes and mouth keep their opening; irises go with their eyes.
    """
    if strength <= 0:
        return landmarks.xy.copy()
    shape, fit = canonical_shape(landmarks)
    change = identity_part(source_shape - (shape if own_shape is None else own_shape)) * (
        outline_weight()[:, None] * np.float32(strength)
    )
    before, _ = fit.project(shape)
    after, _ = fit.project(shape + change)
    moved = landmarks.xy.copy()
    moved[:468] += after - before
    for rim, iris in (((33, 133, 159, 145), slice(468, 473)), ((362, 263, 386, 374), slice(473, 478))):
        moved[iris] += (after - before)[list(rim)].mean(axis=0)
    return moved


@lru_cache(maxsize=1)
def outline_weight() -> Float32:
    """(468,) float32: 1 inside the face, falling towards the outline where the face must meet what is around it."""
    vertices = canonical_mesh().vertices_cm
    gaps = np.linalg.norm(vertices[:, None] - vertices[list(FACE_OVAL)][None], axis=2).min(axis=1)
    t = np.clip(gaps / 3.5, 0.0, 1.0)
    weight: Float32 = (_OUTLINE_MOVES + (1 - _OUTLINE_MOVES) * t * t * (3 - 2 * t)).astype(np.float32)
    return weight
