"""What detectors do around their networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.models.adapters.detectors import Scrfd
from facefusion.models.spec import TensorSpec

SIDE = 64


class OfHalfTheSize:
    """Finds a face at the first cell as soon as the picture leaves the right half of the input empty."""

    inputs = (TensorSpec("input.1", (1, 3, SIDE, SIDE), "NCHW", "rgb"),)

    def __init__(self) -> None:
        self.shown = 0

    def run(self, tensor: NDArray[Any]) -> list[Float32]:
        self.shown += 1
        cells = [2 * (SIDE // stride) ** 2 for stride in (8, 16, 32)]
        scores = [np.zeros((1, number, 1), np.float32) for number in cells]
        scores[0][0, 0] = 0.9 if not tensor[..., SIDE // 2 :].any() else 0.1
        rows = [[np.ones((1, number, length), np.float32) for number in cells] for length in (4, 10)]
        return [*scores, *rows[0], *rows[1]]


def test_scrfd_looks_again_at_half_the_size_where_it_found_nothing() -> None:
    network = OfHalfTheSize()
    found = Scrfd(network).detect(np.full((128, 128, 3), 255, np.uint8))  # type: ignore[arg-type]
    assert network.shown == 2
    assert found.scores.tolist() == [np.float32(0.9)]
    assert np.allclose(found.boxes, [[-32, -32, 32, 32]]), "a stride of 8 at a quarter of the picture's size"
    assert np.allclose(found.keypoints, 32)


def test_scrfd_looks_once_where_it_found_somebody() -> None:
    network = OfHalfTheSize()
    pixels = np.zeros((128, 128, 3), np.uint8)
    pixels[:, :32] = 255
    assert len(Scrfd(network).detect(pixels)) == 1  # type: ignore[arg-type]
    assert network.shown == 1
