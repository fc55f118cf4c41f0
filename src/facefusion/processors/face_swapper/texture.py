"""The source person as a texture in the mesh's UV space, from one or many photos.

Every texel comes from the photo that shows it best (angle, sharpness, exposure, nothing in front). Photos are brought
to one light and joined by bands, so that no seam shows; what no photo shows is completed by symmetry, then smoothly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Face, Float32, to_unit
from facefusion.geometry.color import linear_to_srgb, luma, rgb_to_lab, srgb_to_linear
from facefusion.geometry.fill import fill_smoothly
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize, vertex_normals
from facefusion.geometry.uv_maps import uv_maps, uv_pixels
from facefusion.processors.face_swapper.light import flatten, light_ratio, skin_weight
from facefusion.processors.face_swapper.own_colour import skin_coloured
from facefusion.processors.face_swapper.sampling import smooth_normals

UV_EYE_DISTANCE = 0.235
"""Distance between the eye centres in texture widths."""
LIGHT_SIZE = 64
_SHADOW_ABOVE, _SHADOW_BELOW, _SHADOW_BESIDE = 0.07, 0.02, 0.12
"""Margins around whatever hides a part of a photo: above the brows, below, and there by the outline; eye distances."""
_COLOUR_SIZE = 128
_RIM_CM, _RIM_FACING = 3.0, 0.16
"""How wide the rim is on which hair and background may be taken for skin, and how squarely it has to be seen there."""


@dataclass(frozen=True, slots=True, eq=False)
class Unwrapped:
    """A photo laid out in texture space.

    pixels: (S, S, 3) float32 sRGB. weight: (S, S) float32, how well the photo shows each texel.
    smooth_normals: (LIGHT_SIZE, LIGHT_SIZE, 3) float32, camera space.
    """

    pixels: Float32
    weight: Float32
    smooth_normals: Float32


def texture_size(faces: Sequence[Face]) -> int:
    """A power of two that holds the sharpest photo's native detail, 512 to 2048 texels."""
    needed = max(face.eye_distance_px for face in faces) / UV_EYE_DISTANCE
    return int(2 ** np.clip(np.round(np.log2(max(needed, 1.0))), 9, 11))


