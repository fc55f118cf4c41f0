"""Pose of the canonical mesh seen by a perspective camera in known poses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core import HeadPose, Landmarks
from facefusion.geometry import pose, pose_steps
from facefusion.geometry.mesh import canonical_mesh


def seen(head: HeadPose, distance_cm: float, *, depth: bool = True, noise_px: float = 0.0) -> Landmarks:
    """Landmarks of the canonical mesh in this pose, 20 px a centimetre, by a pinhole camera at this distance."""
    points = (canonical_mesh().vertices_cm * (1, -1, -1)) @ pose.rotation_of(head).T
    xy = points[:, :2] * (20 / (1 + points[:, 2:] / distance_cm)) + (320, 240)
    xy += np.random.default_rng(1).normal(0, noise_px, xy.shape) if noise_px else 0
    z = (points[:, 2] * 20).astype(np.float32)
    return Landmarks(xy.astype(np.float32), z if depth else None)


def angle_deg(a: HeadPose, b: HeadPose) -> float:
    trace = np.trace(pose.rotation_of(a).T @ pose.rotation_of(b))
    return float(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))))


@pytest.mark.parametrize("distance_cm", [30, 70, 150, 1000])
@pytest.mark.parametrize("yaw", [-75, -40, 0, 25, 60])
@pytest.mark.parametrize("pitch", [-40, 0, 30])
@pytest.mark.parametrize("roll", [-170, -30, 0, 90])
def test_the_pose_is_found_to_half_a_degree(distance_cm: float, yaw: float, pitch: float, roll: float) -> None:
    head = HeadPose(yaw, pitch, roll)
    assert angle_deg(pose.head_pose(seen(head, distance_cm)), head) < 0.5


def test_noise_of_one_pixel_costs_less_than_two_degrees() -> None:
    errors = [
        angle_deg(pose.head_pose(seen(HeadPose(yaw, 10, 5), 70, noise_px=1.0)), HeadPose(yaw, 10, 5))
        for yaw in range(-60, 61, 20)
    ]
    assert max(errors) < 2.0


@given(st.floats(-85, 85), st.floats(-80, 80), st.floats(-179, 179))
def test_rotation_and_back(yaw: float, pitch: float, roll: float) -> None:
    found = pose.pose_of(pose.rotation_of(HeadPose(yaw, pitch, roll)))
    assert (found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx((yaw, pitch, roll), abs=0.05)


@pytest.mark.parametrize(
    ("head", "nose", "across"),
    [
        (HeadPose(30, 0, 0), (1, 0), (1, 0)),
        (HeadPose(0, 30, 0), (0, -1), (1, 0)),
        (HeadPose(0, 0, 30), (0, 0), (1, 1)),
    ],
)
def test_signs(head: HeadPose, nose: tuple[int, int], across: tuple[int, int]) -> None:
    """Yaw: the nose to the image's right; pitch: up; roll: clockwise, so the image-right side goes down."""
    rotation = pose.rotation_of(head)
    np.testing.assert_array_equal(np.sign(np.round((rotation @ (0, 0, -1))[:2], 6)), nose)
    np.testing.assert_array_equal(np.sign(np.round((rotation @ (1, 0, 0))[:2], 6)), across)


def test_the_fit_projects_the_mesh_onto_the_landmarks() -> None:
    landmarks = seen(HeadPose(20, -10, 15), 70)
    fit = pose.rigid_fit(landmarks)
    xy, depth = fit.project(canonical_mesh().vertices_cm)
    np.testing.assert_allclose(xy, landmarks.xy, atol=0.1)
    assert fit.scale_px_per_cm == pytest.approx(20, rel=0.01)
    assert np.corrcoef(depth, landmarks.z)[0, 1] > 0.999  # type: ignore[arg-type]
    assert fit.residual_px < 0.05


def test_without_depth_a_turned_head_is_still_found() -> None:
    head = HeadPose(35, 10, -20)
    assert angle_deg(pose.head_pose(seen(head, 70, depth=False)), head) < 3.0


def test_another_number_of_points_is_refused() -> None:
    with pytest.raises(ValueError, match="supported are 478 and 468"):
        pose.head_pose(Landmarks(np.zeros((68, 2), np.float32)))


def test_landmarks_in_one_spot_have_a_finite_pose() -> None:
    fit = pose.rigid_fit(Landmarks(np.full((478, 2), 5, np.float32), np.zeros(478, np.float32)))
    assert np.isfinite([*fit.rotation.ravel(), *fit.shift_px, fit.scale_px_per_cm, fit.nearness]).all()
    assert fit.residual_px == pytest.approx(0)


def test_the_steps_solve_what_numpy_solves() -> None:
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(30, 7))
    squares, right = rows.T @ rows, rng.normal(size=7)
    expected = np.linalg.solve(squares, right)
    assert pose_steps._solve(squares.copy(), right)
    assert right == pytest.approx(expected)
    assert not pose_steps._solve(np.zeros((7, 7)), right)
