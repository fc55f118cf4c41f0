"""The alignment templates."""

import numpy as np
import pytest

from facefusion.core import Landmarks
from facefusion.geometry import templates, transforms

NAMES = ("arcface_112_v1", "arcface_112_v2", "arcface_128", "ffhq_512", "mtcnn_512")


@pytest.mark.parametrize("name", NAMES)
def test_a_template_lies_on_its_canvas_with_the_left_eye_first(name: templates.TemplateName) -> None:
    points = templates.template_points(name)
    assert points.shape == (5, 2)
    assert 0 < points.min() < points.max() < templates.template_size(name)
    assert points[0, 0] < points[2, 0] < points[1, 0]
    assert points[3, 0] < points[4, 0]
    assert points[:2, 1].max() < points[2, 1] < points[3:, 1].min()


def test_arcface_128_is_v2_shifted_by_eight() -> None:
    shift = templates.template_points("arcface_128") - templates.template_points("arcface_112_v2")
    np.testing.assert_allclose(shift, np.tile([8, 0], (5, 1)), atol=1e-5)


def test_a_template_scales_with_its_canvas() -> None:
    half = templates.template_points("ffhq_512", size=256)
    np.testing.assert_allclose(half * 2, templates.template_points("ffhq_512"), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_aligning_a_moved_template_lays_it_back(name: templates.TemplateName) -> None:
    points = templates.template_points(name, size=200)
    matrix = np.array([[0.6, -0.8, 300], [0.8, 0.6, -40]], np.float32)
    moved = Landmarks(transforms.apply(matrix, points))
    back = transforms.apply(templates.align_matrix(moved, name, size=200), moved.xy)
    np.testing.assert_allclose(back, points, atol=1e-2)


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="ffhq_512"):
        templates.template_points("ffhq")  # type: ignore[arg-type]
