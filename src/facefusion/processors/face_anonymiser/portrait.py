"""A photograph, as it were, of somebody who does not exist: what a swapper takes for a source."""

from __future__ import annotations

from hashlib import sha256

import cv2
import numpy as np

from facefusion.core import Box, Face, Float32, HeadPose, Landmarks
from facefusion.geometry.color import luma
from facefusion.geometry.landmark_maps import to_5
from facefusion.geometry.mesh import (
    IMAGE_LEFT_EYE,
    IMAGE_LEFT_IRIS,
    IMAGE_RIGHT_EYE,
    IMAGE_RIGHT_IRIS,
    canonical_mesh,
)
from facefusion.geometry.raster import rasterize
from facefusion.geometry.uv_maps import uv_maps
from facefusion.processors.face_anonymiser.people import Nobody

_PX_PER_CM = 38.0
_MARGIN_CM = 2.0
_IRIS_CM = 0.59
_TEXELS = 1024
_CM_PER_TEXEL = 26.8 / _TEXELS


def portrait(person: Nobody) -> Face:
    """`person` from the front, in even light, with pores and grain of its own; the same for the same name."""
    xyz = person.shape * np.array([1, -1, -1], np.float32) * _PX_PER_CM
    low = xyz[:, :2].min(axis=0) - _MARGIN_CM * _PX_PER_CM
    xyz[:, :2] -= low
    size = np.ceil(xyz[:, :2].max(axis=0) + _MARGIN_CM * _PX_PER_CM).astype(int)
    landmarks = _with_irises(xyz)
    uv, covered = rasterize(xyz[:, :2], xyz[:, 2], canonical_mesh().triangles, canonical_mesh().uv, (size[1], size[0]))
    place = np.ascontiguousarray(uv * np.float32(_TEXELS - 1))
    picture = cv2.remap(_detailed(person), place, None, cv2.INTER_CUBIC)
    picture[~covered] = person.skin[0, 0]
    for points in (IMAGE_LEFT_IRIS, IMAGE_RIGHT_IRIS):
        _paint_iris(picture, landmarks.xy[points[0]], person.rings)
    return Face(
        box=Box.around(landmarks.xy[:468]),
        score=1.0,
        keypoints=to_5(landmarks),
        landmarks=landmarks,
        pose=HeadPose(0.0, 0.0, 0.0),
        picture=np.clip(picture, 0.0, 1.0).astype(np.float32),
    )


def _with_irises(xyz: Float32) -> Landmarks:
    radius = _IRIS_CM * _PX_PER_CM
    around = np.array([[0, 0, 0], [1, 0, 0], [0, -1, 0], [-1, 0, 0], [0, 1, 0]], np.float32) * radius
    irises = [xyz[list(eye)].mean(axis=0) + around for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)]
    points = np.vstack([xyz, *irises]).astype(np.float32)
    return Landmarks(np.ascontiguousarray(points[:, :2]), points[:, 2].copy())


def _paint_iris(picture: Float32, center: Float32, rings: Float32) -> None:
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    away = np.hypot(columns - center[0], rows - center[1]) / (_IRIS_CM * _PX_PER_CM)
    at = np.clip(away / 1.08 * len(rings) - 0.5, 0, len(rings) - 1).astype(int)
    inside = away < 1.08
    picture[inside] = rings[at[inside]]


def _detailed(person: Nobody) -> Float32:
    """The skin with what an average has lost: blotches, pores, and hairs where brows are."""
    skin = cv2.resize(person.skin, (_TEXELS, _TEXELS), interpolation=cv2.INTER_CUBIC)
    luck = np.random.default_rng(int.from_bytes(sha256(person.name.encode()).digest()[:8], "big"))
    plain = cv2.GaussianBlur((uv_maps(_TEXELS).skin > 0.02).astype(np.float32), (0, 0), 4.0)
    blotches = _noise(luck, 0.35) * 0.010 + _noise(luck, 0.12) * 0.008
    pores = np.minimum(_noise(luck, 0.035) - 0.4, 0.0) * 0.035 + _noise(luck, 0.05) * 0.008
    relief = (blotches + pores) * (0.25 + 0.75 * plain) * (0.6 + 8.0 * min(person.lined, 0.09))
    out = _sharpened(skin) * np.exp(relief)[..., None]
    return np.clip(out + _noise(luck, 0.25)[..., None] * plain[..., None] * _REDNESS, 0.0, 1.0).astype(np.float32)


_REDNESS = np.array([0.006, -0.003, -0.003], np.float32)


def _sharpened(skin: Float32) -> Float32:
    """The average's soft edges (lids, lips, brows, folds) made as crisp as one face has them."""
    fine = luma(skin) - cv2.GaussianBlur(luma(skin), (0, 0), 5.0)
    return skin + (0.7 * fine)[..., None]


def _noise(luck: np.random.Generator, width_cm: float) -> Float32:
    """(TEXELS, TEXELS) float32, standard deviation 1, features about `width_cm` wide."""
    sigma = width_cm / _CM_PER_TEXEL / 2
    step = max(int(sigma / 2), 1)
    small = luck.standard_normal((-(-_TEXELS // step), -(-_TEXELS // step))).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), max(sigma / step, 0.3))
    full = soft if step == 1 else cv2.resize(soft, (_TEXELS, _TEXELS), interpolation=cv2.INTER_CUBIC)
    return (full / max(float(full.std()), 1e-6)).astype(np.float32)
