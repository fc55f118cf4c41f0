"""The source's iris at the target's gaze: lids, lashes' shadow, white and catchlight stay the performer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Face, Float32, to_unit
from facefusion.geometry.color import luma
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_LEFT_IRIS, IMAGE_RIGHT_EYE, IMAGE_RIGHT_IRIS
from facefusion.geometry.uv_maps import uv_pixels

EYES = ((IMAGE_LEFT_EYE, IMAGE_LEFT_IRIS), (IMAGE_RIGHT_EYE, IMAGE_RIGHT_IRIS))
_RINGS, _ANGLES = 24, 64
_REACH = 1.08
"""Iris textures reach a little past the rim, in iris radii."""
_SMALLEST_PX = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Iris:
    """Colours by distance from the pupil: (24, 3) float32 sRGB rings, from the centre to just past the rim."""

    rings: Float32


def iris_of(faces: Sequence[Face]) -> Iris | None:
    """The person's iris, from every eye that is open wide enough to see it; None when none is."""
    found = [rings for face in faces for eye, iris in EYES if (rings := _rings(face, eye, iris)) is not None]
    return Iris(np.median(np.stack(found), axis=0).astype(np.float32)) if found else None


def opening(xy: Float32, eye: tuple[int, ...]) -> float:
    """Height of the eye's opening as a fraction of its width."""
    width = float(np.linalg.norm(xy[eye[0]] - xy[eye[8]]))
    heights = [float(np.linalg.norm(xy[eye[k]] - xy[eye[16 - k]])) for k in (3, 4, 5)]
    return float(np.mean(heights)) / max(width, 1e-6)


def usual_opening(faces: Sequence[Face]) -> float:
    """The median `opening` of both eyes over all photos."""
    shown = [face.landmarks.xy for face in faces if face.landmarks is not None]
    return float(np.median([opening(xy, eye) for xy in shown for eye in (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)]))


def paint_irises(pixels: Float32, xy: Float32, iris: Iris | None, ratio: Float32, strength: float) -> Float32:
    """`pixels` (h, w, 3) with the source's iris in both eyes, under the light that falls on each.

    xy: (478, 2) pixels after the change of shape. ratio: (S, S, 3) linear-light factors in texture space, from the
    source's photo to the target.
    """
    if iris is None:
        return pixels
    for eye_number, (eye, _) in enumerate(EYES):
        pixels = paint_iris(pixels, xy, iris, _light_at(eye, ratio), strength, eye_number)
    return pixels


def _light_at(eye: tuple[int, ...], ratio: Float32) -> float:
    """The mean factor of brightness around one eye: a face lit from a side has two."""
    x, y = np.round(uv_pixels(ratio.shape[0])[list(eye)].mean(axis=0)).astype(int)
    return float(luma(ratio[y - 2 : y + 3, x - 2 : x + 3]).mean())


def paint_iris(
    pixels: Float32, xy: Float32, iris: Iris, brightness: float, strength: float, eye_number: int
) -> Float32:
    """A copy of `pixels` (h, w, 3) with the source's iris in one eye.

    xy: (478, 2) pixels after the change of shape. brightness: linear-light factor from the source's photo to the
    target. eye_number: 0 for the image-left eye, 1 for the image-right.
    """
    eye, points = EYES[eye_number]
    radius = _radius(xy, points)
    if radius < _SMALLEST_PX or strength <= 0 or opening(xy, eye) < 0.08:
        return pixels
    center = xy[points[0]]
    x0, y0 = np.floor(center - radius * 1.5).astype(int)
    x1, y1 = np.ceil(center + radius * 1.5).astype(int) + 1
    if x0 < 0 or y0 < 0 or x1 > pixels.shape[1] or y1 > pixels.shape[0]:
        return pixels
    out = pixels.copy()
    window = out[y0:y1, x0:x1]
    rows, columns = np.indices(window.shape[:2], dtype=np.float32)
    distance = np.hypot(columns + x0 - center[0], rows + y0 - center[1]) / radius
    under = cv2.GaussianBlur(window, (0, 0), 0.3 * radius)
    alpha = np.clip((1.0 - distance) * radius * 0.8 + 0.5, 0, 1) * _inside(xy[list(eye)], window.shape[:2], (x0, y0))
    colours = _at(iris.rings, distance) * np.float32(np.clip(brightness, 0.01, 2.0) ** (1 / 2.2))
    shade = _shade(under, alpha)
    glint = np.clip((luma(window) - luma(under) - 0.10) * 6.0, 0, 1) * (distance < 1.0)
    alpha = alpha * (1.0 - glint) * np.float32(strength)
    window += (np.clip(colours * shade[..., None], 0, 1) - window) * alpha[..., None]
    return out


def _rings(face: Face, eye: tuple[int, ...], points: tuple[int, ...]) -> Float32 | None:
    if face.landmarks is None or face.picture is None:
        return None
    xy = face.landmarks.xy
    radius = _radius(xy, points)
    if radius < 2.5 or opening(xy, eye) < 0.16:
        return None
    center = xy[points[0]]
    angles = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False, dtype=np.float32)
    reach = (np.arange(_RINGS, dtype=np.float32) + 0.5) / _RINGS * _REACH * radius
    x = (center[0] + reach[:, None] * np.cos(angles)).astype(np.float32)
    y = (center[1] + reach[:, None] * np.sin(angles)).astype(np.float32)
    picture = to_unit(
        face.picture[max(int(y.min()) - 4, 0) : int(y.max()) + 5, max(int(x.min()) - 4, 0) : int(x.max()) + 5]
    )
    x, y = x - max(int(x.min()) - 4, 0), y - max(int(y.min()) - 4, 0)
    sheet = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sideways = np.abs(np.sin(angles)) < 0.75
    return np.median(sheet[:, sideways], axis=1).astype(np.float32)


def _radius(xy: Float32, points: tuple[int, ...]) -> float:
    """Iris radius in pixels, from its two sideways rim points, which lids do not cover."""
    return float(np.linalg.norm(xy[points[1]] - xy[points[3]])) / 2


def _inside(rim: Float32, size: tuple[int, ...], origin: tuple[int, int]) -> Float32:
    """Soft-edged inside of an eye's rim, four times oversampled."""
    mask = np.zeros((size[0] * 4, size[1] * 4), np.uint8)
    cv2.fillPoly(mask, [np.round((rim - origin + 0.5) * 4 - 0.5).astype(np.int32)], 255)
    soft = cv2.resize(mask, (size[1], size[0]), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(soft, (3, 3), 0)


def _at(rings: Float32, distance: Float32) -> Float32:
    at = np.clip(distance / _REACH * _RINGS - 0.5, 0, _RINGS - 1.001).astype(np.float32)
    low = at.astype(np.int32)
    blend = (at - low)[..., None]
    colours: Float32 = rings[low] * (1 - blend) + rings[np.minimum(low + 1, _RINGS - 1)] * blend
    return colours


def _shade(under: Float32, alpha: Float32) -> Float32:
    """The lid's shadow over the eyeball: the target's own soft brightness, relative to its mean in the iris."""
    grey = luma(under)
    mean = float((grey * alpha).sum() / max(float(alpha.sum()), 1e-3))
    return np.clip(grey / max(mean, 1e-3), 0.6, 1.25).astype(np.float32)
