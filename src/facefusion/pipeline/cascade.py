"""Effects on an aligned face, one after another on one canvas: one warp out of the picture and one back into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numba
import numpy as np

from facefusion.blend import restrict
from facefusion.blend.layers import Layer, layer_of
from facefusion.core import AlignedFace, Box, Face, Float32, Patch, Pixels, TemplateProcessor
from facefusion.faces.crops import cut
from facefusion.geometry import transforms
from facefusion.geometry.templates import TemplateName, align_matrix
from facefusion.pipeline.render_context import RenderContext

_LARGEST_CANVAS = 2048
_OVERHANG = 0.03
"""How far, in sides of the finest crop, others may stick out of it: a crop's edge fades out there, off the face."""
_LEAST_MASK = np.float32(1 / 64)
"""Where a mask is fainter than this, what it lets through is not scaled up to full strength."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A square upright view of a face. matrix: (2, 3) float32, picture pixels → canvas pixels."""

    matrix: Float32
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What nothing is in front of: (h, w) float32 in [0, 1], whose first pixel is (x0, y0) of the picture."""

    mask: Float32
    x0: int
    y0: int


def cascade(
    pixels: Pixels,
    face: Face,
    effects: Sequence[TemplateProcessor],
    index: int,
    context: RenderContext,
    seen: Seen | None,
) -> tuple[Layer | None, list[str]]:
    """What `effects` change on one face of `pixels`, as one layer, and a word of each ("left_alone" for none)."""
    matrices = [matrix_of(effect, face) for effect in effects]
    canvas = canvas_of(matrices, [effect.crop_size for effect in effects])
    base = cut(pixels, canvas.matrix, canvas.size)
    now, mask, notes = base, np.zeros(base.shape[:2], np.float32), []
    visible = None if seen is None else _visible_on(canvas, seen)
    for effect, matrix in zip(effects, matrices, strict=True):
        aligned = _aligned(pixels, base, now, canvas, effect, matrix, face, index, visible)
        patch = effect.process_face(aligned)
        notes.append("left_alone" if patch is None else patch.note)
        if patch is not None:
            now, mask = _over(now, mask, canvas, patch)
    if face.landmarks is None or not mask.any():
        return None, notes
    edited = np.empty_like(base)
    _unmixed(base, now, mask, edited)
    whole = Patch(edited, mask, canvas.matrix, base, visible)
    painted = None if context.painted is None else _warped(context.painted, canvas.matrix, canvas.size)
    narrowed = restrict(whole, face.landmarks, context.mask, painted)
    if context.laid is not None:
        context.laid(index, face, narrowed)
    return layer_of(narrowed, context.blend), notes


def matrix_of(effect: TemplateProcessor, face: Face) -> Float32:
    """(2, 3) float32, picture pixels → the crop of `effect`."""
    return align_matrix(face.keypoints, cast(TemplateName, effect.template), size=effect.crop_size)


def crop_box(matrix: Float32, size: int, width: int, height: int) -> Box:
    """The whole pixels of a `width` × `height` picture that a crop of `size` pixels covers; empty when outside."""
    corners = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]], np.float32)
    spots = transforms.apply(transforms.inverse(matrix), corners)
    x0, y0 = np.maximum(np.floor(spots.min(axis=0)), 0)
    x1, y1 = np.minimum(np.ceil(spots.max(axis=0)) + 1, (width, height))
    return Box(float(x0), float(y0), float(max(x0, x1)), float(max(y0, y1)))


def canvas_of(matrices: Sequence[Float32], sizes: Sequence[int]) -> Canvas:
    """The finest crop itself where the others hardly stick out of it, so that it is not sampled anew; else the smallest
    canvas that holds every crop, as fine as the finest of them, upright as the first."""
    scales = [transforms.scale_of(one) for one in matrices]
    finest = max(range(len(scales)), key=lambda number: scales[number])
    scale = scales[finest]
    if all(_fits(one, side, matrices[finest], sizes[finest]) for one, side in zip(matrices, sizes, strict=True)):
        return Canvas(matrices[finest], sizes[finest])
    first = matrices[0]
    turn = first[:, :2] / np.float32(transforms.scale_of(first)) * np.float32(scale)
    spots = []
    for matrix, size in zip(matrices, sizes, strict=True):
        corners = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]], np.float32)
        spots.append(transforms.apply(transforms.inverse(matrix), corners) @ turn.T)
    low, high = np.concatenate(spots).min(axis=0), np.concatenate(spots).max(axis=0)
    side = float((high - low).max()) + 1
    shrink = min(1.0, _LARGEST_CANVAS / side)
    shift = -(low + high) / 2 * shrink + (round(side * shrink) - 1) / 2
    return Canvas(np.column_stack([turn * shrink, shift]).astype(np.float32), round(side * shrink))


def _fits(matrix: Float32, size: int, into: Float32, side: int) -> bool:
    """Whether a crop lies inside of another one, but for a rim."""
    corners = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]], np.float32)
    spots = transforms.apply(transforms.compose(transforms.inverse(matrix), into), corners)
    rim = _OVERHANG * side
    return bool(spots.min() >= -rim and spots.max() <= side - 1 + rim)


def _aligned(
    pixels: Pixels,
    base: Float32,
    now: Float32,
    canvas: Canvas,
    effect: TemplateProcessor,
    matrix: Float32,
    face: Face,
    index: int,
    visible: Float32 | None,
) -> AlignedFace:
    if np.array_equal(matrix, canvas.matrix) and effect.crop_size == canvas.size:
        return AlignedFace(now, matrix, face, index, visible)
    to_crop = transforms.compose(transforms.inverse(canvas.matrix), matrix)
    crop = cut(pixels, matrix, effect.crop_size) if now is base else cut(now, to_crop, effect.crop_size)
    shown = None if visible is None else _warped(visible, to_crop, effect.crop_size, border=1.0)
    return AlignedFace(crop, matrix, face, index, shown)


def _over(now: Float32, mask: Float32, canvas: Canvas, patch: Patch) -> tuple[Float32, Float32]:
    """The canvas with `patch` on it, and where it was changed so far."""
    pixels, own = patch.pixels, patch.mask
    if not np.array_equal(patch.matrix, canvas.matrix):
        back = transforms.compose(transforms.inverse(patch.matrix), canvas.matrix)
        pixels, own = (_warped(one, back, canvas.size, smooth=True) for one in (pixels, own))
    mixed = np.empty_like(now)
    _mixed(now, np.ascontiguousarray(pixels), own, mixed)
    return mixed, np.maximum(mask, own)


@numba.njit(cache=True, nogil=True)
def _mixed(now: Float32, pixels: Float32, own: Float32, out: Float32) -> None:
    """`pixels` over `now` (h, w, 3), as far as `own` (h, w) lets them."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for c in range(3):
                out[y, x, c] = now[y, x, c] + (pixels[y, x, c] - now[y, x, c]) * own[y, x]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _unmixed(base: Float32, now: Float32, mask: Float32, out: Float32) -> None:
    """What has to lie over `base` with `mask`, so that `now` is seen."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            share = max(mask[y, x], _LEAST_MASK)
            for c in range(3):
                out[y, x, c] = base[y, x, c] + (now[y, x, c] - base[y, x, c]) / share


def _visible_on(canvas: Canvas, seen: Seen) -> Float32:
    moved = canvas.matrix.copy()
    moved[:, 2] += canvas.matrix[:, :2] @ np.array([seen.x0, seen.y0], np.float32)
    return _warped(seen.mask, moved, canvas.size, border=1.0)


def _warped(plane: Float32, matrix: Float32, size: int, *, border: float = 0.0, smooth: bool = False) -> Float32:
    mode = cv2.BORDER_REPLICATE if smooth and plane.ndim == 3 else cv2.BORDER_CONSTANT
    return cv2.warpAffine(plane, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=border)
