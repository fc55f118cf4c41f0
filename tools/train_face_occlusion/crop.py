"""The crop that the network sees: the one that `facefusion.faces.parse` makes, for landmarks alone."""

from __future__ import annotations

from facefusion.core import Float32
from facefusion.faces import parse


def crop_matrix(xy: Float32) -> Float32:
    """(2, 3) float32, picture pixels → pixels of the crop."""
    return parse.upright_matrix(xy)


def mesh_guide(xyz: Float32) -> Float32:
    """(192, 192, 3) float32: coverage and the texture coordinates u and v of landmarks (478, 3) in the crop."""
    return parse.guide_of(xyz)