def unwrap(face: Face, size: int) -> Unwrapped:
    """Lay a photo out in texture space at `size` texels; raises ValueError without dense landmarks or picture."""
    if face.landmarks is None or face.picture is None:
        raise ValueError("source face: got no dense landmarks or picture, supported is a face found by FaceAnalyser")
    xyz = face.landmarks.xyz[:468]
    normals = vertex_normals(xyz, canonical_mesh().triangles)
    attributes = np.column_stack([xyz, normals]).astype(np.float32)
    flat = np.zeros(len(xyz), np.float32)
    spread, covered = rasterize(uv_pixels(size), flat, canonical_mesh().triangles, attributes, (size, size))
    place = np.ascontiguousarray(spread[..., :2])
    picture = _reduced_for(face, size)
    pixels = cv2.remap(picture, place, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    facing = np.clip(-spread[..., 5], 0.0, 1.0) ** 2
    weight = facing * covered * _inside(place, picture.shape[:2]) * _seen(spread[..., :3], xyz, picture.shape[:2])
    if face.visible is not None:
        weight = weight * np.minimum(_shown(face.visible, face, place), _skin_coloured(pixels))
    weight = weight * skin_coloured(pixels, weight) * facing_at_rim(facing)
    return Unwrapped(np.clip(pixels, 0, 1), weight.astype(np.float32), smooth_normals(xyz, LIGHT_SIZE))


def facing_at_rim(facing: Float32) -> Float32:
    """(S, S) float32: less where the rim turns away, for there the mesh misses the face's edge by a pixel or two.

    facing: (S, S) float32, squared cosine of the angle to the camera.
    """
    away = np.clip((_RIM_FACING - facing) / _RIM_FACING * 1.5, 0.0, 1.0)
    return 1.0 - _rim(facing.shape[0]) * away


def _rim(size: int) -> Float32:
    """(size, size) float32: 1 beside the mesh's outline, 0 further in than the rim is wide."""
    rim = np.clip((_RIM_CM - uv_maps(_COLOUR_SIZE).inset_cm) / _RIM_CM * 2.0, 0.0, 1.0)
    return cv2.resize(rim, (size, size), interpolation=cv2.INTER_LINEAR)


def build_texture(faces: Sequence[Face], size: int) -> tuple[Float32, Float32]:
    """One evenly lit texture of the person.

    Returns (S, S, 3) float32 sRGB in [0, 1], complete over the mesh, and (S, S) float32 confidence: 1 where a photo
    shows the texel, less where it was completed.
    """
    sheets = [unwrap(face, size) for face in faces]
    lit = [_evenly_lit(sheet) for sheet in sheets]
    reference = int(np.argmax([sheet.weight.sum() * _sharpness(sheet) for sheet in sheets]))
    matched = [
        pixels if k == reference else _match(pixels, lit[reference], sheets[k].weight, sheets[reference])
        for k, pixels in enumerate(lit)
    ]
    rating = np.stack([s.weight * (0.25 + _sharpness(s)) for s in sheets])
    joined = matched[0] if len(matched) == 1 else _join(matched, rating)
    return _complete(joined, np.clip(np.max([s.weight for s in sheets], axis=0) * 16.0, 0.0, 1.0))


def _reduced_for(face: Face, size: int) -> Float32:
    """The photo in float, low-passed when it has more detail than the texture can hold."""
    assert face.picture is not None
    picture = to_unit(face.picture)
    excess = face.eye_distance_px / (UV_EYE_DISTANCE * size)
    return cv2.GaussianBlur(picture, (0, 0), 0.45 * excess) if excess > 1.2 else picture


def _shown(visible: Float32, face: Face, place: Float32) -> Float32:
    """What a photo shows, in texture space, less a margin: beside hair and frames lie their shadows and single strands.

    The margin is wide on the forehead, where a fringe ends in strands, and narrow at eyes and brows.
    """
    brow_row = _brow_row(place.shape[0])
    forehead = _at(_clear(visible, _SHADOW_ABOVE * face.eye_distance_px), place[:brow_row])
    surely = np.clip(visible * 2.5, 0.0, 1.0)
    below = _at(_clear(surely, _SHADOW_BELOW * face.eye_distance_px), place[brow_row:])
    beside = _at(_clear(surely, _SHADOW_BESIDE * face.eye_distance_px), place[brow_row:])
    rim = _rim(place.shape[0])[brow_row:]
    return np.vstack([_hanging(forehead), below + (np.minimum(below, beside) - below) * rim])


def _skin_coloured(pixels: Float32) -> Float32:
    """(S, S) float32: 0 where the forehead has not the cheeks' colour, as under a fringe; 1 below the brows.

    pixels: (S, S, 3) float32 sRGB in texture space. Distances are counted in robust deviations of the cheeks.
    """
    size, maps = pixels.shape[0], uv_maps(_COLOUR_SIZE)
    lab = rgb_to_lab(cv2.resize(np.clip(pixels, 0.0, 1.0), (_COLOUR_SIZE, _COLOUR_SIZE), interpolation=cv2.INTER_AREA))
    cheeks = lab[maps.cheeks > 0.8]
    usual = np.median(cheeks, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(cheeks - usual), axis=0), (5.0, 3.0, 3.0))
    off = (lab - usual) / spread
    away = np.sqrt(0.5 * off[..., 0] ** 2 + 0.5 * off[..., 1] ** 2 + 0.5 * off[..., 2] ** 2)
    like_skin = np.clip(3.4 - cv2.GaussianBlur(away.astype(np.float32), (0, 0), 1.5), 0.0, 1.0)
    brow_row = _brow_row(_COLOUR_SIZE)
    kernel = np.ones((5, 5), np.uint8)
    forehead = cv2.erode(cv2.dilate(like_skin[:brow_row], kernel), np.ones((11, 11), np.uint8))
    whole = np.vstack([_hanging(forehead), np.ones((_COLOUR_SIZE - brow_row, _COLOUR_SIZE), np.float32)])
    return cv2.resize(whole, (size, size), interpolation=cv2.INTER_LINEAR)


def _hanging(forehead: Float32) -> Float32:
    """Hair falls from above: what lies over a hidden part of the forehead is hidden too, and so is a narrow gap.

    forehead: (rows, S) float32, row 0 is the top.
    """
    over = np.ascontiguousarray(np.minimum.accumulate(forehead[::-1], axis=0)[::-1])
    width = forehead.shape[1] // 5
    opened = cv2.morphologyEx(over, cv2.MORPH_OPEN, np.ones((1, width), np.uint8), borderValue=0.0)
    margin = forehead.shape[1] // 40
    return cv2.erode(opened, np.ones((2 * margin + 1, 1), np.uint8), borderValue=1.0)


def _brow_row(size: int) -> int:
    """The row of a texture at which the brows begin."""
    return int(uv_pixels(size)[105, 1]) - size // 64


def _clear(visible: Float32, margin_px: float) -> Float32:
    width = 2 * round(margin_px) + 1
    return cv2.erode(visible, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), borderValue=1.0)


def _at(values: Float32, place: Float32) -> Float32:
    return cv2.remap(values, np.ascontiguousarray(place), None, cv2.INTER_LINEAR)


