"""How sharp and how grainy a picture is, in 8-bit steps (0–255) whatever its dtype."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels, to_unit
from facefusion.geometry.color import luma

_HIGH_PASS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""Difference of two Laplacians: blind to planes and to straight edges along the axes, unit gain for white noise.

Immerkær, Computer Vision and Image Understanding 64 (1996), 300–302."""
_MAD_TO_SIGMA = 1.482602
"""A normal distribution's deviation ÷ its median absolute deviation."""
_SMOOTHING_PX = 1.0


def sharpness(pixels: Pixels, mask: Float32 | None = None) -> float:
    """Root mean square of the Laplacian of the slightly smoothed luma (σ 1 px, so that grain counts little), ≥ 0.

    mask: (H, W), where to look (> 0.5); None: everywhere. Compare pictures of one size only.
    """
    smooth = cv2.GaussianBlur(_grey(pixels), (0, 0), _SMOOTHING_PX, borderType=cv2.BORDER_REFLECT_101)
    laplacian = cv2.Laplacian(smooth, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REFLECT_101)
    return float(np.sqrt(np.mean(_chosen(laplacian, mask) ** 2, dtype=np.float64)))


def noise_sigma(pixels: Pixels, mask: Float32 | None = None) -> float:
    """Standard deviation of the grain of the luma, by the median of a high-pass, so that edges count little; ≥ 0.

    mask as in `sharpness`. Fine texture over more than half of the area is taken for grain.
    """
    response = cv2.filter2D(_grey(pixels), cv2.CV_32F, _HIGH_PASS, borderType=cv2.BORDER_REFLECT_101)
    return _MAD_TO_SIGMA * float(np.median(np.abs(_chosen(response, mask))))


def _grey(pixels: Pixels) -> Float32:
    return luma(to_unit(pixels)) * np.float32(255)


def _chosen(values: Float32, mask: Float32 | None) -> NDArray[np.float32]:
    if mask is None:
        return values.ravel()
    chosen = values[mask > 0.5]
    if not chosen.size:
        raise ValueError("mask: got no pixel above 0.5, supported is a mask that holds some of the picture")
    return chosen
