"""Head pose from dense landmarks: the canonical mesh is fitted under a perspective camera.

Camera axes: x right, y down, z away from the camera. A pose turns the head by pitch, then yaw, then roll:
R = Rz(roll) · Ry(-yaw) · Rx(-pitch). Signs as in `core.HeadPose`.
The fit minimises, over rotation, shift, scale and the nearness of the camera, the weighted distance between the
projected canonical vertices and the landmarks (Gauss-Newton, started by the closed-form solution of Umeyama 1991);
only the 33 vertices that move least with expression count. The nearness is weakly held to 1/70 cm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, HeadPose, Landmarks
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.pose_steps import NEARNESS, descend

Float64 = NDArray[np.float64]

_DEPTH_WEIGHT = 0.25
_NEARNESS_SPREAD = 1 / 60


@dataclass(frozen=True, slots=True, eq=False)
class RigidFit:
    """The canonical mesh laid on a face: pixel = scale · (R p)_xy / (1 + nearness · (R p)_z) + shift.

    rotation: (3, 3) float32 in camera axes. shift_px: (2,) float32. scale_px_per_cm: pixels per centimetre.
    nearness: one over the distance from the camera, 1/cm. residual_px: weighted root mean square error.
    """

    rotation: Float32
    shift_px: Float32
    scale_px_per_cm: float
    nearness: float
    residual_px: float

    @property
    def pose(self) -> HeadPose:
        return pose_of(self.rotation)

    def project(self, points_cm: Float32) -> tuple[Float32, Float32]:
        """Pixels (K, 2) and depths (K,), in pixels, of canonical points (K, 3) given in the mesh's own axes."""
        turned = (points_cm * np.array([1, -1, -1], np.float32)) @ self.rotation.T
        scale = self.scale_px_per_cm / (1 + self.nearness * turned[:, 2])
        xy = turned[:, :2] * scale[:, None] + self.shift_px
        return xy.astype(np.float32), (turned[:, 2] * self.scale_px_per_cm).astype(np.float32)


def head_pose(landmarks: Landmarks) -> HeadPose:
    """Yaw, pitch and roll of a face with 478 (or 468) landmarks."""
    return rigid_fit(landmarks).pose


def rigid_fit(landmarks: Landmarks) -> RigidFit:
    """Lay the canonical mesh on 478 (or 468) landmarks. Raises ValueError for another number of points."""
    if len(landmarks) not in (468, 478):
        raise ValueError(f"head pose: got {len(landmarks)} landmarks, supported are 478 and 468")
    model, index, weight = _basis()
    seen = landmarks.xyz[index].astype(np.float64)
    depth_weight = 0.0 if landmarks.z is None else _DEPTH_WEIGHT
    rotation, scale, shift = _umeyama(model, seen, weight)
    return _refined(model, seen, weight, depth_weight, rotation, scale, shift[:2])


def rotation_of(pose: HeadPose) -> Float32:
    """(3, 3) float32 rotation of a pose, in camera axes."""
    pitch, yaw, roll = np.radians([pose.pitch_deg, pose.yaw_deg, pose.roll_deg])
    return (_about(2, roll) @ _about(1, -yaw) @ _about(0, -pitch)).astype(np.float32)


def pose_of(rotation: Float32) -> HeadPose:
    """The pose of a (3, 3) rotation in camera axes; yaw in [-90, 90], pitch and roll in (-180, 180] degrees."""
    yaw = np.arcsin(np.clip(rotation[2, 0], -1, 1))
    pitch = -np.arctan2(rotation[2, 1], rotation[2, 2])
    roll = np.arctan2(rotation[1, 0], rotation[0, 0])
    return HeadPose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def _about(axis: int, angle: float) -> Float64:
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = np.cos(angle)
    turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
    return turn


@cache
def _basis() -> tuple[Float64, NDArray[np.int32], Float64]:
    mesh = canonical_mesh()
    model = mesh.vertices_cm[mesh.basis_index].astype(np.float64) * (1, -1, -1)
    return model, mesh.basis_index, mesh.basis_weight.astype(np.float64) / float(mesh.basis_weight.sum())


def _umeyama(model: Float64, seen: Float64, weight: Float64) -> tuple[Float64, float, Float64]:
    """Rotation, scale and shift that best lay `model` (K, 3) on `seen` (K, 3)."""
    model_mean, seen_mean = weight @ model, weight @ seen
    a, b = model - model_mean, seen - seen_mean
    u, d, vt = np.linalg.svd((weight[:, None] * b).T @ a)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((d * sign).sum() / (weight @ (a * a).sum(axis=1)))
    return rotation, scale, seen_mean - scale * rotation @ model_mean


def _refined(
    model: Float64,
    seen: Float64,
    weight: Float64,
    depth_weight: float,
    rotation: Float64,
    scale: float,
    shift: Float64,
) -> RigidFit:
    """Gauss-Newton over a rotation vector, log scale, shift and nearness; depth is compared up to an offset."""
    size = float(np.sqrt(weight @ ((seen[:, :2] - weight @ seen[:, :2]) ** 2).sum(axis=1)))
    turn, state = np.ascontiguousarray(rotation), np.array([scale, shift[0], shift[1], NEARNESS])
    prior = size * 0.01 / _NEARNESS_SPREAD
    residual = descend(np.ascontiguousarray(model), seen, weight, depth_weight, prior, turn, state)
    scale, nearness = float(state[0]), float(state[3])
    return RigidFit(turn.astype(np.float32), state[1:3].astype(np.float32), scale, nearness, float(residual))