def _inside(place: Float32, shape: tuple[int, ...]) -> Float32:
    x, y = place[..., 0], place[..., 1]
    return ((x >= 0) & (y >= 0) & (x <= shape[1] - 1) & (y <= shape[0] - 1)).astype(np.float32)


def _seen(position: Float32, xyz: Float32, shape: tuple[int, ...]) -> Float32:
    """1 where no other part of the head lies in front of a texel (a turned nose before its cheek)."""
    low = np.floor(xyz[:, :2].min(axis=0)) - 2
    span = np.ceil(np.ptp(xyz[:, :2], axis=0).max()) + 4
    scale = 128.0 / float(span)
    local = (xyz[:, :2] - low) * scale
    depth, covered = rasterize(local, xyz[:, 2], canonical_mesh().triangles, xyz[:, 2:3], (128, 128))
    nearest = np.where(covered, depth[..., 0], np.float32(1e6)).astype(np.float32)
    nearest = cv2.erode(nearest, np.ones((3, 3), np.uint8))
    at = ((position[..., :2] - low) * scale).astype(np.float32)
    front = cv2.remap(nearest, at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    gap = (position[..., 2] - front) / np.ptp(xyz[:, 0])
    seen: Float32 = np.clip(1.6 - gap * 16.0, 0.0, 1.0).astype(np.float32)
    return seen


def _evenly_lit(sheet: Unwrapped) -> Float32:
    """The sheet without its own light, in sRGB."""
    small = _shrink(srgb_to_linear(sheet.pixels))
    weight = skin_weight(small, np.clip(_shrink(sheet.weight), 0.0, 1.0))
    factor = flatten(small, sheet.smooth_normals, weight)
    large = cv2.resize(factor, sheet.weight.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return linear_to_srgb(srgb_to_linear(sheet.pixels) * large[..., None])


def _match(pixels: Float32, onto: Float32, weight: Float32, reference: Unwrapped) -> Float32:
    """Bring one photo to the light and white balance of another."""
    both = _shrink(np.minimum(weight, reference.weight)) * uv_maps(LIGHT_SIZE).skin
    ratio = light_ratio(_shrink(srgb_to_linear(onto)), _shrink(srgb_to_linear(pixels)), reference.smooth_normals, both)
    large = cv2.resize(ratio, weight.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return linear_to_srgb(srgb_to_linear(pixels) * large)


def _join(sheets: list[Float32], rating: Float32) -> Float32:
    """Low frequencies averaged over all photos, detail from the best one of each texel."""
    size = rating.shape[1]
    total = np.maximum(rating.sum(axis=0), 1e-6)
    sharp = rating**8
    sharp /= np.maximum(sharp.sum(axis=0), 1e-12)
    sharp = np.stack([cv2.GaussianBlur(s, (0, 0), size / 256) for s in sharp])
    low, fine = np.zeros_like(sheets[0]), np.zeros_like(sheets[0])
    for pixels, weight, share in zip(sheets, rating, sharp, strict=True):
        smooth = cv2.GaussianBlur(pixels, (0, 0), size / 48)
        low += smooth * (weight / total)[..., None]
        fine += (pixels - smooth) * share[..., None]
    return np.clip(low + fine, 0.0, 1.0)


def _complete(texture: Float32, known: Float32) -> tuple[Float32, Float32]:
    """Fill what no photo shows: from the other side of the face, then smoothly."""
    mirrored, mirror_known = texture[:, ::-1], known[:, ::-1]
    both = known * mirror_known
    if both.sum() > 32 and (known < 0.5).any():
        difference = fill_smoothly(texture - mirrored, both)
        doubt = (1.0 - known) * mirror_known
        texture = texture + (mirrored + difference - texture) * doubt[..., None]
        filled = np.maximum(known, mirror_known * 0.7)
    else:
        filled = known
    smooth = fill_smoothly(texture, (filled > 0.3) * filled)
    solid = np.clip((filled - 0.2) / 0.4, 0.0, 1.0)[..., None]
    return np.clip(smooth + (texture - smooth) * solid, 0.0, 1.0).astype(np.float32), filled.astype(np.float32)


def _sharpness(sheet: Unwrapped) -> float:
    """Energy of fine detail on well-seen texels, in [0, 1]."""
    grey = luma(sheet.pixels)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5))
    well = sheet.weight > 0.4
    return float(np.clip(fine[well].mean() * 40.0, 0.02, 1.0)) if well.any() else 0.02


def _shrink(array: Float32) -> Float32:
    return cv2.resize(array, (LIGHT_SIZE, LIGHT_SIZE), interpolation=cv2.INTER_AREA)


__all__ = ["Unwrapped", "build_texture", "texture_size", "unwrap"]
