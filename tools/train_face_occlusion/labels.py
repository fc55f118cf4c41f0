"""Guess where a portrait's own hair lies over the face mesh: labels for pictures that have none.

Skin colour is fitted robustly (Lab, linear over the face) to cheeks, nose and brow line; GrabCut (Rother et al., 2004)
then parts the upper face and the ring around it into skin and the rest; only what hangs together with the outside is
hair. What stays in doubt gets no weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.geometry import mesh as face_mesh
from facefusion.geometry.raster import rasterize

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_UV = face_mesh.canonical_mesh().uv
_BROW_V, _FOREHEAD_V, _LIP_V = float(_UV[9, 1]), float(_UV[151, 1]), float(_UV[164, 1])


@dataclass(frozen=True, slots=True)
class Label:
    """(H, W) visible in {0, 1}, (H, W) weight in [0, 1] and (H, W) bool mesh coverage."""

    visible: Array
    weight: Array
    covered: Mask


def label_hair(pixels: NDArray[np.uint8], xyz: Array) -> Label:
    """Label one portrait: pixels (H, W, 3) uint8 RGB, xyz (478, 3) float32 landmarks in pixels."""
    size = pixels.shape[:2]
    mesh = face_mesh.canonical_mesh()
    uv, covered = rasterize(xyz[:468, :2].copy(), xyz[:468, 2].copy(), mesh.triangles, mesh.uv, size)
    eyes, brows, lips = _parts(xyz, size)
    free = covered & ~eyes & ~brows & ~lips
    aside, v = np.abs(uv[..., 0] - 0.5), uv[..., 1]
    eye_distance = float(np.hypot(*(xyz[33, :2] - xyz[263, :2])))
    lab = cv2.cvtColor(cv2.GaussianBlur(pixels, (0, 0), 0.6).astype(np.float32) / 255, cv2.COLOR_RGB2Lab)

    seed = free & (v < _LIP_V) & (aside < 0.30) & (v > _FOREHEAD_V + 0.02)
    distance = _skin_distance(lab, seed, v, xyz, eye_distance)
    sure = seed & (distance < np.where(v < _BROW_V, 2, 3.5))
    rows = np.arange(size[0])[:, None]
    reach = int(eye_distance * 0.45)
    ring = cv2.dilate(covered.astype(np.uint8), _disc(reach)) > 0
    area = ring & (rows < xyz[164, 1])

    marks = np.where(distance > 2.7, cv2.GC_PR_BGD, cv2.GC_PR_FGD).astype(np.uint8)
    marks[(eyes | brows) & covered] = cv2.GC_PR_FGD
    marks[free & (distance > 2.7) & ((aside > 0.33) | (v < _BROW_V))] = cv2.GC_PR_BGD
    marks[~area] = cv2.GC_PR_BGD
    marks[sure] = cv2.GC_FGD
    marks[(distance > 6) & area & ~covered] = cv2.GC_BGD
    hair = _joined_outside(_cut(lab, marks, area), covered) & covered

    visible = (~hair).astype(np.float32)
    weight = np.ones(size, np.float32)
    solid = hair.astype(np.uint8)
    weight[(cv2.dilate(solid, _disc(1)) > 0) & (cv2.erode(solid, _disc(1)) == 0)] = 0.3
    outer = (aside > 0.36) | (v < _FOREHEAD_V)
    weight[free & area & ~hair & (distance > 2.8) & outer] = 0
    weight[((brows | eyes) & hair) | (hair & (distance < 2.5))] = 0
    beside = covered & (aside > 0.38) & (rows >= xyz[164, 1] - eye_distance * 0.15) & (distance > 5)
    weight[beside] = 0  # long hair, sideburn and beard look alike here
    return Label(visible, weight, covered)


def _skin_distance(lab: Array, seed: Mask, v: Array, xyz: Array, eye_distance: float) -> Array:
    """(H, W) distance from the skin's colour in standard deviations; the fit starts below the brows."""
    height, width = seed.shape
    x = np.broadcast_to((np.arange(width)[None] - xyz[168, 0]) / eye_distance, seed.shape)
    y = np.broadcast_to((np.arange(height)[:, None] - xyz[168, 1]) / eye_distance, seed.shape)
    plane = np.stack([np.ones_like(x), x, y], -1)
    held = np.stack([np.ones_like(x), np.clip(x, -0.6, 0.6), np.clip(y, -0.4, 0.5)], -1)
    weight = (seed & (v > _BROW_V)).astype(np.float32)
    distance = np.zeros(seed.shape)
    for _ in range(6):
        used = weight > 0
        rows = plane[used] * weight[used][:, None]
        flat = np.diag([0, 1, 1]) * float((weight[used] ** 2).sum()) * 0.02
        fit = np.linalg.solve(rows.T @ rows + flat, rows.T @ (lab[used] * weight[used][:, None]))
        off = lab - held @ fit
        spread = np.sqrt(np.median(off[used] ** 2, axis=0)) * 1.48 + np.array([2.0, 1.0, 1.0])
        distance = np.sqrt(((off / spread) ** 2).sum(-1))
        weight = np.where(distance < 5, (1 - (distance / 5) ** 2), 0).astype(np.float32) * seed
    return distance.astype(np.float32)


def _cut(lab: Array, marks: NDArray[np.uint8], area: Mask) -> Mask:
    """Everything in `area` that GrabCut does not take for skin; nothing when there is too little to learn from."""
    where = np.argwhere(area)
    (y0, x0), (y1, x1) = where.min(axis=0), where.max(axis=0) + 1
    box = np.s_[y0:y1, x0:x1]
    chosen = marks[box].copy()
    if (chosen == cv2.GC_BGD).sum() < 30:
        return np.zeros(area.shape, bool)
    spread = np.clip(lab[box] * np.array([2.55, 1.5, 1.5]) + np.array([0, 128, 128]), 0, 255).astype(np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(
        np.ascontiguousarray(spread), chosen, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK
    )
    other = np.zeros(area.shape, bool)
    other[box] = (chosen == cv2.GC_BGD) | (chosen == cv2.GC_PR_BGD)
    return other & area


def _joined_outside(mask: Mask, covered: Mask) -> Mask:
    """The parts of `mask` that reach out of the mesh."""
    _, names = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    outside = np.unique(names[mask & ~covered])
    return mask & np.isin(names, outside[outside > 0])


def _parts(xyz: Array, size: tuple[int, int]) -> tuple[Mask, Mask, Mask]:
    """Eyes, brows and lips, each with a margin."""

    def filled(*contours: tuple[int, ...], grow: int) -> Mask:
        mask = np.zeros(size, np.uint8)
        for contour in contours:
            cv2.fillPoly(mask, [np.round(xyz[list(contour), :2] * 8).astype(np.int32)], 1, shift=3)
        return cv2.dilate(mask, _disc(grow)) > 0

    eyes = filled(face_mesh.IMAGE_LEFT_EYE, face_mesh.IMAGE_RIGHT_EYE, grow=6)
    brows = filled(face_mesh.IMAGE_LEFT_BROW, face_mesh.IMAGE_RIGHT_BROW, grow=5)
    return eyes, brows, filled(face_mesh.LIPS_OUTER, grow=3)


def _disc(radius: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
