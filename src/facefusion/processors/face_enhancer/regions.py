"""Where on the crop the face is, and where its features are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Box, Face, Float32
from facefusion.geometry import mesh

_MARGIN = 0.45
"""How far the crop reaches beyond the landmarks, in eye distances: the soft edge and the widest filter fit in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """(h, w) float32 in [0, 1]: `face` has a soft edge, `features` is 1 on eyes, brows, lips and nostrils."""

    face: Float32
    features: Float32


def crop_box(face: Face, *, width: int, height: int) -> Box:
    """Whole-pixel box around the landmarks inside a picture of `width` × `height`; empty when outside."""
    points = face.keypoints.xy if face.landmarks is None else face.landmarks.xy
    margin = _MARGIN * face.eye_distance_px
    box = Box.around(points)
    x0, y0 = max(0, math.floor(box.x0 - margin)), max(0, math.floor(box.y0 - margin))
    x1, y1 = min(width, math.ceil(box.x1 + margin)), min(height, math.ceil(box.y1 + margin))
    return Box(x0, y0, max(x0, x1), max(y0, y1))


def regions_of(xy: Float32, shape: tuple[int, int], eye_distance_px: float) -> Regions:
    """Regions of a face whose 478 landmarks are `xy` (478, 2) in crop pixels."""
    soft = 0.18 * eye_distance_px
    features = np.zeros(shape, np.uint8)
    for contour in (mesh.IMAGE_LEFT_EYE, mesh.IMAGE_RIGHT_EYE, mesh.LIPS_OUTER, mesh.IMAGE_LEFT_BROW,
                    mesh.IMAGE_RIGHT_BROW, mesh.NOSE_BASE):  # fmt: skip
        _fill(features, xy[list(contour)])
    face = np.zeros(shape, np.uint8)
    _fill(face, xy[list(mesh.FACE_OVAL)])
    grown = cv2.dilate(features, np.ones((2 * max(1, round(0.06 * eye_distance_px)) + 1,) * 2, np.uint8))
    return Regions(face=_softened(face, soft), features=_softened(grown, 0.5 * soft))


def _fill(plane: cv2.typing.MatLike, xy: Float32) -> None:
    cv2.fillPoly(plane, [np.round(xy).astype(np.int32)], 255)


def _softened(plane: cv2.typing.MatLike, width_px: float) -> Float32:
    """Two box blurs of `width_px`: a smooth ramp that is exactly 0 beyond its reach."""
    side = 2 * max(1, round(width_px / 2)) + 1
    once = cv2.blur(plane.astype(np.float32) / 255, (side, side), borderType=cv2.BORDER_REPLICATE)
    return cv2.blur(once, (side, side), borderType=cv2.BORDER_REPLICATE)
