"""Draw a source's texture on a target's face: the heart of the mesh swapper. Pure functions of their arguments."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba
import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.mesh import FACE_OVAL, canonical_mesh
from facefusion.geometry.raster import Int32, rasterize, vertex_normals
from facefusion.geometry.uv_maps import face_triangles

_RING = 1.28
"""The skirt around the outline, in which a changed outline fades into the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """uv: (h, w, 2) float32 texture coordinates. facing: (h, w) float32, 1 towards the camera. covered: (h, w) bool."""

    uv: Float32
    facing: Float32
    covered: Float32


def draw_coordinates(xy: Float32, z: Float32, size: tuple[int, int]) -> Drawn:
    """Texture coordinates of every pixel that the face's skin and lips cover (openings left out).

    xy: (478, 2) pixels. z: (478,). size: (height, width).
    """
    mesh = canonical_mesh()
    xyz = np.column_stack([xy[:468], z[:468]]).astype(np.float32)
    normals = vertex_normals(xyz, mesh.triangles)
    attributes = np.column_stack([mesh.uv, -normals[:, 2]]).astype(np.float32)
    spread, covered = rasterize(xyz[:, :2], xyz[:, 2], face_triangles(), attributes, size)
    return Drawn(np.ascontiguousarray(spread[..., :2]), spread[..., 2], covered.astype(np.float32))


