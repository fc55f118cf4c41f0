"""A head made by code: it moves, blinks and speaks as told, and is read with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facefusion.core import Float32, HeadPose
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE, canonical_mesh
from facefusion.geometry.pose import rotation_of

SCALE = 10.0
LEFT_LIDS = (159, 145)
_UPPER = (159, 158, 160, 161, 157, 386, 385, 387, 388, 384)


@dataclass(frozen=True)
class Head:
    """truth: (n, 478, 3) float32 pixels. moved: how the skin moved, exactly. noisy: readings of it."""

    truth: Float32
    moved: Float32
    noisy: Float32

    @property
    def sure(self) -> Float32:
        return np.ones(len(self.truth), np.float32)


def head(
    yaw_deg: np.ndarray,
    *,
    shift: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> Head:
    """yaw_deg: (n,). shift: (n, 2) pixels. closed: (n,) in [0, 1], how far the lids are shut. noise: pixels."""
    vertices = canonical_mesh().vertices_cm * np.array([1, -1, -1], np.float32)
    irises = np.stack([vertices[list(eye)].mean(axis=0) for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE) for _ in range(5)])
    rest = np.vstack([vertices, irises])
    truth = np.stack([rest @ rotation_of(HeadPose(float(yaw), 0, 0)).T for yaw in yaw_deg]) * SCALE
    truth[..., :2] += 200
    if shift is not None:
        truth[..., :2] += shift[:, None]
    for point in _UPPER if closed is not None else ():
        truth[:, point, 1] += 5.0 * closed
    moved = np.ones_like(truth)
    moved[0] = 0
    moved[1:, :, :2] = np.diff(truth[..., :2], axis=0)
    noisy = truth + np.random.default_rng(seed).normal(0, noise, truth.shape)
    return Head(truth.astype(np.float32), moved.astype(np.float32), noisy.astype(np.float32))


def lid_gap(points: Float32) -> Float32:
    """(n,): height of the image-left eye's opening, pixels."""
    return np.linalg.norm(points[:, LEFT_LIDS[0], :2] - points[:, LEFT_LIDS[1], :2], axis=1)
