"""A brow that runs into the hair beside the face is still the face's own: its tail is not "in front of it"."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32

_TAILS = ((46, 53, 52, 105, 63, 70), (276, 283, 282, 334, 293, 300))
"""Mesh points around the outer half of each brow."""
_MIDDLES = ((52, 105, 66, 65), (282, 334, 296, 295))
"""Around its inner half: when that is hidden too, it is a rim, a fringe or a hand."""
_AROUND_PX = 3
_TALLER_PX = 17
"""What is less high than this, over a brow, is the brow. Hair that falls down the face is higher."""


def with_brow_tails(seen: Float32, xy: Float32, *, surely_seen: float) -> Float32:
    """`seen` with the brows' outer ends given back to the face, where only they are taken for something in front of it.

    seen: (H, W) float32 in [0, 1] of an upright crop of about 192 pixels, 1 where the face is seen. xy: (468 or more,
    2) mesh points in its pixels. surely_seen: from this on a point counts as seen.
    """
    zone = np.zeros(seen.shape, np.uint8)
    for tail, middle in zip(_TAILS, _MIDDLES, strict=True):
        if _mean_in(seen, xy[list(middle)]) >= surely_seen:
            cv2.fillConvexPoly(zone, cv2.convexHull(np.rint(xy[list(tail)]).astype(np.int32)), 1)
    if not zone.any():
        return seen
    near = cv2.dilate(zone, np.ones((2 * _AROUND_PX + 1,) * 2, np.uint8)) > 0
    filled = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((_TALLER_PX, 1), np.uint8))
    return np.where(near, np.maximum(seen, filled), seen)


def _mean_in(seen: Float32, xy: Float32) -> float:
    inside = np.zeros(seen.shape, np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(xy).astype(np.int32)), 1)
    return float(cv2.mean(seen, mask=inside)[0]) if inside.any() else 0.0
