"""The classical forms: pixels that show that somebody is there, and not who."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE, LIPS_INNER, canonical_mesh
from facefusion.geometry.pose import rigid_fit
from facefusion.geometry.raster import rasterize, vertex_normals
from facefusion.processors.face_anonymiser.region import Region, cells_of
from facefusion.processors.face_anonymiser.settings import Cover

CELLS = {"blur": 2, "pixelate": 4}
"""Cells across a face at strength 1: see `benchmarks.anonymity`."""
FEWEST_CELLS = 1
_GREY = np.float32(0.5)
_PLASTER = np.array([0.46, 0.55, 0.62], np.float32)
_LIGHT = np.array([-0.35, -0.55, -0.76], np.float32)
_OPENINGS = (IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE, LIPS_INNER)


def covered(pixels: Float32, region: Region, landmarks: Landmarks, cover: Cover, strength: float) -> Float32:
    """(h, w, 3) float32: what stands in `region` for the face.

    pixels: (h, w, 3) float32 in [0, 1]. landmarks: 478 points in its pixels. strength: 1 and up, fewer cells.
    """
    if cover in ("blur", "pixelate"):
        cells = max(round(CELLS[cover] / strength), FEWEST_CELLS)
        return cells_of(pixels, region, cells, is_smooth=cover == "blur")
    ground = np.full_like(pixels, _GREY)
    return ground if cover == "solid" else _with_mask(ground, landmarks)


def _with_mask(ground: Float32, landmarks: Landmarks) -> Float32:
    """A plaster mask of nobody, the canonical mesh, where the head is; it turns with the head and does not move."""
    mesh, fit = canonical_mesh(), rigid_fit(landmarks)
    xy, z = fit.project(mesh.vertices_cm)
    xyz = np.column_stack([xy, z]).astype(np.float32)
    shade = vertex_normals(xyz, mesh.triangles) @ (_LIGHT / np.linalg.norm(_LIGHT))
    values = (0.25 + 0.75 * np.clip(shade, 0.0, 1.0)).astype(np.float32)[:, None]
    triangles = np.concatenate([mesh.groups["skin"], mesh.groups["lips"]])
    lit, inside = rasterize(xy.astype(np.float32), z.astype(np.float32), triangles, values, ground.shape[:2])
    holes = np.zeros(ground.shape[:2], np.uint8)
    for rim in _OPENINGS:
        cv2.fillPoly(holes, [np.round(xy[list(rim)]).astype(np.int32)], 1)
    plaster = np.where(holes[..., None] > 0, np.float32(0.08), lit * _PLASTER)
    share = cv2.GaussianBlur((inside | (holes > 0)).astype(np.float32), (0, 0), 0.8)[..., None]
    return ground + (plaster - ground) * share
