"""Fixed maps in the texture space of the face mesh, worked out once from the mesh alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.mesh import (
    FACE_OVAL,
    IMAGE_LEFT_BROW,
    IMAGE_RIGHT_BROW,
    LIPS_INNER,
    LIPS_OUTER,
    canonical_mesh,
)
from facefusion.geometry.raster import Int32, rasterize

EYE_HOLLOWS = (
    (226, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
    (446, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
)
"""The lids with the crease above and the bag below, one ring outside the eye's rim."""
NOSE_TIP = (98, 97, 2, 326, 327, 294, 278, 344, 440, 275, 4, 45, 220, 115, 48, 64)
BEARD = (
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    435,
    432,
    322,
    391,
    2,
    165,
    92,
    212,
    215,
)


@dataclass(frozen=True, slots=True, eq=False)
class UvMaps:
    """Square maps of `size` texels; row 0 is the forehead.

    coverage: (S, S) float32, 1 on texels that lie on the mesh.
    skin: (S, S) float32 in [0, 1], plain skin: no brows, eyes, lips, nostrils; the beard's region counts less.
    cheeks: (S, S) float32, the surest skin: cheeks, nose bridge, lower forehead.
    beard: (S, S) float32, 1 where a beard grows. lips: (S, S) float32, 1 on both lips, without the mouth's opening.
    inset_cm: (S, S) float32, distance to the mesh's outline.
    """

    size: int
    coverage: Float32
    skin: Float32
    cheeks: Float32
    beard: Float32
    lips: Float32
    inset_cm: Float32


@lru_cache(maxsize=4)
def uv_maps(size: int) -> UvMaps:
    """The maps at `size` texels."""
    mesh = canonical_mesh()
    pixels = mesh.uv * np.float32(size - 1)
    flat = np.zeros(len(pixels), np.float32)
    _, covered = rasterize(pixels, flat, mesh.triangles, mesh.uv, (size, size))
    skin = covered.astype(np.float32)
    scale = size / 256.0
    for outline, grow in (
        *((b, 5) for b in (IMAGE_LEFT_BROW, IMAGE_RIGHT_BROW)),
        *((e, 3) for e in EYE_HOLLOWS),
        (LIPS_OUTER, 4),
        (NOSE_TIP, 1),
    ):
        skin[_polygon(pixels, outline, size, grow * scale)] = 0.0
    beard = (_polygon(pixels, BEARD, size, 0) & (skin > 0)).astype(np.float32)
    skin *= 1.0 - 0.6 * beard
    inset = _inset(size)
    skin *= np.clip(inset / 1.2, 0.0, 1.0)
    cheeks = skin * (1.0 - beard) * _below_brows(size, pixels)
    lips = (_polygon(pixels, LIPS_OUTER, size, 0) & ~_polygon(pixels, LIPS_INNER, size, 0)).astype(np.float32)
    return UvMaps(size, covered.astype(np.float32), skin, cheeks, beard, lips, inset * covered)


def uv_pixels(size: int) -> Float32:
    """(468, 2) float32: where each vertex lies on a texture of `size` texels."""
    scaled: Float32 = (canonical_mesh().uv * np.float32(size - 1)).astype(np.float32)
    return scaled


def face_triangles() -> Int32:
    """The mesh without what only closes the openings of eyes and mouth."""
    groups = canonical_mesh().groups
    return np.concatenate([groups["skin"], groups["lips"]])


def opening_triangles() -> Int32:
    """What closes the openings of eyes and mouth."""
    groups = canonical_mesh().groups
    return np.concatenate(
        [groups[name] for name in ("mouth_opening", "image_left_eye_opening", "image_right_eye_opening")]
    )


def _polygon(pixels: Float32, outline: tuple[int, ...], size: int, grow: float) -> NDArray[np.bool_]:
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(pixels[list(outline)]).astype(np.int32)], 1)
    if grow >= 1:
        radius = round(grow)
        mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    return mask > 0


def _inset(size: int) -> Float32:
    """(size, size) float32 centimetres from each texel to the outline, worked out on at most 128 texels a side."""
    return cv2.resize(_gaps(min(size, 128)), (size, size), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=2)
def _gaps(work: int) -> Float32:
    """(work, work) float32 centimetres to the outline, 0 off the mesh."""
    mesh = canonical_mesh()
    flat = np.zeros(len(mesh.vertices_cm), np.float32)
    position, covered = rasterize(uv_pixels(work), flat, mesh.triangles, mesh.vertices_cm, (work, work))
    outline = mesh.vertices_cm[list(FACE_OVAL)]
    steps = np.linspace(0.0, 1.0, 6, endpoint=False, dtype=np.float32)[:, None, None]
    edge = (outline + (np.roll(outline, -1, axis=0) - outline) * steps).reshape(-1, 3)
    planes = [np.ascontiguousarray(position[..., axis]) for axis in range(3)]
    least = np.full((work, work), np.inf, np.float32)
    for point in edge:
        x, y, z = (plane - middle for plane, middle in zip(planes, point, strict=True))
        np.minimum(least, x * x + y * y + z * z, out=least)
    gaps = np.sqrt(least)
    gaps[~covered] = 0.0
    return gaps


def _below_brows(size: int, pixels: Float32) -> Float32:
    rows = np.arange(size, dtype=np.float32)[:, None]
    top, bottom = pixels[151, 1], pixels[18, 1]
    inside = ((rows > top) & (rows < bottom)).astype(np.float32)
    return np.broadcast_to(inside, (size, size))
