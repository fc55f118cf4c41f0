"""What a result has to be better than: leaving the picture alone, and simply pasting the photo's face on it."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Face, Float32, Pixels
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.geometry.transforms import similarity

_FEATHER = 0.15
"""Width of the oval's soft edge, in eye distances."""


def paste_only(source: Face, target: Face) -> Pixels:
    """The source's picture turned, moved and scaled so that five keypoints meet, pasted with a feathered oval."""
    if source.picture is None or target.picture is None:
        raise ValueError("paste_only: got a face without its picture")
    matrix = similarity(source.keypoints.xy, target.keypoints.xy)
    height, width = target.picture.shape[:2]
    border = cv2.BORDER_REPLICATE
    laid = cv2.warpAffine(source.picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=border)
    mask = _feathered_oval(target, (height, width))[..., None]
    mixed = target.picture + (laid.astype(np.float32) - target.picture) * mask
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def _feathered_oval(face: Face, size: tuple[int, int]) -> Float32:
    if face.landmarks is None:
        raise ValueError("paste_only: got a face without landmarks")
    oval = np.zeros(size, np.uint8)
    cv2.fillPoly(oval, [np.round(face.landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 255)
    inside = cv2.distanceTransform(oval, cv2.DIST_L2, 5)
    ramp = np.clip(inside / (_FEATHER * face.eye_distance_px), 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
