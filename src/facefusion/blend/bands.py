"""Two ways to hide a seam: blending by frequency bands, and fitting colour to the edge.

Both work on the difference between patch and picture. The difference is smoothed by normalised convolution over what
is visible, so that the colour of a hand in front of the face does not bleed into the skin beside it.
"""

from __future__ import annotations

import cv2
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
    difference = patch - base
    weight = (mask > 0).astype(np.float32) * visible
    reach = max(min(mask.shape) / 24.0, 1.0)
    low = _smooth(difference, weight, reach * 2.0)
    middle = _smooth(difference, weight, reach * 0.5)
    fine = difference - middle
    middle -= low
    gate = visible
    out = base + low * (_ramp(mask, 0.0, 1.0) * gate)[..., None]
    out += middle * (_ramp(mask, 0.12, 0.8) * gate)[..., None]
    out += fine * (_ramp(mask, 0.25, 0.65) * gate)[..., None]
    return out


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


def _smooth(values: Float32, weight: Float32, sigma: float) -> Float32:
    """Normalised Gaussian convolution; large sigmas are worked out on a reduced picture."""
    height, width = weight.shape
    factor = max(int(sigma // 2.0), 1)
    size = (max(width // factor, 1), max(height // factor, 1))
    stacked = np.dstack([values * weight[..., None], weight])
    small = cv2.resize(stacked, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    small = small[..., :3] / np.maximum(small[..., 3:], _EPS)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
