"""Eyes, nose and mouth of a face by a learned landmarker: what aligned crops are cut by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from facefusion.core import Box, Face, Float32, Landmarks, Pixels

Groups = tuple[tuple[int, ...], ...]
_FIVE: Mapping[int, Groups] = {
    68: (tuple(range(36, 42)), tuple(range(42, 48)), (30,), (48,), (54,)),
    106: ((38,), (88,), (86,), (52,), (61,)),
    203: ((0, 6, 12, 18), (24, 30, 36, 42), (), (48,), (66,)),
}
"""By number of points, those whose mean is each of the five: 68 in iBUG order, 106 as InsightFace's 2d106 has them, 203
as LivePortrait's cropper takes them, where no point is known to be the tip of the nose."""


class Landmarker(Protocol):
    """What a network that reads landmarks can do."""

    def read(self, pixels: Pixels, box: Box) -> tuple[Landmarks, float]:
        """Points of the face in `box` of `pixels` (H, W, 3) RGB, and how sure the network is, in [0, 1]."""


def keypoints_by(landmarker: Landmarker, pixels: Pixels, face: Face) -> Landmarks:
    """The five keypoints of `face` in `pixels` (H, W, 3) RGB as `landmarker` sees them."""
    points, _ = landmarker.read(pixels, face.box)
    return five_of(points, face.keypoints)


def five_of(points: Landmarks, known: Landmarks) -> Landmarks:
    """Image-left eye, image-right eye, nose tip and mouth corners of 68, 106 or 203 points.

    known: the five points as they are known otherwise; a point that the many do not have moves with the others.
    """
    groups = _FIVE[len(points)]
    found: Float32 = known.xy.copy()
    has = [place for place, group in enumerate(groups) if group]
    for place in has:
        found[place] = points.xy[list(groups[place])].mean(axis=0)
    moved = (found[has] - known.xy[has]).mean(axis=0)
    for place in set(range(5)) - set(has):
        found[place] += moved
    return Landmarks(np.ascontiguousarray(found, np.float32))
