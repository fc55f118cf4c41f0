"""The classical forms: pixels that show that somebody is there, and not who."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE, canonical_mesh
from facefusion.geometry.pose import rigid_fit
from facefusion.geometry.raster import rasterize, vertex_normals
from facefusion.processors.face_anonymiser.region import Region, cells_of
from facefusion.processors.face_anonymiser.settings import Cover
from facefusion.processors.face_anonymiser.settings import Region as Reach

CELLS = {("blur", "face"): 1, ("blur", "head"): 2, ("pixelate", "face"): 4, ("pixelate", "head"): 4}
"""Cells across a face or a head at strength 1. Two across a face tell more than chance: see `benchmarks.anonymity`."""
FEWEST_CELLS = 1
_GREY = np.float32(0.5)
_PLASTER = np.array([0.46, 0.55, 0.62], np.float32)
_LIGHT = np.array([-0.35, -0.55, -0.76], np.float32)
_SLITS = (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE)


def cells_across(cover: Cover, reach: Reach, strength: float) -> int:
    """How many colours "blur" and "pixelate" keep across a face or head. strength: 1 and up, fewer cells."""
    return max(round(CELLS[cover, reach] / strength), FEWEST_CELLS)


def covered(pixels: Float32, region: Region, landmarks: Landmarks, cover: Cover, cells: int) -> Float32:
    """(h, w, 3) float32: what stands in `region` for the face.

    pixels: (h, w, 3) float32 in [0, 1]. landmarks: 478 points in its pixels. cells: across, see `cells_across`.
    """
    if cover in ("blur", "pixelate"):
        return cells_of(pixels, region, cells, is_smooth=cover == "blur")
    ground = np.full_like(pixels, _GREY)
    return ground if cover == "solid" else _with_mask(ground, landmarks)


def _with_mask(ground: Float32, landmarks: Landmarks) -> Float32:
    """A plain mask with slits for the eyes where the head is; it turns with the head and does not move.

    A plaster face of nobody would not do: face encoders take it for whoever happens to look like it.
    """
    mesh, fit = canonical_mesh(), rigid_fit(landmarks)
    xy, z = fit.project(_featureless())
    xyz = np.column_stack([xy, z]).astype(np.float32)
    shade = vertex_normals(xyz, mesh.triangles) @ (_LIGHT / np.linalg.norm(_LIGHT))
    values = (0.25 + 0.75 * np.clip(shade, 0.0, 1.0)).astype(np.float32)[:, None]
    lit, inside = rasterize(xy.astype(np.float32), z.astype(np.float32), mesh.triangles, values, ground.shape[:2])
    holes = np.zeros(ground.shape[:2], np.uint8)
    for rim in _SLITS:
        cv2.fillPoly(holes, [np.round(xy[list(rim)]).astype(np.int32)], 1)
    plaster = np.where(holes[..., None] > 0, np.float32(0.08), lit * _PLASTER)
    share = cv2.GaussianBlur((inside | (holes > 0)).astype(np.float32), (0, 0), 0.8)[..., None]
    return ground + (plaster - ground) * share


@cache
def _featureless() -> Float32:
    """(468, 3) float32, centimetres: the canonical face without nose, mouth and brows: its depth is a smooth bowl."""
    xyz = canonical_mesh().vertices_cm
    x, y = xyz[:, 0], xyz[:, 1]
    bowl = np.column_stack([np.ones_like(x), x**2, y, y**2, x**4, y**4])
    depth = bowl @ np.linalg.lstsq(bowl, xyz[:, 2], rcond=None)[0]
    return np.column_stack([x, y, depth]).astype(np.float32)
