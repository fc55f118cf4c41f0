"""Colour: sRGB transfer, luma, CIE Lab. RGB everywhere, D65."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32

LUMA_709 = np.array([0.2126, 0.7152, 0.0722], np.float32)

_STEPS = 4096
_GRID = np.linspace(0.0, 1.0, _STEPS + 1)
_TO_LINEAR = np.where(_GRID <= 0.04045, _GRID / 12.92, ((_GRID + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb_to_linear(pixels: Float32) -> Float32:
    """sRGB-encoded float32 in [0, 1] to linear light (IEC 61966-2-1), by table; values outside are clipped."""
    index = np.clip(pixels * np.float32(_STEPS) + np.float32(0.5), 0, _STEPS).astype(np.int32)
    linear: Float32 = _TO_LINEAR[index]
    return linear


def linear_to_srgb(linear: Float32) -> Float32:
    """Linear light float32 to sRGB-encoded in [0, 1] (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0.0, 1.0)
    encoded = np.where(
        clipped <= 0.0031308, clipped * 12.92, 1.055 * np.power(np.maximum(clipped, 1e-8), 1.0 / 2.4) - 0.055
    )
    return encoded.astype(np.float32)


def luma(pixels: Float32) -> Float32:
    """(H, W) weighted sum of (H, W, 3) RGB with the weights of BT.709."""
    return cv2.transform(pixels, LUMA_709[None, :])


def rgb_to_lab(pixels: Float32) -> Float32:
    """(H, W, 3) sRGB float32 in [0, 1] to CIE L*a*b* (D65): L in [0, 100]."""
    return cv2.cvtColor(np.ascontiguousarray(pixels, np.float32), cv2.COLOR_RGB2LAB)
