"""Larger frames: exact size, no seams, no halos, closer to the truth than cubic resampling."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import Frame, to_unit
from facefusion.core.settings import SettingsError
from facefusion.processors.frame_enhancer import FrameEnhancer, Settings
from facefusion.processors.frame_enhancer.upscale import enlarged, grain_of, within


def drawing(width: int = 96, height: int = 72) -> NDArray[np.uint8]:
    """Discs, lines and a ramp, drawn at four times the size and averaged, so that edges are true."""
    large = np.zeros((height * 4, width * 4, 3), np.uint8)
    large[:] = np.linspace(40, 200, width * 4)[None, :, None]
    cv2.circle(large, (120, 140), 70, (230, 60, 40), -1)
    cv2.line(large, (0, 20), (380, 270), (20, 200, 90), 9)
    cv2.putText(large, "Rr", (190, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, (10, 10, 10), 14)
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(-10 * np.log10(np.square(to_unit(a) - to_unit(b)).mean()))


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_tiles_leave_no_seam(scale: int) -> None:
    frame = Frame(drawing())
    whole = FrameEnhancer(Settings(scale=scale)).process_frame(frame)
    tiled = FrameEnhancer(Settings(scale=scale), tile_px=23).process_frame(frame)
    assert whole.pixels.shape == (72 * scale, 96 * scale, 3)
    np.testing.assert_array_equal(whole.pixels, tiled.pixels)


@pytest.mark.parametrize("scale", [2, 4])
def test_it_is_nearer_to_the_truth_than_cubic_resampling(scale: int) -> None:
    truth = drawing()
    small = cv2.resize(truth, (96 // scale, 72 // scale), interpolation=cv2.INTER_AREA)
    ours = FrameEnhancer(Settings(scale=scale)).process_frame(Frame(small)).pixels
    cubic = cv2.resize(small, (96, 72), interpolation=cv2.INTER_CUBIC)
    assert psnr(ours, truth) > psnr(cubic, truth) + 0.6


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_resampling_is_as_good_as_three_rounds_of_it(scale: int) -> None:
    picture = to_unit(drawing())
    height, width = picture.shape[:2]
    large = cv2.resize(picture, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
    for _ in range(3):
        missing = picture - cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
        large = large + cv2.resize(missing, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(enlarged(picture, scale, 0.0), within(large, picture), atol=1e-5)


@pytest.mark.parametrize("scale", [2, 4])
def test_grain_does_not_grow(scale: int) -> None:
    rng = np.random.default_rng(0)
    grainy = np.clip(120 + rng.normal(0, 8, (60, 80, 1)), 0, 255).astype(np.uint8).repeat(3, 2)
    found = FrameEnhancer(Settings(scale=scale)).process_frame(Frame(grainy)).pixels
    assert found.std() <= 1.05 * grainy.std()
    assert grain_of(to_unit(grainy)) == pytest.approx(8 / 255, rel=0.1)
    assert grain_of(to_unit(drawing())) < 0.004


def test_an_edge_gets_no_halo() -> None:
    step = np.full((24, 24, 3), 60, np.uint8)
    step[:, 12:] = 180
    found = FrameEnhancer(Settings(scale=4, crispness=1.0)).process_frame(Frame(step)).pixels
    assert (found.min(), found.max()) == (60, 180)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_sample_types_and_transparency_are_kept(dtype: type) -> None:
    top = {np.uint8: 255, np.uint16: 65535, np.float32: 1.0}[dtype]
    pixels = (drawing().astype(np.float32) / 255 * top).astype(dtype)
    alpha = np.zeros(pixels.shape[:2], dtype)
    alpha[:, 48:] = top
    before = pixels.copy()
    found = FrameEnhancer().process_frame(Frame(pixels, alpha=alpha))
    assert found.pixels.dtype == dtype
    assert found.alpha is not None
    assert found.alpha.dtype == dtype
    assert found.alpha[10, 20] == 0
    assert found.alpha[10, 190] == top
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("scale", [0, 5])
def test_other_scales_are_refused(scale: int) -> None:
    with pytest.raises(SettingsError, match=r"scale: got \d, supported is 1 to 4"):
        FrameEnhancer(Settings(scale=scale))
