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

PX_PER_CM = 38.0
SMALL_PX_PER_CM = 16.0
"""For a look at somebody only: quickly made and small."""
_MARGIN_CM = 2.0
_IRIS_CM = 0.59
_UV_CM = 26.8
"""Width of the texture on the canonical head."""


def portrait(person: Nobody, px_per_cm: float = PX_PER_CM) -> Face:
    """`person` from the front, in even light, with pores and grain of its own; the same for the same name."""
    xyz = person.shape * np.array([1, -1, -1], np.float32) * px_per_cm
    low = xyz[:, :2].min(axis=0) - _MARGIN_CM * px_per_cm
    xyz[:, :2] -= low
    size = np.ceil(xyz[:, :2].max(axis=0) + _MARGIN_CM * px_per_cm).astype(int)
    landmarks = _with_irises(xyz, _IRIS_CM * px_per_cm)
    uv, covered = rasterize(xyz[:, :2], xyz[:, 2], canonical_mesh().triangles, canonical_mesh().uv, (size[1], size[0]))
    texels = 1024 if px_per_cm > 20 else 512
    picture = cv2.remap(
        _detailed(person, texels), np.ascontiguousarray(uv * np.float32(texels - 1)), None, cv2.INTER_CUBIC
    )
    picture[~covered] = person.skin[0, 0]
    for points in (IMAGE_LEFT_IRIS, IMAGE_RIGHT_IRIS):
        _paint_iris(picture, landmarks.xy[points[0]], person.rings, _IRIS_CM * px_per_cm)
    return Face(
        box=Box.around(landmarks.xy[:468]),
        score=1.0,
        keypoints=to_5(landmarks),
        landmarks=landmarks,
        pose=HeadPose(0.0, 0.0, 0.0),
        picture=np.clip(picture, 0.0, 1.0).astype(np.float32),
    )


def _with_irises(xyz: Float32, radius: float) -> Landmarks:
    around = np.array([[0, 0, 0], [1, 0, 0], [0, -1, 0], [-1, 0, 0], [0, 1, 0]], np.float32) * np.float32(radius)
    irises = [xyz[list(eye)].mean(axis=0) + around for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)]
    points = np.vstack([xyz, *irises]).astype(np.float32)
    return Landmarks(np.ascontiguousarray(points[:, :2]), points[:, 2].copy())


def _paint_iris(picture: Float32, center: Float32, rings: Float32, radius: float) -> None:
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    away = np.hypot(columns - center[0], rows - center[1]) / radius
    at = np.clip(away / 1.08 * len(rings) - 0.5, 0, len(rings) - 1).astype(int)
    inside = away < 1.08
    picture[inside] = rings[at[inside]]


def _detailed(person: Nobody, texels: int) -> Float32:
    """(texels, texels, 3) sRGB: the skin with what an average has lost, as blotches, pores and crisp edges."""
    skin = cv2.resize(person.skin, (texels, texels), interpolation=cv2.INTER_CUBIC)
    luck = np.random.default_rng(int.from_bytes(sha256(person.name.encode()).digest()[:8], "big"))
    plain = cv2.GaussianBlur((uv_maps(texels).skin > 0.02).astype(np.float32), (0, 0), texels / 256)
    blotches = _noise(luck, 0.35, texels) * 0.010 + _noise(luck, 0.12, texels) * 0.008
    pores = np.minimum(_noise(luck, 0.035, texels) - 0.4, 0.0) * 0.035 + _noise(luck, 0.05, texels) * 0.008
    relief = (blotches + pores) * (0.25 + 0.75 * plain) * (0.6 + 8.0 * min(person.lined, 0.09))
    red = (_noise(luck, 0.25, texels) * plain)[..., None] * _REDNESS
    return np.clip(_sharpened(skin) * np.exp(relief)[..., None] + red, 0.0, 1.0).astype(np.float32)


_REDNESS = np.array([0.006, -0.003, -0.003], np.float32)


def _sharpened(skin: Float32) -> Float32:
    """The average's soft edges (lids, lips, brows, folds) made as crisp as one face has them."""
    fine = luma(skin) - cv2.GaussianBlur(luma(skin), (0, 0), skin.shape[0] / 205)
    return skin + (0.7 * fine)[..., None]


def _noise(luck: np.random.Generator, width_cm: float, texels: int) -> Float32:
    """(texels, texels) float32, standard deviation 1, features about `width_cm` wide."""
    sigma = width_cm * texels / _UV_CM / 2
    step = max(int(sigma / 2), 1)
    small = luck.standard_normal((-(-texels // step), -(-texels // step))).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), max(sigma / step, 0.3))
    full = soft if step == 1 else cv2.resize(soft, (texels, texels), interpolation=cv2.INTER_CUBIC)
    return (full / max(float(full.std()), 1e-6)).astype(np.float32)
