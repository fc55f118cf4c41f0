"""Where on a face an edit applies: a soft outline with padding, and windows for parts of the face."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from facefusion.blend.settings import ALL_AREAS, MaskSettings
from facefusion.core import Float32, Landmarks, Patch
from facefusion.core.arrays import check_shape
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize
from facefusion.geometry.uv_maps import uv_maps, uv_pixels

EYE_DISTANCE_CM = 6.3
_MAP_SIZE = 256
_WORK_PX = 224
"""Masks are smooth: a face larger than this is worked out at this width and enlarged."""


def restrict(patch: Patch, landmarks: Landmarks, settings: MaskSettings, painted: Float32 | None = None) -> Patch:
    """The same patch, allowed only inside the face mask of `settings`; an opaque one only where `painted` allows it.

    landmarks: 478 points in the frame's pixels. painted: (h, w) float32 in [0, 1] in the patch's pixels, or None.
    """
    size = patch.mask.shape
    mask = patch.mask
    if not patch.is_opaque:
        xy = (landmarks.xy @ patch.matrix[:, :2].T + patch.matrix[:, 2]).astype(np.float32)
        z = np.zeros(len(landmarks), np.float32) if landmarks.z is None else landmarks.z
        mask = mask * face_mask(Landmarks(xy, z), (size[0], size[1]), settings)
    if painted is not None:
        check_shape("painted mask", painted, size)
        mask = mask * painted
    visible = patch.visible if settings.mask_occlusion else None
    return replace(patch, mask=mask, visible=visible)


def face_mask(landmarks: Landmarks, size: tuple[int, int], settings: MaskSettings) -> Float32:
    """(height, width) float32 in [0, 1]: 1 inside the face, softly 0 at its outline.

    landmarks: 478 points in pixels of a picture of `size` = (height, width).
    """
    mesh = canonical_mesh()
    span = max(float(np.ptp(landmarks.xy[:468, 0])), float(np.ptp(landmarks.xy[:468, 1])), 1.0)
    scale = min(_WORK_PX / span, 1.0)
    small = (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))
    xyz = landmarks.xyz[:468] * np.float32(scale)
    uv, covered = rasterize(xyz[:, :2], xyz[:, 2], mesh.triangles, mesh.uv, small)
    place = uv * np.float32(_MAP_SIZE - 1)
    allowed = cv2.remap(_allowed(settings), place, None, cv2.INTER_LINEAR) * covered
    return cv2.resize(allowed, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=8)
def _allowed(settings: MaskSettings) -> Float32:
    """The mask in texture space."""
    maps = uv_maps(_MAP_SIZE)
    inset = maps.inset_cm - EYE_DISTANCE_CM * _padding(settings)
    width = max(EYE_DISTANCE_CM * settings.mask_blur, 0.15)
    ramp = np.clip(inset / width, 0.0, 1.0)
    soft = ramp * ramp * (3.0 - 2.0 * ramp)
    if set(settings.mask_areas) == set(ALL_AREAS):
        return soft.astype(np.float32)
    return (soft * _windows(settings)).astype(np.float32)


def _padding(settings: MaskSettings) -> Float32:
    """(S, S) float32 eye distances to take off, by where on the outline a texel's nearest edge lies."""
    rows, columns = np.indices((_MAP_SIZE, _MAP_SIZE), dtype=np.float32)
    y, x = (rows / (_MAP_SIZE - 1) - 0.5) * 2, (columns / (_MAP_SIZE - 1) - 0.5) * 2
    upright = np.abs(y) / np.maximum(np.hypot(x, y), 1e-3)
    ends = np.where(y < 0, np.float32(settings.mask_padding_top), np.float32(settings.mask_padding_bottom))
    padding: Float32 = (ends * upright + np.float32(settings.mask_padding_sides) * (1 - upright)).astype(np.float32)
    return padding


def _windows(settings: MaskSettings) -> Float32:
    rows, columns = np.indices((_MAP_SIZE, _MAP_SIZE), dtype=np.float32)
    points = uv_pixels(_MAP_SIZE)
    split, soft = float(points[2, 1]), 6.0
    lower = np.clip((rows - split) / soft + 0.5, 0, 1)
    windows = {"upper": 1 - lower, "lower": lower}
    for name, vertices in (("eyes", (70, 300, 230, 450)), ("mouth", (0, 17, 61, 291))):
        low, high = points[list(vertices)].min(axis=0), points[list(vertices)].max(axis=0)
        center, radius = (low + high) / 2, (high - low) / 2 + 8
        away = np.hypot((columns - center[0]) / radius[0], (rows - center[1]) / radius[1])
        windows[name] = np.clip((1.15 - away) / 0.3, 0, 1)
    chosen = [windows[area] for area in settings.mask_areas]
    halves = {"upper", "lower"} & set(settings.mask_areas)
    out = np.max(chosen, axis=0) if chosen else np.zeros((_MAP_SIZE, _MAP_SIZE), np.float32)
    for area in {"eyes", "mouth"} - set(settings.mask_areas):
        if halves:
            out = out * (1 - windows[area])
    return out.astype(np.float32)
