"""How far eyes and mouth are open, from the dense face mesh."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Landmarks

LEFT_LIDS = (159, 145)
RIGHT_LIDS = (386, 374)
LEFT_EYE_CORNERS = (33, 133)
RIGHT_EYE_CORNERS = (362, 263)
INNER_LIPS = (13, 14)
"""Indices of the 478-point face mesh (upper, lower); left and right are the viewer's."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Openings as fractions of the distance between the eyes' centres: both lids and the inner lips, ≥ 0."""

    left_lid: float
    right_lid: float
    mouth: float


def expression(landmarks: Landmarks) -> Expression:
    """Openings of a face with 468 or 478 points, measured in the picture's plane.

    Raises ValueError for other landmarks, or when both eyes are in one place.
    """
    if len(landmarks) not in (468, 478):
        raise ValueError(f"expression: got {len(landmarks)} points, supported are the face mesh's 468 or 478")
    xy = landmarks.xy.astype(np.float64)
    between = _distance(xy[list(LEFT_EYE_CORNERS)].mean(axis=0), xy[list(RIGHT_EYE_CORNERS)].mean(axis=0))
    if between == 0:
        raise ValueError("expression: got both eyes in one place, supported is a face with an eye distance above 0")
    return Expression(
        *(_distance(xy[upper], xy[lower]) / between for upper, lower in (LEFT_LIDS, RIGHT_LIDS, INNER_LIPS))
    )


def expression_error(a: Expression, b: Expression) -> float:
    """The largest of the three differences, fraction of the eye distance."""
    return max(abs(x - y) for x, y in zip(astuple(a), astuple(b), strict=True))


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(a - b))
