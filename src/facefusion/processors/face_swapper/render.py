"""Draw a source's texture on a target's face: the heart of the mesh swapper. Pure functions of their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numba
import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.color import LUMA_709, luma
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


def move_target(
    crop: Float32, before: Float32, after: Float32, z: Float32, visible: Float32 | None = None
) -> Float32 | None:
    """The target's own pixels carried by the change of shape: mouth's inside, eyes, and a skirt around the outline.

    crop: (h, w, 3). before, after: (478, 2) pixels. visible: (h, w), 0 where something in front stays where it is.
    Returns (h, w, 3) float32, bit-identical to `crop` where nothing moves, or None when nothing moves by more than a
    tenth of a pixel.
    """
    if float(np.abs(after - before)[:468].max()) < 0.1:
        return None
    center = before[list(FACE_OVAL)].mean(axis=0)
    ring = center + (before[list(FACE_OVAL)] - center) * _RING
    vertices = np.vstack([after[:468], ring]).astype(np.float32)
    shift = np.vstack([before[:468] - after[:468], np.zeros_like(ring)]).astype(np.float32)
    depth = np.concatenate([z[:468], np.full(len(ring), z[:468].max() + 1.0)]).astype(np.float32)
    spread, _ = rasterize(vertices, depth, _with_skirt(), shift, crop.shape[:2])
    place = np.empty((*crop.shape[:2], 2), np.float32)
    _come_from(spread, place)
    moved = cv2.remap(crop, place, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    _keep_still(crop, spread, np.ones(crop.shape[:2], np.float32) if visible is None else visible, moved)
    return moved


@numba.njit(cache=True, nogil=True)
def _come_from(shift: Float32, place: Float32) -> None:
    for y in range(shift.shape[0]):
        for x in range(shift.shape[1]):
            place[y, x, 0] = np.float32(x) + shift[y, x, 0]
            place[y, x, 1] = np.float32(y) + shift[y, x, 1]


@numba.njit(cache=True, nogil=True)
def _keep_still(crop: Float32, shift: Float32, visible: Float32, moved: Float32) -> None:
    """`moved` in [0, 1] as far as the face is visible, and `crop`'s own value where nothing moves."""
    for y in range(shift.shape[0]):
        for x in range(shift.shape[1]):
            still = abs(shift[y, x, 0]) <= 0.02 and abs(shift[y, x, 1]) <= 0.02
            for c in range(3):
                value = min(max(moved[y, x, c], np.float32(0.0)), np.float32(1.0))
                under = crop[y, x, c]
                moved[y, x, c] = under if still else under + (value - under) * visible[y, x]


@cache
def _with_skirt() -> Int32:
    oval = np.array(FACE_OVAL, np.int32)
    outer = 468 + np.arange(len(oval), dtype=np.int32)
    following, outer_following = np.roll(oval, -1), np.roll(outer, -1)
    inner_half = np.column_stack([oval, following, outer])
    outer_half = np.column_stack([following, outer_following, outer])
    return np.concatenate([canonical_mesh().triangles, inner_half, outer_half]).astype(np.int32)


def light_fields(base: Float32, ratio: Float32) -> Float32:
    """(S, S, 16) float32: all that `relight` needs to know of the light at each texel; smooth over the face.

    base: (S, S, 3) float32 linear light, the texture's own diffuse level. ratio: (S, S, 3) linear-light factors.
    """
    before_luma, after_luma = luma(base) + _DARKEST, luma(base * ratio) + _DARKEST
    before, after = base / before_luma[..., None] - 1, base * ratio / after_luma[..., None] - 1
    light = after_luma / before_luma
    size, wanted = (np.square(hue).sum(axis=2) + _DARKEST for hue in (before, after))
    gloss = light ** (np.where(light > 1, _GLOSS_UP, _GLOSS_DOWN) - 1)
    levels = [1 / before_luma, after_luma, light, gloss, light**_SOFTEN, np.log(light)]
    gain = np.sqrt(wanted / size)
    colour = [1 / (size + _SURE_OF_SKIN), np.minimum(gain, _MOST_ODD)]
    brighter = np.clip((light - 1) / (_MUCH_LIGHTER - 1), 0, 1)
    more = [1 / np.sqrt(np.maximum(gain, 1)), brighter]
    return np.ascontiguousarray(np.dstack([*levels, *colour, before, after, *more]), np.float32)


