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
        slope_a, slope_b, slope_c = (by - cy) * inverse, (cy - ay) * inverse, (ay - by) * inverse
        for y in range(y_from, y_to + 1):
            end_a = ((bx - x_from) * (cy - y) - (by - y) * (cx - x_from)) * inverse
            end_b = ((cx - x_from) * (ay - y) - (cy - y) * (ax - x_from)) * inverse
            low, high = _narrowed(0.0, float(x_to - x_from), end_a, slope_a)
            low, high = _narrowed(low, high, end_b, slope_b)
            low, high = _narrowed(low, high, 1.0 - end_a - end_b, slope_c)
            first, last = x_from + int(np.ceil(low - 1e-2)), x_from + int(np.floor(high + 1e-2))
            for x in range(first, last + 1):
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


@numba.njit(cache=True, nogil=True)
def _narrowed(low: float, high: float, end: float, slope: float) -> tuple[float, float]:
    """The part of a row, in pixels from where a weight is `end`, in which it can be above 0; `slope` is its rise."""
    if slope > 1e-6:
        return max(low, (-2e-5 - end) / slope), high
    if slope < -1e-6:
        return low, min(high, (-2e-5 - end) / slope)
    return low, high


def vertex_normals(xyz: Float32, triangles: Int32) -> Float32:
    """(N, 3) float32 unit normals, area-weighted; z points away from the camera, so a facing surface has z < 0.

    xyz: (N, 3) float32, x right, y down, z away from the camera.
    """
    normals = np.zeros((len(xyz), 3), np.float32)
    _add_normals(np.ascontiguousarray(xyz, np.float32), np.ascontiguousarray(triangles, np.int32), normals)
    return normals


@numba.njit(cache=True, nogil=True)
def _add_normals(xyz: Float32, triangles: Int32, normals: Float32) -> None:
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        px, py, pz = xyz[b, 0] - xyz[a, 0], xyz[b, 1] - xyz[a, 1], xyz[b, 2] - xyz[a, 2]
        qx, qy, qz = xyz[c, 0] - xyz[a, 0], xyz[c, 1] - xyz[a, 1], xyz[c, 2] - xyz[a, 2]
        for vertex in (a, b, c):
            normals[vertex, 0] += py * qz - pz * qy
            normals[vertex, 1] += pz * qx - px * qz
            normals[vertex, 2] += px * qy - py * qx
    for n in range(normals.shape[0]):
        x, y, z = normals[n, 0], normals[n, 1], normals[n, 2]
        length = max(np.sqrt(x * x + y * y + z * z), np.float32(1e-9))
        for k in range(3):
            normals[n, k] /= length
