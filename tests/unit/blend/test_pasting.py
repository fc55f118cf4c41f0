import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facefusion.blend import BlendMode, BlendSettings, paste
from facefusion.core import Patch

MODES: tuple[BlendMode, ...] = ("multiband", "poisson", "plain")
RNG = np.random.default_rng(7)


def picture(dtype: str = "uint8") -> NDArray[np.generic]:
    unit = RNG.random((90, 110, 3))
    top = {"uint8": 255, "uint16": 65535, "float32": 1.0}[dtype]
    return (unit * top).astype(dtype)


def disc(size: tuple[int, int] = (60, 50), radius: float = 20.0) -> NDArray[np.float32]:
    rows, columns = np.indices(size, dtype=np.float32)
    away = np.hypot(rows - size[0] / 2, columns - size[1] / 2)
    return np.clip((radius - away) / 8.0, 0.0, 1.0).astype(np.float32)


def shifted(x: int, y: int) -> NDArray[np.float32]:
    return np.array([[1, 0, -x], [0, 1, -y]], np.float32)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("mode", MODES)
def test_outside_the_mask_every_bit_stays(mode: BlendMode, dtype: str) -> None:
    pixels, mask = picture(dtype), disc()
    before = pixels.copy()
    patch = Patch(RNG.random((60, 50, 3)).astype(np.float32), mask, shifted(30, 20))
    result = paste(pixels, patch, BlendSettings(blend_mode=mode))
    outside = np.ones(pixels.shape[:2], bool)
    outside[20:80, 30:80] = mask == 0
    np.testing.assert_array_equal(result[outside], pixels[outside])
    np.testing.assert_array_equal(pixels, before)
    assert result.dtype == pixels.dtype
    assert (result[~outside] != pixels[~outside]).any()


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_mask_is_the_identity(mode: BlendMode) -> None:
    pixels = picture()
    patch = Patch(np.ones((60, 50, 3), np.float32), np.zeros((60, 50), np.float32), shifted(3, 4))
    np.testing.assert_array_equal(paste(pixels, patch, BlendSettings(blend_mode=mode)), pixels)


@given(x=st.integers(-80, 130), y=st.integers(-80, 110), mode=st.sampled_from(MODES))
@settings(max_examples=30, deadline=None)
def test_a_patch_may_hang_over_any_edge(x: int, y: int, mode: BlendMode) -> None:
    pixels = picture()
    patch = Patch(np.full((60, 50, 3), 0.5, np.float32), disc(), shifted(x, y))
    result = paste(pixels, patch, BlendSettings(blend_mode=mode))
    assert result.shape == pixels.shape
    changed = np.argwhere((result != pixels).any(axis=2))
    if len(changed):
        assert changed.min(axis=0)[0] >= y
        assert changed.min(axis=0)[1] >= x


def test_the_middle_of_a_multiband_blend_is_the_patch() -> None:
    pixels = np.full((90, 110, 3), 200, np.uint8)
    inner = (RNG.random((60, 50, 3)) * 0.5).astype(np.float32)
    result = paste(pixels, Patch(inner, disc(radius=28.0), shifted(30, 20)))
    middle = np.s_[45:55, 50:60]
    np.testing.assert_allclose(result[middle] / 255, inner[25:35, 20:30], atol=3 / 255)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_in_front_stays_in_front_without_a_halo(mode: BlendMode) -> None:
    pixels = np.full((90, 110, 3), 180, np.uint8)
    pixels[:, 53:57] = (10, 10, 10)
    visible = np.ones((60, 50), np.float32)
    visible[:, 23:27] = 0.0
    patch = Patch(np.full((60, 50, 3), 180 / 255, np.float32), disc(radius=26.0), shifted(30, 20), visible=visible)
    result = paste(pixels, patch, BlendSettings(blend_mode=mode))
    assert np.abs(result.astype(int) - pixels.astype(int)).max() <= 2


def test_poisson_takes_the_tone_of_what_is_around() -> None:
    pixels = np.full((90, 110, 3), 100, np.uint8)
    patch = Patch(np.full((60, 50, 3), 200 / 255, np.float32), disc(radius=26.0), shifted(30, 20))
    result = paste(pixels, patch, BlendSettings(blend_mode="poisson"))
    assert np.abs(result.astype(int) - 100).max() <= 12


def test_half_strength_is_half_way() -> None:
    pixels = np.full((90, 110, 3), 100, np.uint8)
    patch = Patch(np.full((60, 50, 3), 200 / 255, np.float32), np.ones((60, 50), np.float32), shifted(30, 20))
    result = paste(pixels, patch, BlendSettings(blend_mode="plain", blend_strength=0.5))
    assert (result[20:80, 30:80] == 150).all()


def test_a_warped_patch_lands_where_its_matrix_says() -> None:
    pixels = np.zeros((90, 110, 3), np.uint8)
    matrix = np.array([[2, 0, -80], [0, 2, -60]], np.float32)
    patch = Patch(np.ones((40, 40, 3), np.float32), np.ones((40, 40), np.float32), matrix)
    result = paste(pixels, patch, BlendSettings(blend_mode="plain"))
    rows, columns = np.nonzero(result[..., 0] > 127)
    assert (rows.min(), columns.min()) == (30, 40)
    assert abs(rows.max() - 49) <= 1
    assert abs(columns.max() - 59) <= 1
