"""How alike two pictures are to the eye: structural similarity and gradient magnitude deviation, within a mask."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels, to_unit
from facefusion.geometry.color import luma

_C1, _C2 = 0.01**2, 0.03**2
_SIGMA_PX, _WINDOW_PX = 1.5, 11
_GRADIENT_C = 170 / 255**2


def ssim_map(a: Pixels, b: Pixels) -> Float32:
    """(H, W) structural similarity of the luma, −1 to 1 (Wang et al. 2004: Gaussian window 11, σ 1.5)."""
    x, y = luma(to_unit(a)), luma(to_unit(b))
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    both = _blurred(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + _C1) * (2 * both + _C2)
    return (top / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))).astype(np.float32)


def gradient_deviation(a: Pixels, b: Pixels, mask: NDArray[np.bool_]) -> float:
    """Perceptual distance, 0 for equal: gradient magnitude similarity deviation in `mask` (H, W) (Xue et al. 2014).

    NaN for an empty mask.
    """
    if not mask.any():
        return math.nan
    x, y = _gradient(luma(to_unit(a))), _gradient(luma(to_unit(b)))
    alike = (2 * x * y + _GRADIENT_C) / (x * x + y * y + _GRADIENT_C)
    return float(alike[mask].std())


def _blurred(values: Float32) -> Float32:
    return cv2.GaussianBlur(values, (_WINDOW_PX, _WINDOW_PX), _SIGMA_PX)


def _gradient(values: Float32) -> Float32:
    """Magnitude by the Prewitt operator, as the paper has it."""
    kernel = np.array([[1, 0, -1]] * 3, np.float32) / 3
    found: Float32 = np.hypot(cv2.filter2D(values, cv2.CV_32F, kernel), cv2.filter2D(values, cv2.CV_32F, kernel.T))
    return found
