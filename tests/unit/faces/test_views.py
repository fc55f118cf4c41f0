"""Tiles cover the picture."""

import numpy as np
import pytest

from facefusion.faces import views
from facefusion.geometry import transforms


@pytest.mark.parametrize("shape", [(360, 640), (1080, 1920), (2160, 3840), (600, 200)])
def test_every_small_face_is_whole_in_some_tile(shape: tuple[int, int]) -> None:
    picture = np.broadcast_to(np.uint8(0), (*shape, 3))
    tiles = views.tiles(picture, 192, 24)
    rng = np.random.default_rng(0)
    for side in (24, 60, 120):
        centers = rng.uniform((0, 0), (shape[1] - 1, shape[0] - 1), (200, 2)).astype(np.float32)
        seen = np.zeros(200, bool)
        for matrix in tiles:
            scale = transforms.scale_of(matrix)
            middle = transforms.apply(matrix, centers)
            reach = side * scale / 2 * 0.9
            inside = ((middle > reach) & (middle < 191 - reach)).all(axis=1)
            seen |= inside & (13 <= side * scale <= 130)
        edge = np.minimum(centers, (shape[1] - 1, shape[0] - 1) - centers).min(axis=1)
        assert seen[edge > side / 2].all(), side


def test_a_small_picture_needs_no_tiles() -> None:
    assert views.tiles(np.zeros((100, 120, 3), np.uint8), 192, 24) == []


def test_the_whole_picture_fits_its_view() -> None:
    matrix = views.whole(np.zeros((100, 200, 3), np.uint8), 192)
    corners = transforms.apply(matrix, np.array([[-0.5, -0.5], [199.5, 99.5]], np.float32))
    np.testing.assert_allclose(corners, [[-0.5, 47.5], [191.5, 143.5]], atol=1e-3)