def move_target(crop: Float32, before: Float32, after: Float32, z: Float32) -> Float32 | None:
    """The target's own pixels carried by the change of shape: mouth's inside, eyes, and a skirt around the outline.

    crop: (h, w, 3). before, after: (478, 2) pixels. Returns (h, w, 3) float32, bit-identical to `crop` where nothing
    moves, or None when nothing moves by more than a tenth of a pixel.
    """
    if float(np.abs(after - before)[:468].max()) < 0.1:
        return None
    center = before[list(FACE_OVAL)].mean(axis=0)
    ring = center + (before[list(FACE_OVAL)] - center) * _RING
    vertices = np.vstack([after[:468], ring]).astype(np.float32)
    shift = np.vstack([before[:468] - after[:468], np.zeros_like(ring)]).astype(np.float32)
    depth = np.concatenate([z[:468], np.full(len(ring), z[:468].max() + 1.0)]).astype(np.float32)
    spread, covered = rasterize(vertices, depth, _with_skirt(), shift, crop.shape[:2])
    moving = covered & ((np.abs(spread[..., 0]) > 0.02) | (np.abs(spread[..., 1]) > 0.02))
    columns = np.arange(crop.shape[1], dtype=np.float32) + spread[..., 0]
    rows = np.arange(crop.shape[0], dtype=np.float32)[:, None] + spread[..., 1]
    moved = cv2.remap(crop, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    np.clip(moved, 0.0, 1.0, out=moved)
    still = ~moving
    moved[still] = crop[still]
    return moved


def _with_skirt() -> Int32:
    oval = np.array(FACE_OVAL, np.int32)
    outer = 468 + np.arange(len(oval), dtype=np.int32)
    following, outer_following = np.roll(oval, -1), np.roll(outer, -1)
    inner_half = np.column_stack([oval, following, outer])
    outer_half = np.column_stack([following, outer_following, outer])
    return np.concatenate([canonical_mesh().triangles, inner_half, outer_half]).astype(np.int32)


def relight(texture: Float32, base: Float32, ratio: Float32, covered: Float32) -> Float32:
    """The texture under the target's light.

    texture: (h, w, 3) float32 sRGB. base: (h, w, 3) float32 linear light, the texture's own diffuse level. ratio:
    (h, w, 3) linear-light factors. A highlight is light reflected at the surface: what shines above `base` follows the
    factors less, what is shaded softens where the skin gets lighter, and hair stays as dark as it was. Colour moves
    along the line from grey to skin: as far as a pixel has the skin's colour it takes the new skin's, grey things (a
    highlight, a white beard) stay grey, and what differs in hue (a blush) keeps its difference.
    Returns sRGB in [0, 1], 0 where covered (h, w) is 0; what is brightened rolls off softly above 0.8 instead of
    clipping.
    """
    out = np.zeros_like(texture)
    _relight(texture, base, ratio, covered, out, _DECODE, _ENCODE)
    return out


_LEVELS = 1023
_GRID = np.linspace(0, 1, _LEVELS + 1)
_DECODE = np.where(_GRID <= 0.04045, _GRID / 12.92, ((_GRID + 0.055) / 1.055) ** 2.4).astype(np.float32)
_ROOTS = np.linspace(0, 1, _LEVELS + 1) ** 2
"""Grid of squares: fine steps in the shadows."""
_ENCODE = np.where(_ROOTS <= 0.0031308, _ROOTS * 12.92, 1.055 * np.maximum(_ROOTS, 1e-9) ** (1 / 2.4) - 0.055).astype(
    np.float32
)


_GLOSS_UP, _GLOSS_DOWN = 0.3, 0.7
"""How much of the change of the diffuse light highlights follow, where it gets lighter and where darker."""
_BRIGHTEST = 0.35
"""What is far above the skin's level (a white beard, a hot highlight) is drawn nearer to it than it was."""
_SOFTEN = -0.15
"""Skin that gets lighter scatters more light under its surface: its wrinkles lose contrast by this power."""
_SURE_OF_SKIN = 0.03
"""Next to skin that is nearly grey itself, grey things cannot be told from it: they count as skin."""
_HAIR, _SKIN = 0.2, 0.55
"""Below the first share of the skin's level there is hair (or a nostril), above the second there is skin."""
_HAIR_FOLLOWS = 0.45
"""Hair is not lighter on lighter skin: it follows the change of light by this power."""


@numba.njit(cache=True, nogil=True)
def _relight(
    texture: Float32,
    base: Float32,
    ratio: Float32,
    covered: Float32,
    out: Float32,
    decode: Float32,
    encode: Float32,
) -> None:
    top = decode.shape[0] - 1
    linear = np.empty(3, np.float32)
    before, after = np.empty(4, np.float32), np.empty(4, np.float32)
    for y in range(texture.shape[0]):
        for x in range(texture.shape[1]):
            if covered[y, x] == 0.0:
                continue
            for c in range(3):
                at = min(max(texture[y, x, c], 0.0), 1.0) * top
                low = min(int(at), top - 1)
                linear[c] = decode[low] + (decode[low + 1] - decode[low]) * (at - low)
            _usual(base[y, x], ratio[y, x], before, after)
            usual, light = before[3], after[3] / before[3]
            level = _luma(linear[0], linear[1], linear[2])
            value = _moved_level(level / usual, light) * usual * light
            along, size, wanted = 0.0, 1e-5, 1e-5
            for c in range(3):
                along += (linear[c] / (level + 1e-5) - 1.0) * (before[c] - 1.0)
                size += (before[c] - 1.0) ** 2
                wanted += (after[c] - 1.0) ** 2
            share = min(max((along + _SURE_OF_SKIN) / (size + _SURE_OF_SKIN), -0.2), 1.35)
            stretch = min(np.sqrt(wanted / size), 1.3)
            for c in range(3):
                rest = linear[c] / (level + 1e-5) - 1.0 - share * (before[c] - 1.0)
                channel = value * max(1.0 + share * (after[c] - 1.0) + stretch * rest, 0.0)
                if channel > 0.8 and light > 1.0:
                    channel = 0.8 + 0.2 * (1.0 - np.exp(-(channel - 0.8) / 0.2))
                at = np.sqrt(min(channel, 1.0)) * top
                low = min(int(at), top - 1)
                out[y, x, c] = encode[low] + (encode[low + 1] - encode[low]) * (at - low)


@numba.njit(cache=True, nogil=True, inline="always")
def _moved_level(relative: float, light: float) -> float:
    """How bright a pixel is relative to the skin's level under the new light, from what it was relative to the old.

    light: the skin's new level divided by its old one.
    """
    if relative > 1.0:
        above = (relative - 1.0) * light ** ((_GLOSS_UP if light > 1.0 else _GLOSS_DOWN) - 1.0)
        return 1.0 + (_BRIGHTEST * np.log(1.0 + above / _BRIGHTEST) if light > 1.0 else above)
    if light <= 1.05:
        return relative
    skin = min(max((relative - _HAIR) / (_SKIN - _HAIR), 0.0), 1.0)
    follows = _HAIR_FOLLOWS + (1.0 - _HAIR_FOLLOWS) * skin * skin * (3.0 - 2.0 * skin)
    return relative ** (1.0 + (light**_SOFTEN - 1.0) * skin) * light ** (follows - 1.0)


@numba.njit(cache=True, nogil=True, inline="always")
def _luma(red: float, green: float, blue: float) -> float:
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@numba.njit(cache=True, nogil=True, inline="always")
def _usual(base: Float32, ratio: Float32, before: Float32, after: Float32) -> None:
    """Skin before and under the target's light: its three channels relative to its luma, then that luma."""
    before[3] = _luma(base[0], base[1], base[2]) + 1e-5
    after[3] = _luma(base[0] * ratio[0], base[1] * ratio[1], base[2] * ratio[2]) + 1e-5
    for c in range(3):
        before[c] = base[c] / before[3]
        after[c] = base[c] * ratio[c] / after[3]


def to_crop(landmarks: Landmarks, matrix: Float32) -> Landmarks:
    """Landmarks moved from the frame into a native crop (pure translation)."""
    return Landmarks((landmarks.xy + matrix[:, 2]).astype(np.float32), landmarks.z)
