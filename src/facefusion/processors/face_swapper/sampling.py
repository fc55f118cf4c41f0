"""Sample a texture at the right resolution, and lay a target's face out in texture space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numba
import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.core.arrays import frozen
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import Int32, rasterize, vertex_normals
from facefusion.geometry.uv_maps import uv_pixels


@dataclass(frozen=True, slots=True, eq=False)
class Mipmaps:
    """A texture at falling sizes, largest first; each (S, S, 3) float32 sRGB."""

    levels: tuple[Float32, ...]

    @staticmethod
    def of(texture: Float32) -> Mipmaps:
        levels = [np.ascontiguousarray(texture)]
        while levels[-1].shape[0] > 64:
            levels.append(cv2.pyrDown(levels[-1]))
        return Mipmaps(tuple(levels))

    def sample(self, uv: Float32, eye_distance_px: float, uv_eye_distance: float) -> Float32:
        """(h, w, 3) float32 at texture coordinates `uv` (h, w, 2) in [0, 1], for a face of the given size."""
        wanted = eye_distance_px / uv_eye_distance
        level = self.levels[int(np.argmin([abs(np.log2(m.shape[0] / (wanted * 1.1))) for m in self.levels]))]
        place = uv * np.float32(level.shape[0] - 1)
        return cv2.remap(level, place, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4)
def _texel_corners(size: int) -> tuple[Int32, Float32]:
    """For each texel of a `size` map: its triangle's vertex indices (size, size, 3) and barycentric weights."""
    mesh = canonical_mesh()
    triangles = mesh.triangles
    corners = uv_pixels(size)[triangles].reshape(-1, 2)
    separate = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    weights = np.tile(np.eye(3, dtype=np.float32), (len(triangles), 1))
    index = np.repeat(np.arange(len(triangles), dtype=np.float32), 3)[:, None]
    flat = np.zeros(len(corners), np.float32)
    spread, covered = rasterize(corners, flat, separate, np.hstack([weights, index]), (size, size))
    which = np.round(spread[..., 3]).astype(np.int32)
    return triangles[which].astype(np.int32), spread[..., :3] * covered[..., None]


def spread_over_texels(values: Float32, size: int) -> Float32:
    """(size, size, C) float32: vertex values (468, C) interpolated over texture space, 0 off the mesh."""
    corners, weights = _texel_corners(size)
    out = np.empty((size, size, values.shape[1]), np.float32)
    _spread(np.ascontiguousarray(values, np.float32), corners, weights, out)
    return out


@numba.njit(cache=True, nogil=True)
def _spread(values: Float32, corners: Int32, weights: Float32, out: Float32) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            i, j, k = corners[y, x, 0], corners[y, x, 1], corners[y, x, 2]
            p, q, r = weights[y, x, 0], weights[y, x, 1], weights[y, x, 2]
            for c in range(out.shape[2]):
                out[y, x, c] = p * values[i, c] + q * values[j, c] + r * values[k, c]


@lru_cache(maxsize=4)
def _soft_coverage(size: int) -> Float32:
    """(size, size, 1) float32: the mesh's place in texture space, as soft as `smooth_normals`; at least 0.001."""
    covered = spread_over_texels(np.ones((468, 1), np.float32), size)[..., 0]
    return frozen(np.maximum(cv2.GaussianBlur(covered, (0, 0), size * 0.07), np.float32(1e-3))[..., None])


@dataclass(frozen=True, slots=True, eq=False)
class TexelView:
    """A target's face in texture space: pixels (S, S, 3), normals (S, S, 3), seen (S, S) in [0, 1]."""

    pixels: Float32
    normals: Float32
    seen: Float32


def smooth_normals(xyz: Float32, size: int) -> Float32:
    """(size, size, 3) unit normals of the head as a smooth solid: fine relief (nose, lips) is left out of lighting."""
    return _smoothed(vertex_normals(xyz, canonical_mesh().triangles), size)


def _smoothed(normals: Float32, size: int) -> Float32:
    top = cv2.GaussianBlur(spread_over_texels(normals, size), (0, 0), size * 0.07)
    smooth = top / _soft_coverage(size)
    unit: Float32 = smooth / np.maximum(np.linalg.norm(smooth, axis=2, keepdims=True), 1e-4)
    return unit


def view_in_texels(crop: Float32, landmarks: Landmarks, visible: Float32 | None, size: int) -> TexelView:
    """Lay a face out in texture space at `size` texels.

    crop: (h, w, 3) float32. landmarks: 478 points in the crop's pixels. visible: (h, w) float32 or None.
    """
    xyz = landmarks.xyz[:468]
    span = float(np.ptp(xyz[:, 0]))
    factor = max(span / size / 0.9, 1.0)
    small = crop if factor < 1.3 else cv2.resize(crop, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    scale = np.array([small.shape[1] / crop.shape[1], small.shape[0] / crop.shape[0]], np.float32)
    normals = vertex_normals(xyz, canonical_mesh().triangles)
    spread = spread_over_texels(np.column_stack([xyz[:, :2], normals[:, 2:]]).astype(np.float32), size)
    place = (spread[..., :2] + 0.5) * scale - 0.5
    pixels = cv2.remap(small, place.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = ((place >= 0) & (place <= np.array(small.shape[1::-1]) - 1)).all(axis=2)
    seen = np.clip(-spread[..., 2] * 1.6 - 0.2, 0.0, 1.0) * inside
    if visible is not None:
        at = np.ascontiguousarray(spread[..., :2])
        seen = seen * cv2.remap(visible, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return TexelView(pixels, _smoothed(normals, size), seen.astype(np.float32))