def relight(texture: Float32, fields: Float32, uv: Float32, covered: Float32) -> Float32:
    """The texture under the target's light.

    texture: (h, w, 3) float32 sRGB. fields: `light_fields`. uv: (h, w, 2) float32 texture coordinates in [0, 1].
    A highlight is light reflected at the surface: what shines above the diffuse level follows the factors less, what is
    shaded softens where the skin gets lighter, and hair stays as dark as it was. Colour moves along the line from grey
    to skin: as far as a pixel has the skin's colour it takes the new skin's, grey things (a highlight, a white beard)
    stay grey, and what differs in hue (a blush) keeps its difference.
    Where the new skin is more colourful than the old, small differences of hue grow less than it does: a fold does not
    turn orange, nor a pale cheek grey.
    Returns sRGB in [0, 1], 0 where covered (h, w) is 0; what is brightened rolls off softly above 0.8 instead of
    clipping. All of it is continuous in texture and light, so that no edge shows where there was none.
    """
    out = np.zeros_like(texture)
    _relight(texture, fields, uv, covered, out, _DECODE, _ENCODE)
    return out


_FIELDS = 16
"""Numbers of a texel in `light_fields`."""
_LEVELS = 1023
_GRID = np.linspace(0, 1, _LEVELS + 1)
_DECODE = np.where(_GRID <= 0.04045, _GRID / 12.92, ((_GRID + 0.055) / 1.055) ** 2.4).astype(np.float32)
_ROOTS = np.linspace(0, 1, _LEVELS + 1) ** 2
"""Grid of squares: fine steps in the shadows."""
_ENCODE = np.where(_ROOTS <= 0.0031308, _ROOTS * 12.92, 1.055 * np.maximum(_ROOTS, 1e-9) ** (1 / 2.4) - 0.055).astype(
    np.float32
)


_DARKEST = np.float32(1e-5)
_GLOSS_UP, _GLOSS_DOWN = 0.3, 0.7
"""How much of the change of the diffuse light highlights follow, where it gets lighter and where darker."""
_KNEE = np.float32(0.25)
"""How far above the skin's level, relative to it, a pixel counts half as highlight."""
_MUCH_LIGHTER = 1.5
"""Between no change of light and this factor, what is far above the skin's level (a white beard, a hot highlight) comes
to be drawn nearer to it than it was, and rolls off."""
_SOFTEN = np.float32(-0.15)
"""Skin that gets lighter scatters more light under its surface: its wrinkles lose contrast by this power."""
_SURE_OF_SKIN = np.float32(0.03)
"""Next to skin that is nearly grey itself, grey things cannot be told from it: they count as skin."""
_STILL_SKIN, _GREY = np.float32(0.5), np.float32(0.95)
"""What lacks less than the first share of the skin's hue is skin, what lacks the second is a grey thing."""
_MOST_ODD = 1.0
"""A hue that is not the skin's is not made stronger than it was."""
_HAIR, _SKIN = np.float32(0.2), np.float32(0.55)
"""Below the first share of the skin's level there is hair (or a nostril), above the second there is skin."""
_HAIR_FOLLOWS = np.float32(0.45)
"""Hair is not lighter on lighter skin: it follows the change of light by this power."""


_RED, _GREEN, _BLUE = LUMA_709
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _relight(
    texture: Float32, fields: Float32, uv: Float32, covered: Float32, out: Float32, decode: Float32, encode: Float32
) -> None:
    top = np.float32(_LEVELS)
    rest, here = np.empty(3, np.float32), np.empty(_FIELDS, np.float32)
    for y in range(texture.shape[0]):
        for x in range(texture.shape[1]):
            if covered[y, x] == _ZERO:
                continue
            _interpolate(fields, uv[y, x, 0], uv[y, x, 1], here)
            for c in range(3):
                rest[c] = _looked_up(decode, min(max(texture[y, x, c], _ZERO), _ONE) * top)
            level = _RED * rest[0] + _GREEN * rest[1] + _BLUE * rest[2]
            value = _moved_level(level * here[0], here) * here[1]
            scale, along = _ONE / (level + _DARKEST), _ZERO
            for c in range(3):
                rest[c] = rest[c] * scale - _ONE
                along += rest[c] * here[8 + c]
            raw = min(max((along + _SURE_OF_SKIN) * here[6], np.float32(-0.2)), np.float32(1.35))
            share = _skin_share(raw, here[14])
            for c in range(3):
                odd = rest[c] - raw * here[8 + c]
                channel = value * max(_ONE + share * here[11 + c] + here[7] * odd, _ZERO)
                if channel > np.float32(0.8) and here[15] > _ZERO:
                    rolled = _ONE - np.float32(0.2) * np.exp((np.float32(0.8) - channel) * np.float32(5.0))
                    channel += (rolled - channel) * here[15]
                out[y, x, c] = _looked_up(encode, np.sqrt(min(channel, _ONE)) * top)


