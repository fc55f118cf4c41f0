import numpy as np

from facefusion.geometry.fill import fill_smoothly


def test_known_pixels_stay_and_gaps_are_carried_over() -> None:
    values = np.zeros((40, 60, 1), np.float32)
    values[..., 0] = np.linspace(0, 1, 60)
    weight = np.ones((40, 60), np.float32)
    weight[10:30, 20:40] = 0.0
    holed = values * weight[..., None] - 9.0 * (1 - weight[..., None])
    filled = fill_smoothly(holed, weight)
    np.testing.assert_allclose(filled[weight == 1], values[weight == 1], atol=1e-5)
    assert np.abs(filled - values)[weight == 0].max() < 0.08


def test_a_constant_is_filled_with_itself() -> None:
    weight = np.zeros((33, 21), np.float32)
    weight[3, 4] = 1.0
    filled = fill_smoothly(np.full((33, 21, 3), 0.25, np.float32), weight)
    np.testing.assert_allclose(filled, 0.25, atol=1e-4)
