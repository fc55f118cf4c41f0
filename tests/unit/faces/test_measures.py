"""Measures tell blur from sharpness, left light from right, a covered face from an open one, and grain from none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facefusion.core import Face, Track
from facefusion.faces.measures import FaceMeter, grain_of, interpolated, light_of, measured, sharpness_of
from facefusion.faces.parse import OcclusionParser


def test_sharpness_falls_with_blur(astronaut: np.ndarray, astronaut_face: Face) -> None:
    values = [sharpness_of(astronaut, astronaut_face.box)]
    values += [sharpness_of(cv2.GaussianBlur(astronaut, (0, 0), sigma), astronaut_face.box) for sigma in (1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.5
    assert values[-1] < 0.1


@pytest.mark.parametrize(("axis", "sign"), [(1, 1), (1, -1), (2, 1), (2, -1)])
def test_light_comes_from_where_it_comes_from(
    astronaut: np.ndarray, astronaut_face: Face, axis: int, sign: int
) -> None:
    box = astronaut_face.box
    size = astronaut.shape[1] if axis == 1 else astronaut.shape[0]
    middle, reach = box.center[axis - 1], (box.width, box.height)[axis - 1]
    ramp = 0.5 + np.clip(sign * (np.arange(size) - middle) / reach, -0.45, 0.45)
    shaded = astronaut * (ramp[None, :, None] if axis == 1 else ramp[:, None, None])
    plain = light_of(astronaut, astronaut_face.landmarks.xyz)  # type: ignore[union-attr]
    lit = light_of(shaded.astype(np.uint8), astronaut_face.landmarks.xyz)  # type: ignore[union-attr]
    assert sign * (lit[axis] - 0.5 * plain[axis]) > 0.05
    assert lit[0] < plain[0]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_measures_do_not_depend_on_the_depth(astronaut: np.ndarray, astronaut_face: Face, dtype: str) -> None:
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    one = measured(astronaut, astronaut_face)
    other = measured((astronaut * np.float64(scale)).astype(dtype), astronaut_face)
    assert other.sharpness == pytest.approx(one.sharpness, abs=0.01)
    assert other.light == pytest.approx(one.light, abs=0.005)


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_grain_is_the_noise_put_in(noise: float) -> None:
    ramp = np.linspace(0.3, 0.6, 640)[None, :, None] * np.ones((360, 1, 3))
    grainy = (ramp + np.random.default_rng(0).normal(0, noise, (360, 640, 1))).astype(np.float32)
    assert grain_of(grainy) == pytest.approx(noise, rel=0.15)
    assert grain_of(ramp.astype(np.float32)) < 0.001
    assert np.isnan(grain_of(grainy[:8, :8]))


def test_a_hand_over_half_of_the_face_is_seen(astronaut: np.ndarray, astronaut_face: Face) -> None:
    parser, box = OcclusionParser(), astronaut_face.box
    covered = astronaut.copy()
    covered[int(box.center[1]) : int(box.y1), int(box.x0) : int(box.x1)] = (40, 90, 160)
    shares = [parser.hidden_share(p, astronaut_face.landmarks) for p in (astronaut, covered)]  # type: ignore[arg-type]
    assert shares[0] < 0.15
    assert shares[1] > shares[0] + 0.2


def test_what_was_measured_reaches_the_track_and_gaps_are_filled(astronaut: np.ndarray, astronaut_face: Face) -> None:
    meter = FaceMeter()
    meter.see(8, astronaut, (astronaut_face,))
    track = meter.with_measures(Track.of(1, {7: astronaut_face, 8: astronaut_face, 9: astronaut_face}))
    full = interpolated(track)
    assert full.columns.sharpness.tolist() == [track.columns.sharpness[1]] * 3
    assert full.face(9).measures is not None
    assert np.isnan(full.columns.hidden).all()
