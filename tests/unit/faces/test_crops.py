"""Cutting pictures to network inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.faces import crops
from facefusion.geometry import transforms


def ramp(height: int, width: int) -> np.ndarray:
    """uint8 picture whose red is x and green is y."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x, y, np.full_like(x, 50)]).astype(np.uint8)


def test_a_cut_at_scale_one_is_the_picture_itself() -> None:
    crop = crops.cut(ramp(100, 200), transforms.square_roi((99.5, 49.5), 40, 0.0, 40), 40)
    np.testing.assert_allclose(crop[..., 0] * 255, np.tile(np.arange(80, 120), (40, 1)), atol=1e-3)
    np.testing.assert_allclose(crop[..., 1].T * 255, np.tile(np.arange(30, 70), (40, 1)), atol=1e-3)


@given(st.floats(-180, 180), st.floats(25, 300), st.floats(100, 150), st.floats(90, 160))
def test_values_come_from_where_the_matrix_says(roll: float, side: float, x: float, y: float) -> None:
    """On a linear ramp both averaging and interpolation are exact, so each crop pixel tells its own place."""
    picture = ramp(250, 250).astype(np.float32) / 255
    matrix = transforms.square_roi((x, y), side, roll, 32)
    crop = crops.cut(picture, matrix, 32) * 255
    grid = np.stack(np.meshgrid(np.arange(32), np.arange(32)), axis=-1).reshape(-1, 2).astype(np.float32)
    places = transforms.apply(transforms.inverse(matrix), grid)
    block = max(1, int(1 / transforms.scale_of(matrix)))
    inside = ((places > 2 * block) & (places < 249 - 2 * block)).all(axis=1)
    np.testing.assert_allclose(crop.reshape(-1, 3)[inside, :2], places[inside], atol=0.1)


def test_a_strong_reduction_does_not_alias() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = crops.cut(stripes, transforms.square_roi((255.5, 255.5), 400, 0.0, 64), 64)
    assert 0.48 < crop.min() <= crop.max() < 0.52


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_dtype_gives_the_same_crop(dtype: str) -> None:
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    matrix = transforms.square_roi((60, 40), 90, 20.0, 48)
    expected = crops.cut(ramp(100, 120), matrix, 48)
    crop = crops.cut((ramp(100, 120).astype(np.float64) * scale).astype(dtype), matrix, 48)
    assert crop.dtype == np.float32
    np.testing.assert_allclose(crop, expected, atol=0.005)


def test_values_beyond_white_are_clipped() -> None:
    picture = np.full((20, 20, 3), 3.0, np.float32)
    assert crops.cut(picture, transforms.square_roi((10, 10), 10, 0.0, 8), 8).max() == 1.0


def test_outside_of_the_picture_is_black() -> None:
    crop = crops.cut(ramp(50, 50) + 1, transforms.square_roi((500, 500), 20, 0.0, 16), 16)
    assert not crop.any()


def test_a_dark_crop_is_lifted_linearly_and_a_normal_one_is_not_touched() -> None:
    normal = np.full((32, 32, 3), 0.4, np.float32)
    assert crops.exposed(normal) is normal
    dark = np.linspace(0, 0.1, 32 * 32 * 3, dtype=np.float32).reshape(32, 32, 3)
    lifted = crops.lifted(dark)
    assert 0.2 < lifted.mean() < 0.26
    np.testing.assert_allclose(lifted / lifted.max(), dark / dark.max(), atol=1e-5)


def test_an_over_exposed_crop_gains_contrast_and_keeps_white() -> None:
    bright = np.linspace(0.85, 1, 32 * 32 * 3, dtype=np.float32).reshape(32, 32, 3)
    stretched = crops.exposed(bright)
    assert stretched.max() == pytest.approx(1)
    assert np.ptp(stretched) > 2 * np.ptp(bright)
