import cv2
import numpy as np
import pytest

from facefusion.geometry.edge_filter import follow_edges


def picture(size: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """A disc of another hue and the same brightness, and where it is."""
    y, x = np.mgrid[:size, :size]
    disc = np.hypot(x - 61, y - 58) < 33
    colors = np.where(disc[..., None], (0.62, 0.36, 0.30), (0.38, 0.46, 0.44)).astype(np.float32)
    noise = np.random.default_rng(4).normal(0, 0.004, colors.shape)
    return np.clip(colors + noise, 0, 1).astype(np.float32), disc


@pytest.mark.parametrize("reach", [4.0, 6.0, 8.0])
def test_a_coarse_mask_finds_the_pictures_edge_by_colour(reach: float) -> None:
    colors, disc = picture()
    side = round(120 / reach)
    coarse = cv2.resize(disc.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    large = cv2.resize(coarse, (120, 120), interpolation=cv2.INTER_LINEAR)
    fine = follow_edges(colors, large, reach)
    near = cv2.dilate(disc.astype(np.uint8), np.ones((9, 9))) - cv2.erode(disc.astype(np.uint8), np.ones((9, 9))) > 0
    before = np.abs(large - disc)[near].mean()
    after = np.abs(fine - disc)[near].mean()
    assert after < 0.75 * before


def test_values_without_an_edge_stay_what_they_are() -> None:
    colors, _ = picture()
    for value in (0.0, 0.3, 1.0):
        flat = np.full((120, 120), value, np.float32)
        np.testing.assert_allclose(follow_edges(colors, flat, 3.0), flat, atol=2e-3)


def test_inputs_stay_untouched_and_odd_sizes_work() -> None:
    colors, disc = picture()
    colors, values = colors[:77, :53], disc.astype(np.float32)[:77, :53]
    kept = colors.copy(), values.copy()
    out = follow_edges(colors, values, 5.0)
    assert out.shape == (77, 53)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(colors, kept[0])
    np.testing.assert_array_equal(values, kept[1])


def test_it_is_the_guided_filter() -> None:
    colors, disc = picture(64)
    values = cv2.GaussianBlur(disc.astype(np.float32), (0, 0), 3.0)
    np.testing.assert_allclose(follow_edges(colors, values, 2.0), _by_the_book(colors, values, 7), atol=2e-3)


def _by_the_book(guide: np.ndarray, values: np.ndarray, side: int) -> np.ndarray:
    """Equations 14 to 16 of the paper, in double precision, for every pixel by itself."""

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane.astype(np.float64), (side, side), borderType=cv2.BORDER_REFLECT_101)

    exact = guide.astype(np.float64)
    center, level = mean(exact), mean(values)
    outer = np.dstack([mean(exact[..., i] * exact[..., j]) for i in range(3) for j in range(3)]).reshape(64, 64, 3, 3)
    spread = outer - center[..., :, None] * center[..., None, :] + 3e-4 * np.eye(3)
    joint = np.dstack([mean(exact[..., i] * values) for i in range(3)]) - center * level[..., None]
    slope = np.linalg.solve(spread, joint[..., None])[..., 0]
    offset = level - (slope * center).sum(axis=2)
    return np.clip((mean(slope) * exact).sum(axis=2) + mean(offset), 0, 1)
