"""Two ways to hide a seam: blending by frequency bands, and fitting colour to the edge.

Both work on the difference between patch and picture. The difference is smoothed by normalised convolution over what
is visible, so that the colour of a hand in front of the face does not bleed into the skin beside it.
"""

from __future__ import annotations

import cv2
import numba
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.fill import fill_smoothly

_EPS = np.float32(1e-4)


def blend_multiband(base: Float32, patch: Float32, mask: Float32, visible: Float32) -> Float32:
    """Blend by bands (after Burt and Adelson, 1983): the lower the frequency, the wider the transition.

    base, patch: (h, w, 3) float32. mask: (h, w), soft outline of the edit; its value sets where each band fades.
    visible: (h, w), 0 where something in front must stay. Equal to `patch` where mask and visible are 1, and to
    `base` where either is 0.
    """
    reach = max(min(mask.shape) / 24.0, 1.0)
    stacked = np.empty((*mask.shape, 4), np.float32)
    _weigh(base, patch, mask, visible, stacked)
    middle, reduced = _smooth(stacked, mask.shape, reach * 0.5)
    low, _ = _smooth(reduced, mask.shape, reach * 2.0)
    out = np.empty(base.shape, np.float32)
    _join(base, patch, mask, visible, low, middle, out)
    return out


@numba.njit(cache=True, nogil=True)
def _weigh(base: Float32, patch: Float32, mask: Float32, visible: Float32, out: Float32) -> None:
    """The difference (h, w, 3) times its weight, and the weight, in four channels: the input of `_smooth`."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            weight = visible[y, x] if mask[y, x] > 0 else np.float32(0.0)
            for c in range(3):
                out[y, x, c] = (patch[y, x, c] - base[y, x, c]) * weight
            out[y, x, 3] = weight


@numba.njit(cache=True, nogil=True, inline="always")
def _step(value: float, low: float, high: float) -> float:
    """As `_ramp`, of one number."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _join(
    base: Float32, patch: Float32, mask: Float32, visible: Float32, low: Float32, middle: Float32, out: Float32
) -> None:
    """Each band of the difference on `base`, as far as its own ramp lets it."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            gate, value = visible[y, x], mask[y, x]
            broad, medium = _step(value, 0.0, 1.0) * gate, _step(value, 0.12, 0.8) * gate
            narrow = _step(value, 0.25, 0.65) * gate
            for c in range(3):
                under = base[y, x, c]
                fine = patch[y, x, c] - under - middle[y, x, c]
                coarse = low[y, x, c] * broad + (middle[y, x, c] - low[y, x, c]) * medium
                out[y, x, c] = under + coarse + fine * narrow


def blend_poisson(base: Float32, patch: Float32, mask: Float32, visible: Float32) -> Float32:
    """Fit the patch's colour to the picture along the mask's edge (after Pérez et al., 2003).

    The colour step at the edge is carried inwards by a membrane that is solved coarse to fine; arguments and limits
    as in `blend_multiband`, but the patch keeps its gradients, not its colours.
    """
    weight = visible * (mask > 0.02)
    edge = weight * np.clip(1.0 - np.abs(mask - 0.25) * 5.0, 0.0, 1.0)
    membrane = fill_smoothly(base - patch, edge)
    alpha = (_ramp(mask, 0.05, 0.6) * visible)[..., None]
    return base + (patch + membrane - base) * alpha


def _ramp(mask: Float32, low: float, high: float) -> Float32:
    """Smooth step of `mask` from 0 at `low` to 1 at `high`."""
    t = np.clip((mask - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    step: Float32 = t * t * (3.0 - 2.0 * t)
    return step


def _smooth(stacked: Float32, shape: tuple[int, ...], sigma: float) -> tuple[Float32, Float32]:
    """Normalised Gaussian convolution; large sigmas are worked out on a reduced picture, which is given back too.

    stacked: (h, w, 4) float32, weighted values and weights of a picture of `shape`, or a reduced picture of it.
    """
    height, width = shape
    factor = max(int(sigma // 2.0), 1)
    size = (max(width // factor, 1), max(height // factor, 1))
    reduced = cv2.resize(stacked, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(reduced, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    small = small[..., :3] / np.maximum(small[..., 3:], _EPS)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), reduced