@numba.njit(cache=True, nogil=True)
def _skin_share(share: np.float32, less: np.float32) -> np.float32:
    """How much of the new skin's hue a pixel takes that had `share` of the old skin's.

    less: root of the old strength of the hue ÷ the new, at most 1: on more colourful skin a small difference grows less
    than the skin's hue does.
    """
    missing = _ONE - share
    if missing <= _STILL_SKIN:
        return _ONE - missing * less
    grey = min(max((missing - _STILL_SKIN) / (_GREY - _STILL_SKIN), _ZERO), _ONE)
    return _ONE - missing * (less + (_ONE - less) * grey * grey * (np.float32(3.0) - np.float32(2.0) * grey))


@numba.njit(cache=True, nogil=True)
def _looked_up(table: Float32, at: np.float32) -> np.float32:
    """`table` at a place between two of its entries."""
    low = min(np.int32(at), np.int32(_LEVELS - 1))
    return table[low] + (table[low + 1] - table[low]) * (at - np.float32(low))


@numba.njit(cache=True, nogil=True)
def _interpolate(fields: Float32, u: np.float32, v: np.float32, out: Float32) -> None:
    """`fields` (h, w, 16) at texture coordinates in [0, 1], linearly between texels."""
    x = min(max(u, _ZERO), _ONE) * np.float32(fields.shape[1] - 1)
    y = min(max(v, _ZERO), _ONE) * np.float32(fields.shape[0] - 1)
    left, above = min(int(x), fields.shape[1] - 2), min(int(y), fields.shape[0] - 2)
    dx, dy = x - np.float32(left), y - np.float32(above)
    a, b, c, d = (_ONE - dx) * (_ONE - dy), dx * (_ONE - dy), (_ONE - dx) * dy, dx * dy
    first, second = fields[above], fields[above + 1]
    for k in range(_FIELDS):
        out[k] = a * first[left, k] + b * first[left + 1, k] + c * second[left, k] + d * second[left + 1, k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _moved_level(relative: np.float32, here: Float32) -> np.float32:
    """How bright a pixel is relative to the skin's level under the new light, from what it was relative to the old.

    here: the pixel's `light_fields`.
    """
    light = here[2]
    if relative > _ONE:
        above = relative - _ONE
        above *= _ONE + (here[3] - _ONE) * above / (above + _KNEE)
        return _ONE + above / (_ONE + above * here[15])
    if light <= _ONE or relative <= _ZERO:
        return relative
    skin = min(max((relative - _HAIR) / (_SKIN - _HAIR), _ZERO), _ONE)
    follows = _HAIR_FOLLOWS + (_ONE - _HAIR_FOLLOWS) * skin * skin * (np.float32(3.0) - np.float32(2.0) * skin)
    power = _ONE + (here[4] - _ONE) * skin
    return np.exp(np.log(relative) * power + here[5] * (follows - _ONE))


@numba.njit(cache=True, nogil=True)
def mix(base: Float32, face: Float32, share: Float32) -> Float32:
    """(h, w, 3) float32: `base`, moved towards `face` by `share` (h, w)."""
    out = np.empty_like(base)
    for y in range(share.shape[0]):
        for x in range(share.shape[1]):
            for c in range(3):
                under = base[y, x, c]
                out[y, x, c] = under + (face[y, x, c] - under) * share[y, x]
    return out


@numba.njit(cache=True, nogil=True)
def facing_share(facing: Float32, covered: Float32) -> Float32:
    """(h, w) float32 in [0, 1]: 1 where the surface looks at the camera, 0 where it turns away or nothing is drawn."""
    out = np.empty_like(facing)
    for y in range(facing.shape[0]):
        for x in range(facing.shape[1]):
            share = (facing[y, x] - np.float32(0.05)) * np.float32(2.5)
            out[y, x] = min(max(share, _ZERO), _ONE) * covered[y, x]
    return out


def to_crop(landmarks: Landmarks, matrix: Float32) -> Landmarks:
    """Landmarks moved from the frame into a native crop (pure translation)."""
    return Landmarks((landmarks.xy + matrix[:, 2]).astype(np.float32), landmarks.z)
