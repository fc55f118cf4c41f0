"""The canvas that all learned effects of a face share."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Float32, Landmarks
from facefusion.geometry import transforms
from facefusion.geometry.templates import align_matrix
from facefusion.pipeline.cascade import canvas_of

POINTS = np.array([[402, 301], [498, 312], [446, 361], [399, 402], [484, 411]], np.float32)
"""Eyes, nose and corners of the mouth of a face that leans and looks aside."""


def crop(template: str, size: int) -> Float32:
    return align_matrix(Landmarks(POINTS), template, size=size)  # type: ignore[arg-type]


def reach(matrix: Float32, size: int, canvas: Float32) -> tuple[float, float]:
    """The least and the largest coordinate of a crop's corners on the canvas."""
    corners = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]], np.float32)
    spots = transforms.apply(transforms.compose(transforms.inverse(matrix), canvas), corners)
    return float(spots.min()), float(spots.max())


def test_the_finest_crop_is_the_canvas_where_the_other_lies_inside_of_it() -> None:
    """So a restorer's pixels are laid on the picture as it gave them."""
    swap, restore = crop("arcface_128", 256), crop("ffhq_512", 512)
    for matrices, sizes in (((swap, restore), (256, 512)), ((restore, swap), (512, 256))):
        canvas = canvas_of(matrices, sizes)
        assert canvas.size == 512
        np.testing.assert_array_equal(canvas.matrix, restore)
    low, high = reach(swap, 256, restore)
    assert low >= -0.03 * 512
    assert high <= 511 + 0.03 * 512


def test_a_canvas_holds_every_crop_where_the_finest_does_not() -> None:
    fine, wide = crop("arcface_128", 1024), crop("ffhq_512", 512)
    canvas = canvas_of((fine, wide), (1024, 512))
    assert transforms.scale_of(canvas.matrix) == pytest.approx(transforms.scale_of(fine), rel=1e-4)
    for matrix, size in ((fine, 1024), (wide, 512)):
        low, high = reach(matrix, size, canvas.matrix)
        assert low >= -1
        assert high <= canvas.size


def test_a_canvas_of_one_crop_is_that_crop() -> None:
    only = crop("arcface_128", 256)
    canvas = canvas_of((only,), (256,))
    assert canvas.size == 256
    np.testing.assert_array_equal(canvas.matrix, only)
