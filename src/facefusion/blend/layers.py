"""A change worked out on an aligned canvas, laid over the picture in one pass.

The canvas holds `R`, the blended result, and `B`, the target's own pixels, both as coarse as the canvas. With `a`, how
opaque the finest band of the blend is, the picture `P` becomes `(1 - a) P + Q` with `Q = R - (1 - a) B`: where nothing
changed, `Q` and `a` are 0 and the pixels stay bit-identical; where the change is opaque, it is `R`; in between the
picture keeps its own detail, which the canvas may be too coarse to hold. `Q` and `a` are linear, so one warp serves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numba
import numpy as np

from facefusion.blend.pasting import blended
from facefusion.blend.settings import BlendMode, BlendSettings
from facefusion.core import Float32, Patch, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry import transforms

_NOTHING = np.float32(1.0 / 512.0)
_RAMPS: dict[BlendMode, tuple[float, float]] = {"multiband": (0.25, 0.65), "poisson": (0.05, 0.6)}
"""Where the finest band of each blend fades; as in `blend.bands`."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """values: (h, w, 4) float32: `Q` in RGB and `a`. matrix: (2, 3) float32, picture pixels → layer pixels."""

    values: Float32
    matrix: Float32


def layer_of(patch: Patch, settings: BlendSettings | None = None) -> Layer | None:
    """The change that `patch` makes to its `base`, or None when it makes none. Raises ValueError without a base."""
    settings = settings or BlendSettings()
    if patch.base is None:
        raise ValueError("layer_of: got a patch without a base, supported are patches that hold the target's pixels")
    if settings.blend_strength <= 0 or not (patch.mask > _NOTHING).any():
        return None
    patch = _cut_to_mask(patch)
    mode: BlendMode = "plain" if patch.is_opaque else settings.blend_mode
    strength = np.float32(1.0 if patch.is_opaque else settings.blend_strength)
    opaque = _opaque(patch.mask, mode)
    if patch.visible is not None:
        opaque = opaque * patch.visible
    values = np.empty((*patch.mask.shape, 4), np.float32)
    base = patch.pixels if patch.base is None else patch.base
    _premultiply(blended(base, patch, mode), base, opaque.astype(np.float32), strength, values)
    return Layer(values, patch.matrix)


def lay(pixels: Pixels, layer: Layer) -> None:
    """Lay `layer` over `pixels` (H, W, 3) uint8, uint16 or float32, in place; what it does not change stays."""
    values, matrix = _reduced(layer)
    height, width = values.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float32)
    spots = transforms.apply(transforms.inverse(matrix), corners)
    x0, y0 = np.maximum(np.floor(spots.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(spots.max(axis=0)).astype(int) + 1, (pixels.shape[1], pixels.shape[0]))
    if x0 < x1 and y0 < y1:
        region = pixels[y0:y1, x0:x1]
        _lay(region, values, matrix.astype(np.float32), int(x0), int(y0), np.float32(PIXEL_MAX[pixels.dtype.name]))


def _cut_to_mask(patch: Patch) -> Patch:
    """The part of `patch` that its mask lets through, with a pixel around it."""
    used = patch.mask > 0
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    top, left = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    part = np.s_[top : int(rows[-1]) + 2, left : int(columns[-1]) + 2]
    matrix = patch.matrix.copy()
    matrix[:, 2] -= np.array([left, top], np.float32)
    return replace(
        patch,
        pixels=np.ascontiguousarray(patch.pixels[part]),
        mask=np.ascontiguousarray(patch.mask[part]),
        matrix=matrix,
        base=None if patch.base is None else np.ascontiguousarray(patch.base[part]),
        visible=None if patch.visible is None else np.ascontiguousarray(patch.visible[part]),
    )


def _opaque(mask: Float32, mode: BlendMode) -> Float32:
    if mode == "plain":
        return mask
    low, high = _RAMPS[mode]
    t = np.clip((mask - np.float32(low)) / np.float32(high - low), 0, 1)
    step: Float32 = t * t * (3 - 2 * t)
    return step


def _reduced(layer: Layer) -> tuple[Float32, Float32]:
    """Values and matrix of a layer about as fine as the picture: a finer one is averaged, so that nothing aliases."""
    block = int(transforms.scale_of(layer.matrix) + 0.25)
    if block < 2:
        return layer.values, layer.matrix
    height, width = (length // block for length in layer.values.shape[:2])
    small = cv2.resize(layer.values[: height * block, : width * block], (width, height), interpolation=cv2.INTER_AREA)
    shift = (block - 1) / 2
    smaller = np.array([[1 / block, 0, -shift / block], [0, 1 / block, -shift / block]], np.float32)
    return small, transforms.compose(layer.matrix, smaller)


@numba.njit(cache=True, nogil=True)
def _premultiply(result: Float32, base: Float32, opaque: Float32, strength: np.float32, out: Float32) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            a = opaque[y, x]
            for c in range(3):
                out[y, x, c] = (result[y, x, c] - (np.float32(1.0) - a) * base[y, x, c]) * strength
            out[y, x, 3] = a * strength


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lay(region: Pixels, values: Float32, matrix: Float32, x0: int, y0: int, top: np.float32) -> None:
    """Bilinear samples of `values` over `region`, whose first pixel is (x0, y0) of the picture."""
    height, width = values.shape[0], values.shape[1]
    rounding = np.float32(0.5) if top > 1.0 else np.float32(0.0)
    nothing = np.float32(1.0 / 512.0)
    one = np.float32(1.0)
    for y in range(region.shape[0]):
        for x in range(region.shape[1]):
            px, py = np.float32(x + x0), np.float32(y + y0)
            u = matrix[0, 0] * px + matrix[0, 1] * py + matrix[0, 2]
            v = matrix[1, 0] * px + matrix[1, 1] * py + matrix[1, 2]
            if u < 0 or v < 0 or u > width - 1 or v > height - 1:
                continue
            i, j = min(int(u), width - 2), min(int(v), height - 2)
            s, t = u - np.float32(i), v - np.float32(j)
            w00, w01, w10, w11 = (one - s) * (one - t), s * (one - t), (one - s) * t, s * t
            a = (
                w00 * values[j, i, 3]
                + w01 * values[j, i + 1, 3]
                + w10 * values[j + 1, i, 3]
                + w11 * values[j + 1, i + 1, 3]
            )
            r = (
                w00 * values[j, i, 0]
                + w01 * values[j, i + 1, 0]
                + w10 * values[j + 1, i, 0]
                + w11 * values[j + 1, i + 1, 0]
            )
            g = (
                w00 * values[j, i, 1]
                + w01 * values[j, i + 1, 1]
                + w10 * values[j + 1, i, 1]
                + w11 * values[j + 1, i + 1, 1]
            )
            b = (
                w00 * values[j, i, 2]
                + w01 * values[j, i + 1, 2]
                + w10 * values[j + 1, i, 2]
                + w11 * values[j + 1, i + 1, 2]
            )
            if a < nothing and abs(r) < nothing and abs(g) < nothing and abs(b) < nothing:
                continue
            keep = one - a
            red = region[y, x, 0] * keep + r * top
            green = region[y, x, 1] * keep + g * top
            blue = region[y, x, 2] * keep + b * top
            if top > 1.0:
                region[y, x, 0] = min(max(red, np.float32(0.0)), top) + rounding
                region[y, x, 1] = min(max(green, np.float32(0.0)), top) + rounding
                region[y, x, 2] = min(max(blue, np.float32(0.0)), top) + rounding
            else:
                region[y, x, 0] = red
                region[y, x, 1] = green
                region[y, x, 2] = blue
