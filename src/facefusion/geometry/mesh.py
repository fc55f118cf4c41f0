"""The canonical face mesh: 468 vertices in centimetres, a UV unwrapping, triangles, and what each vertex is.

Source: MediaPipe's canonical face model (Apache-2.0), written to `data/face_mesh.npz` by `tools/make_mesh_data.py`;
ordered contours follow MediaPipe's published connection lists. Left and right are the viewer's.
The mesh covers the eye and mouth openings with triangles: its only boundary is the face oval. `groups` tells them
apart, so that an opening can be left out. The ten iris points (468 to 477) are in no triangle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.core.arrays import frozen

Int32 = NDArray[np.int32]

NUM_MESH = 468
NUM_LANDMARKS = 478

FACE_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176,
             149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
"""Clockwise in the picture, from the middle of the forehead."""
IMAGE_LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
"""Clockwise from the outer corner: upper lid, inner corner (133), lower lid."""
IMAGE_RIGHT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
"""Clockwise from the inner corner: upper lid, outer corner (263), lower lid."""
LIPS_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
"""Clockwise from the image-left corner: upper lip, image-right corner (291), lower lip."""
LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
IMAGE_LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
"""Clockwise from the outer end: upper edge, then lower edge."""
IMAGE_RIGHT_BROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
"""Clockwise from the inner end: upper edge, then lower edge."""
IMAGE_LEFT_IRIS = (468, 469, 470, 471, 472)
"""Centre, then image-right, top, image-left, bottom of the rim."""
IMAGE_RIGHT_IRIS = (473, 474, 475, 476, 477)
"""Centre, then image-right, top, image-left, bottom of the rim."""
NOSE_BRIDGE = (168, 6, 197, 195, 5, 4)
NOSE_BASE = (64, 98, 97, 2, 326, 327, 294)
"""From the image-left wing to the image-right wing."""
EYE_CORNERS = (33, 133, 362, 263)
"""Image-left outer, image-left inner, image-right inner, image-right outer."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """The canonical mesh; every array is read-only.

    vertices_cm: (468, 3) float32, x to the image's right, y up, z towards the camera, origin between the ears.
    uv: (468, 2) float32 in [0, 1], u to the image's right, v down (a texture's x and y divided by its size).
    triangles: (898, 3) int32, anticlockwise as seen from the front in (x right, y up).
    groups: name → (T, 3) int32, a partition of `triangles`: skin, lips, mouth_opening, image_left_eye_opening,
    image_right_eye_opening.
    regions: name → vertex indices (int32); contours are ordered.
    mirror: (478,) int32, the twin of each landmark on the other side of the face.
    basis_index, basis_weight: (33,) landmarks that move least with expression, and their weights for a rigid fit.
    """

    vertices_cm: Float32
    uv: Float32
    triangles: Int32
    groups: Mapping[str, Int32]
    regions: Mapping[str, Int32]
    mirror: Int32
    basis_index: Int32
    basis_weight: Float32


@cache
def canonical_mesh() -> FaceMesh:
    """The canonical face mesh, read once."""
    with (
        (files("facefusion.geometry") / "data" / "face_mesh.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as stored,
    ):
        data = {name: frozen(stored[name]) for name in stored.files}
    mirror = _mirror(data["vertices_cm"])
    return FaceMesh(
        vertices_cm=data["vertices_cm"],
        uv=data["uv"],
        triangles=data["triangles"],
        groups=MappingProxyType(_groups(data["triangles"])),
        regions=MappingProxyType(_regions(data["vertices_cm"])),
        mirror=mirror,
        basis_index=data["basis_index"],
        basis_weight=data["basis_weight"],
    )


def _groups(triangles: Int32) -> dict[str, Int32]:
    lip_ring = np.isin(triangles, _lip_vertices(triangles)).all(axis=1)
    openings = {
        "mouth_opening": np.isin(triangles, LIPS_INNER).all(axis=1),
        "image_left_eye_opening": np.isin(triangles, IMAGE_LEFT_EYE).all(axis=1),
        "image_right_eye_opening": np.isin(triangles, IMAGE_RIGHT_EYE).all(axis=1),
    }
    lips = lip_ring & ~openings["mouth_opening"]
    chosen = {**openings, "lips": lips, "skin": ~(lips | np.any(list(openings.values()), axis=0))}
    return {name: frozen(triangles[mask]) for name, mask in chosen.items()}


def _lip_vertices(triangles: Int32) -> Int32:
    """Both lip contours and every vertex that can be reached from the inner one without crossing the outer one."""
    inside = set(LIPS_INNER)
    outer = set(LIPS_OUTER)
    while True:
        touched = triangles[np.isin(triangles, list(inside - outer)).any(axis=1)]
        grown = inside | set(touched.ravel().tolist())
        if grown == inside:
            return np.array(sorted(inside | outer), np.int32)
        inside = grown


def _regions(vertices_cm: Float32) -> dict[str, Int32]:
    named = {
        "face_oval": FACE_OVAL,
        "image_left_eye": IMAGE_LEFT_EYE,
        "image_right_eye": IMAGE_RIGHT_EYE,
        "lips_outer": LIPS_OUTER,
        "lips_inner": LIPS_INNER,
        "image_left_brow": IMAGE_LEFT_BROW,
        "image_right_brow": IMAGE_RIGHT_BROW,
        "image_left_iris": IMAGE_LEFT_IRIS,
        "image_right_iris": IMAGE_RIGHT_IRIS,
        "nose_bridge": NOSE_BRIDGE,
        "nose_base": NOSE_BASE,
    }
    regions = {name: frozen(np.array(index, np.int32)) for name, index in named.items()}
    regions["forehead"] = frozen(_above_brows(vertices_cm))
    regions["nose"] = frozen(_nose(vertices_cm))
    return regions


def _above_brows(vertices_cm: Float32) -> Int32:
    """Vertices above the brows' upper edge (and its straight continuation to the sides)."""
    brow = vertices_cm[[*IMAGE_LEFT_BROW[:5], *IMAGE_RIGHT_BROW[:5]]]
    edge = np.interp(vertices_cm[:, 0], brow[:, 0], brow[:, 1])
    return np.flatnonzero(vertices_cm[:, 1] > edge + 0.05).astype(np.int32)


def _nose(vertices_cm: Float32) -> Int32:
    """Vertices inside the outline: root of the nose, wings, base."""
    outline = np.array([(0, 3.9), (0.9, 2.6), (1.1, 0.6), (1.95, -0.6), (1.95, -1.75), (0.9, -2.5)], np.float32)
    x, y = np.abs(vertices_cm[:, 0]), vertices_cm[:, 1]
    half_width = np.interp(-y, -outline[:, 1], outline[:, 0], left=-1.0, right=-1.0)
    return np.flatnonzero(x <= half_width).astype(np.int32)


def _mirror(vertices_cm: Float32) -> Int32:
    """Twin indices: the nearest vertex to each mirrored vertex (exact in this mesh), irises by name."""
    mirrored = vertices_cm * np.array([-1, 1, 1], np.float32)
    distance = np.abs(mirrored[:, None] - vertices_cm[None]).sum(axis=2)
    irises = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])
    return frozen(np.concatenate([distance.argmin(axis=1), irises]).astype(np.int32))
