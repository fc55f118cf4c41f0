"""A face turned to the front, in the canonical mesh's centimetres: of one picture, and of a whole track."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.pose import RigidFit, rigid_fit

_FLIP = np.array([1, -1, -1], np.float32)


def canonical_shape(landmarks: Landmarks) -> tuple[Float32, RigidFit]:
    """The face's 468 points turned to the front: (468, 3) float32 in the canonical mesh's centimetres, and the fit."""
    fit = rigid_fit(landmarks)
    xyz = landmarks.xyz[:468]
    depth = xyz[:, 2] / fit.scale_px_per_cm
    basis = canonical_mesh().basis_index
    _, expected = fit.project(canonical_mesh().vertices_cm)
    depth = depth + float((expected[basis] / fit.scale_px_per_cm - depth[basis]).mean())
    across = (xyz[:, :2] - fit.shift_px) * (1 + fit.nearness * depth[:, None]) / fit.scale_px_per_cm
    turned = np.column_stack([across, depth]).astype(np.float32)
    return (turned @ fit.rotation) * _FLIP, fit


def track_shape(points: Float32, confidence: Float32, *, most: int) -> Float32:
    """One estimate of a person's shape from many frames: the weighted median of each point.

    points: (n, 478, 3) float32, pixels. confidence: (n,) in [0, 1]. Frames in which the face looks at the camera count
    most; at most `most` of the surest ones, spread over time, are looked at. Returns (468, 3) float32.
    """
    known = np.flatnonzero(confidence >= min(0.5, float(confidence.max())))
    chosen = known[np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).round().astype(int))]
    found = [canonical_shape(Landmarks(points[i, :, :2].astype(np.float32), points[i, :, 2])) for i in chosen]
    weights = np.array([max(float(fit.rotation[2, 2]), 0.05) ** 4 for _, fit in found]) * confidence[chosen]
    shapes = np.stack([shape for shape, _ in found])
    order = np.argsort(shapes, axis=0)
    reached = np.cumsum(weights[order], axis=0)
    place = (reached < reached[-1:] / 2).sum(axis=0)
    middle = np.take_along_axis(order, place[None], axis=0)
    return np.take_along_axis(shapes, middle, axis=0)[0].astype(np.float32)
