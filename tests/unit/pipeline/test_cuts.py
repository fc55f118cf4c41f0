"""Cuts are seen; pans, flashes of a few pixels and noise are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.pipeline.cuts import CutFinder


def _scene(seed: int, shift: int = 0, dtype: str = "uint8") -> NDArray[np.generic]:
    """Blobs of colour, 640 × 360, moved sideways by `shift` pixels."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 24, 3))
    rows, columns = np.arange(360) // 60, (np.arange(640) + shift) // 60
    picture = small[rows][:, columns].astype(np.uint8)
    return picture if dtype == "uint8" else picture.astype(dtype) * (257 if dtype == "uint16" else 1 / 255)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_cut_is_the_first_frame_of_the_new_shot(dtype: str) -> None:
    finder = CutFinder()
    frames = [_scene(1, 2 * n, dtype) for n in range(6)] + [_scene(2, 2 * n, dtype) for n in range(6)]
    cuts = [index for index, frame in enumerate(frames) if finder.is_cut(frame.astype(dtype))]
    assert cuts == [6]


def test_a_fast_pan_is_no_cut() -> None:
    finder = CutFinder()
    assert not any(finder.is_cut(_scene(1, 25 * n)) for n in range(20))


def test_noise_is_no_cut() -> None:
    finder, rng = CutFinder(), np.random.default_rng(0)
    base = _scene(3).astype(int)
    noisy = (np.clip(base + rng.normal(0, 20, base.shape), 0, 255).astype(np.uint8) for _ in range(10))
    assert not any(finder.is_cut(frame) for frame in noisy)
