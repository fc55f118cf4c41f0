"""How far a result's performance is from its target's, and how far an edit reaches."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Face, HeadPose, Landmarks, Pixels
from facefusion.core.arrays import Float32
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.quality import expression, ita_degrees, skin_lab

_CHEEKS = (50, 280, 205, 425)
"""Landmarks in the middle of the cheeks."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well a result keeps its target's performance.

    pose_deg: mean absolute difference of yaw, pitch and roll. lids, mouth: absolute difference of the openings, as
    fractions of the eye distance (the mean of both lids).
    """

    pose_deg: float
    lids: float
    mouth: float


def likeness(result: Face, target: Face) -> Likeness:
    """Compare a face found in a result with the target's own; raises ValueError when one was not measured."""
    if result.pose is None or target.pose is None:
        raise ValueError("likeness: got a face without pose")
    a, b = expression(dense(result)), expression(dense(target))
    lids = (abs(a.left_lid - b.left_lid) + abs(a.right_lid - b.right_lid)) / 2
    return Likeness(pose_error_deg(result.pose, target.pose), lids, abs(a.mouth - b.mouth))


def pose_error_deg(a: HeadPose, b: HeadPose) -> float:
    """Mean absolute difference of yaw, pitch and roll, in degrees."""
    return float(np.mean(pose_errors_deg(a, b)))


def pose_errors_deg(a: HeadPose, b: HeadPose) -> tuple[float, float, float]:
    """Absolute differences of yaw, pitch and roll, each in [0, 180] degrees."""

    def apart(x: float, y: float) -> float:
        return abs((x - y + 180) % 360 - 180)

    return apart(a.yaw_deg, b.yaw_deg), apart(a.pitch_deg, b.pitch_deg), apart(a.roll_deg, b.roll_deg)


def dense(face: Face) -> Landmarks:
    """The face's 478 landmarks; raises ValueError when they were not measured."""
    if face.landmarks is None:
        raise ValueError("got a face without dense landmarks")
    return face.landmarks


def outline(face: Face, size: tuple[int, int]) -> Float32:
    """(height, width) float32: 1 inside the face's outline as its landmarks give it, else 0."""
    inside = np.zeros(size, np.uint8)
    cv2.fillPoly(inside, [np.round(dense(face).xy[list(FACE_OVAL)]).astype(np.int32)], 1)
    return inside.astype(np.float32)


def reach(result: Pixels, target: Pixels, face: Face) -> float:
    """How far outside the target's own outline the farthest changed pixel lies, in eye distances."""
    changed = (result != target).any(axis=2)
    if not changed.any():
        return 0.0
    outside = (outline(face, (target.shape[0], target.shape[1])) == 0).astype(np.uint8)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
    return float(away[changed].max()) / face.eye_distance_px


def cheek_ita_deg(face: Face) -> float:
    """Individual typology angle of the cheeks, in degrees: high is light. Photographs give it roughly."""
    if face.picture is None:
        raise ValueError("cheek_ita_deg: got a face without its picture")
    mask = np.zeros(face.picture.shape[:2], np.float32)
    for x, y in dense(face).xy[list(_CHEEKS)]:
        cv2.circle(mask, (round(float(x)), round(float(y))), max(round(face.eye_distance_px * 0.12), 1), 1.0, -1)
    return ita_degrees(skin_lab(face.picture, mask))
