"""A track taken apart: how the head moves, and what happens on it in the head's own frame.

points = scale · rotation · (reference + change) + shift, exactly, at every moment. The reference is one estimate of the
face for the whole track; the change is the expression, and whatever noise there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.mesh import canonical_mesh

Int64 = NDArray[np.int64]
_ROUNDS = 3
_MOST_FRAMES = 512
REGIONS = ("image_left_eye", "image_right_eye", "mouth", "brows", "nose", "outline", "rest")
_NEAR_CM = {"image_left_eye": 1.1, "image_right_eye": 1.1, "mouth": 1.6, "brows": 0.9, "nose": 0.1, "outline": 0.8}


@dataclass(frozen=True, slots=True, eq=False)
class HeadMotion:
    """matrices: (n, 3, 3) float64, scale times rotation. shifts: (n, 3) float64, pixels."""

    matrices: NDArray[np.float64]
    shifts: NDArray[np.float64]

    def placed(self, shapes: Float32) -> Float32:
        """Shapes (n, K, 3) of the head's frame as points of the picture."""
        placed = np.einsum("tkj,tij->tki", shapes, self.matrices) + self.shifts[:, None]
        return placed.astype(np.float32)

    def unplaced(self, points: Float32) -> Float32:
        """Points (n, K, 3) of the picture in the head's frame."""
        return ((points - self.shifts[:, None]) @ np.linalg.inv(self.matrices).transpose(0, 2, 1)).astype(np.float32)

    def handles(self, length: float) -> Float32:
        """(n, 4, 3): the head's origin and three points `length` away along its axes: the motion in pixels."""
        ends = self.shifts[:, None] + self.matrices.transpose(0, 2, 1) * length
        return np.concatenate([self.shifts[:, None], ends], axis=1).astype(np.float32)

    @staticmethod
    def of_handles(handles: Float32, length: float) -> HeadMotion:
        """The motion whose handles are nearest to these."""
        origin = handles[:, 0].astype(np.float64)
        loose = (handles[:, 1:].astype(np.float64) - origin[:, None]).transpose(0, 2, 1) / length
        left, size, right = np.linalg.svd(loose)
        turned = np.linalg.det(left @ right)
        size[:, 2] *= turned
        left[:, :, 2] *= turned[:, None]
        return HeadMotion(left @ right * size.mean(axis=1)[:, None, None], origin)


def head_motion(points: Float32, reference: Float32, weights: Float32) -> HeadMotion:
    """The similarity that lays `reference` (K, 3) on each of `points` (n, K, 3) best; weights: (K,).

    Closed form of Umeyama (PAMI 1991).
    """
    share = (weights / weights.sum()).astype(np.float64)
    model = reference - share @ reference
    middle = np.einsum("k,tki->ti", share, points)
    cross = np.einsum("k,tki,kj->tij", share, points - middle[:, None], model)
    left, size, right = np.linalg.svd(cross)
    turned = np.linalg.det(left @ right)
    left[:, :, 2] *= turned[:, None]
    scale = (size[:, 0] + size[:, 1] + size[:, 2] * turned) / float((share @ model**2).sum())
    matrices = left @ right * scale[:, None, None]
    return HeadMotion(matrices, middle - np.einsum("tij,j->ti", matrices, share @ reference))


def reference_shape(points: Float32, confidence: Float32) -> tuple[Float32, Float32]:
    """One estimate of a face from many readings, and how far each of its points holds still in the head's frame.

    points: (n, K, 3). confidence: (n,). Frames that face the camera count more. Returns (K, 3) float32, centred, in
    pixels of the median size, and weights (K,) float32 for `head_motion`. Points that expressions move weigh little.
    """
    chosen = np.flatnonzero(confidence > 0.5)
    if len(chosen) == 0:
        chosen = np.arange(len(points))
    chosen = chosen[:: max(len(chosen) // _MOST_FRAMES, 1)]
    some = points[chosen]
    weights = np.zeros(points.shape[1], np.float32)
    weights[canonical_mesh().basis_index] = canonical_mesh().basis_weight
    reference = some[int(np.argmax(_frontality(some)))] - 0
    reference = reference - np.average(reference, axis=0, weights=weights)
    for _ in range(_ROUNDS):
        motion = head_motion(some, reference, weights)
        shapes = motion.unplaced(some)
        reference = _weighted_median(shapes, _frontality(some) * confidence[chosen].clip(1e-3))
        away = np.median(np.abs(shapes - reference), axis=0).max(axis=1)
        weights = (1.0 / (away + np.float32(0.25) * np.median(away) + 1e-6) ** 2).astype(np.float32)
    size = float(np.median(np.cbrt(np.abs(np.linalg.det(motion.matrices)))))
    reference = (reference - np.average(reference, axis=0, weights=weights)) * size
    return reference.astype(np.float32), weights


@lru_cache(maxsize=1)
def region_of_point() -> Int64:
    """(478,) int64: the number in `REGIONS` of each landmark's region; the points of a region move together."""
    mesh = canonical_mesh()
    regions = mesh.regions
    places = {
        "image_left_eye": regions["image_left_eye"],
        "image_right_eye": regions["image_right_eye"],
        "mouth": regions["lips_outer"],
        "brows": np.concatenate([regions["image_left_brow"], regions["image_right_brow"]]),
        "nose": regions["nose"],
        "outline": regions["face_oval"],
    }
    numbers = np.full(478, REGIONS.index("rest"), np.int64)
    for name in reversed(tuple(places)):
        gaps = np.linalg.norm(mesh.vertices_cm[:, None] - mesh.vertices_cm[places[name]][None], axis=2).min(axis=1)
        numbers[:468][gaps < _NEAR_CM[name]] = REGIONS.index(name)
    numbers[468:473], numbers[473:478] = 0, 1
    return numbers


def _frontality(points: Float32) -> Float32:
    """(n,): 1 for a face that looks at the camera, less the more it is turned, from the slant of its outline."""
    across = points[:, 454] - points[:, 234]
    down = points[:, 152] - points[:, 10]
    normal = np.cross(across, down)
    return (np.abs(normal[:, 2]) / np.maximum(np.linalg.norm(normal, axis=1), 1e-6)).astype(np.float32) ** 2


def _weighted_median(values: Float32, weights: Float32) -> Float32:
    """(K, 3): the median over the first axis of (n, K, 3) in which samples count by `weights` (n,)."""
    order = np.argsort(values, axis=0)
    total = np.cumsum(weights[order], axis=0)
    place = (total < total[-1:] / 2).sum(axis=0)
    return np.take_along_axis(np.take_along_axis(values, order, axis=0), place[None], axis=0)[0].astype(np.float32)
