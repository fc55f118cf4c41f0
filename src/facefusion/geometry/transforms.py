"""2×3 affine matrices: estimate, apply, invert, compose. Pixel centres lie at whole numbers (OpenCV's convention)."""

from __future__ import annotations

import math

import numpy as np

from facefusion.core import Float32


def similarity(source: Float32, target: Float32, *, weights: Float32 | None = None) -> Float32:
    """(2, 3) float32 least-squares similarity (rotation, uniform scale, shift) from `source` to `target`.

    source, target: (K, 2) float32. weights: (K,) or None. Closed form of Umeyama (PAMI 1991) for the plane, without
    reflection. Raises ValueError when the source points coincide.
    """
    w = np.full(len(source), 1.0) if weights is None else np.asarray(weights, np.float64)
    w = w / w.sum()
    s, t = np.asarray(source, np.float64), np.asarray(target, np.float64)
    s_mean, t_mean = w @ s, w @ t
    s, t = s - s_mean, t - t_mean
    spread = float((w[:, None] * s * s).sum())
    if spread < 1e-12:
        raise ValueError("similarity: the source points coincide, supported are at least two different points")
    a = float((w[:, None] * s * t).sum()) / spread
    b = float((w * (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0])).sum()) / spread
    linear = np.array([[a, -b], [b, a]])
    return np.column_stack([linear, t_mean - linear @ s_mean]).astype(np.float32)


def apply(matrix: Float32, points: Float32) -> Float32:
    """(K, 2) float32: `points` (K, 2) moved by `matrix` (2, 3)."""
    moved: Float32 = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return moved


def inverse(matrix: Float32) -> Float32:
    """(2, 3) float32 inverse. Raises ValueError when the matrix is singular."""
    (a, b, x), (c, d, y) = matrix.tolist()
    area = a * d - b * c
    if abs(area) < 1e-12:
        raise ValueError("inverse: got a singular matrix")
    a, b, c, d = d / area, -b / area, -c / area, a / area
    return np.array([[a, b, -(a * x + b * y)], [c, d, -(c * x + d * y)]], np.float32)


def compose(first: Float32, then: Float32) -> Float32:
    """(2, 3) float32: the one matrix that does `first`, then `then`."""
    (a, b, x), (c, d, y) = then.tolist()
    (e, f, u), (g, h, v) = first.tolist()
    return np.array(
        [
            [a * e + b * g, a * f + b * h, a * u + b * v + x],
            [c * e + d * g, c * f + d * h, c * u + d * v + y],
        ],
        np.float32,
    )


def scale_of(matrix: Float32) -> float:
    """How many target pixels one source pixel becomes along a side (square root of the determinant)."""
    (a, b), (c, d) = matrix[:, :2].tolist()
    return math.sqrt(abs(a * d - b * c))


def rotation_deg(matrix: Float32) -> float:
    """Clockwise turn of the picture by a similarity, in degrees, in (-180, 180]."""
    return float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))


def square_roi(center: tuple[float, float], side: float, roll_deg: float, size: int) -> Float32:
    """(2, 3) float32, picture pixels → a `size`-pixel crop of the square at `center`, turned upright.

    side: length of the square in picture pixels. roll_deg: clockwise turn of the square in the picture.
    The square's edges fall on the outer edges of the crop's pixels, so a crop at scale 1 is a plain cut-out.
    """
    turn = np.radians(roll_deg)
    scale = size / side
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cos, sin], [-sin, cos]])
    middle = (size - 1) / 2
    return np.column_stack([linear, middle - linear @ np.asarray(center, np.float64)]).astype(np.float32)
