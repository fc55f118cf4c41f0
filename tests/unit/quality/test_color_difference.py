"""Colour difference against the published test data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.quality import cie76, ciede2000, delta_e, srgb_to_lab

SHARMA = np.array([
    [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425], [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
    [50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412], [50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000],
    [50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000], [50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000],
    [50, 0, 0, 50, -1, 2, 2.3669], [50, -1, 2, 50, 0, 0, 2.3669],
    [50, 2.49, -0.0010, 50, -2.49, 0.0009, 7.1792], [50, 2.49, -0.0010, 50, -2.49, 0.0010, 7.1792],
    [50, 2.49, -0.0010, 50, -2.49, 0.0011, 7.2195], [50, 2.49, -0.0010, 50, -2.49, 0.0012, 7.2195],
    [50, -0.0010, 2.49, 50, 0.0009, -2.49, 4.8045], [50, -0.0010, 2.49, 50, 0.0010, -2.49, 4.8045],
    [50, -0.0010, 2.49, 50, 0.0011, -2.49, 4.7461], [50, 2.5, 0, 50, 0, -2.5, 4.3065],
    [50, 2.5, 0, 73, 25, -18, 27.1492], [50, 2.5, 0, 61, -5, 29, 22.8977], [50, 2.5, 0, 56, -27, -3, 31.9030],
    [50, 2.5, 0, 58, 24, 15, 19.4535], [50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000], [50, 2.5, 0, 50, 3.2972, 0, 1.0000],
    [50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000], [50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000],
    [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
    [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
    [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
    [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
    [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
    [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
    [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
    [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
    [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
    [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
])  # fmt: skip
"""Sharma, Wu and Dalal 2005, table I: two Lab colours and their CIEDE2000."""


def test_all_published_pairs() -> None:
    assert np.abs(ciede2000(SHARMA[:, :3], SHARMA[:, 3:6]) - SHARMA[:, 6]).max() < 1e-4
    assert np.abs(ciede2000(SHARMA[:, 3:6], SHARMA[:, :3]) - SHARMA[:, 6]).max() < 1e-4


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 255), (32.2970, 79.1875, -107.8602)),
        ((119, 119, 119), (50.034, 0, 0)),
    ],
)
def test_lab_of_known_colours(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    eight = np.array([[rgb]], np.uint8)
    for pixels in (eight, eight.astype(np.uint16) * 257, eight.astype(np.float32) / np.float32(255)):
        assert np.abs(srgb_to_lab(pixels)[0, 0] - lab).max() < 0.02


def test_lab_agrees_with_scikit_image() -> None:
    color = pytest.importorskip("skimage.color")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    ours, theirs = srgb_to_lab(pixels), color.rgb2lab(pixels)
    assert np.abs(ours - theirs).max() < 0.02
    shifted = np.roll(theirs, 1, axis=0)
    assert np.abs(ciede2000(theirs, shifted) - color.deltaE_ciede2000(theirs, shifted)).max() < 1e-6
    assert np.abs(cie76(theirs, shifted) - color.deltaE_cie76(theirs, shifted)).max() < 1e-6


LAB = st.tuples(st.floats(0, 100), st.floats(-120, 120), st.floats(-120, 120))


@given(LAB, LAB)
def test_difference_is_symmetric_and_zero_only_for_the_same(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    one, two = np.array(a), np.array(b)
    assert ciede2000(one, one) == 0
    assert ciede2000(one, two) == pytest.approx(float(ciede2000(two, one)), abs=1e-6)
    assert np.isfinite(ciede2000(one, two))


def test_pictures_and_formulas() -> None:
    grey = np.full((4, 5, 3), 119, np.uint8)
    lighter = grey + np.uint8(2)
    assert delta_e(grey, grey).max() == 0
    assert delta_e(grey, lighter).shape == (4, 5)
    assert 0.5 < delta_e(grey, lighter).mean() < 1.0
    assert delta_e(grey, lighter, formula="cie76").mean() == pytest.approx(0.78, abs=0.05)
    with pytest.raises(ValueError, match="shape"):
        delta_e(grey, grey[:2])
