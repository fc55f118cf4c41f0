"""Rasterise a triangle mesh with a depth test and interpolate vertex attributes over its pixels."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

Int32 = NDArray[np.int32]


def rasterize(
    xy: Float32, depth: Float32, triangles: Int32, attributes: Float32, size: tuple[int, int]
) -> tuple[Float32, NDArray[np.bool_]]:
    """Interpolate vertex attributes over a picture of `size` = (height, width).

    xy: (N, 2) float32 pixels; integer coordinates are pixel centres. depth: (N,) float32, smaller is nearer.
    triangles: (T, 3) int32. attributes: (N, C) float32.
    Returns (height, width, C) float32, 0 where no triangle lies, and (height, width) bool coverage.
    Interpolation is affine in the picture (a weak perspective camera).
    """
    height, width = size
    out = np.zeros((height, width, attributes.shape[1]), np.float32)
    nearest = np.full((height, width), np.inf, np.float32)
    _fill(
        np.ascontiguousarray(xy, np.float32),
        np.ascontiguousarray(depth, np.float32),
        np.ascontiguousarray(triangles, np.int32),
        np.ascontiguousarray(attributes, np.float32),
        out,
        nearest,
    )
    return out, np.isfinite(nearest)


@numba.njit(cache=True, nogil=True, fastmath=False)
def _fill(xy: Float32, depth: Float32, triangles: Int32, attributes: Float32, out: Float32, nearest: Float32) -> None:
    height, width = nearest.shape
    channels = attributes.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1], xy[c, 0], xy[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        x_from = max(0, int(np.ceil(min(ax, bx, cx))))
        x_to = min(width - 1, int(np.floor(max(ax, bx, cx))))
        y_from = max(0, int(np.ceil(min(ay, by, cy))))
        y_to = min(height - 1, int(np.floor(max(ay, by, cy))))
        inverse = 1.0 / area
        for y in range(y_from, y_to + 1):
            for x in range(x_from, x_to + 1):
                wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) * inverse
                wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) * inverse
                wc = 1.0 - wa - wb
                if wa < -1e-5 or wb < -1e-5 or wc < -1e-5:
                    continue
                z = wa * depth[a] + wb * depth[b] + wc * depth[c]
                if z < nearest[y, x]:
                    nearest[y, x] = z
                    for k in range(channels):
                        out[y, x, k] = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]


def vertex_normals(xyz: Float32, triangles: Int32) -> Float32:
    """(N, 3) float32 unit normals, area-weighted; z points away from the camera, so a facing surface has z < 0.

    xyz: (N, 3) float32, x right, y down, z away from the camera.
    """
    corners = xyz[triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(xyz)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: Float32 = (normals / np.maximum(length, 1e-9)).astype(np.float32)
    return unit
