"""The occlusion network's view of a face: an upright crop, and where the mesh lies in it."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32
from facefusion.geometry import transforms
from facefusion.geometry.mesh import EYE_CORNERS, NUM_MESH, canonical_mesh
from facefusion.geometry.raster import rasterize

INPUT_SIZE = 192
_MARGIN = 1.3


def crop_matrix(xy: Float32, size: int = INPUT_SIZE) -> Float32:
    """(2, 3) float32, picture pixels → an upright square crop of `size` pixels that holds the mesh with a margin.

    xy: (468 or 478, 2) float32 pixels. The outer eye corners come to lie level.
    """
    left, right = xy[EYE_CORNERS[0]], xy[EYE_CORNERS[3]]
    roll_deg = float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))
    turn = transforms.square_roi((0.0, 0.0), float(size), roll_deg, size)
    upright = transforms.apply(turn, xy[:NUM_MESH])
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = transforms.apply(transforms.inverse(turn), ((low + high) / 2)[None])[0]
    side = max(float((high - low).max()), 1.0) * _MARGIN
    return transforms.square_roi((float(x), float(y)), side, roll_deg, size)


def mesh_guide(xy: Float32, z: Float32, size: int = INPUT_SIZE) -> Float32:
    """(size, size, 3) float32: mesh coverage 0 or 1, and the mesh's u and v in [-1, 1]; all 0 outside of the mesh.

    xy: (468 or 478, 2) float32 pixels of the crop. z: float32 depth of the same points, smaller is nearer.
    """
    mesh = canonical_mesh()
    centred = np.ascontiguousarray(mesh.uv * np.float32(2) - np.float32(1))
    uv, covered = rasterize(xy[:NUM_MESH], z[:NUM_MESH], mesh.triangles, centred, (size, size))
    return np.dstack([covered.astype(np.float32), uv])
