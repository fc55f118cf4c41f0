"""What is kept of recent frames."""

from __future__ import annotations

import numpy as np

from facefusion.faces.carry import kept


def test_small_frames_are_kept_as_they_are_and_large_ones_as_means_of_whole_blocks() -> None:
    small = np.zeros((1080, 1920, 3), np.uint8)
    assert kept(3, small).pixels is small
    assert kept(3, small).scale == 1
    rng = np.random.default_rng(1)
    large = rng.integers(0, 255, (2161, 3840, 3), np.uint8)
    found = kept(4, large)
    assert found.pixels.shape == (1080, 1920, 3)
    assert found.scale == 0.5
    block = large[100:102, 200:202].reshape(4, 3).mean(axis=0)
    assert np.abs(found.pixels[50, 100] - block).max() <= 0.51
    assert kept(5, np.zeros((16, 9000, 3), np.float32)).pixels.shape == (3, 1800, 3)
