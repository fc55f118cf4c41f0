"""What an edit did to the rest of the picture: noise, seams, and pixels that had to stay."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Box, Float32, Pixels, to_unit
from facefusion.core.arrays import PIXEL_MAX, check_shape
from facefusion.geometry.color import luma

_LEAST_GRADIENT = 1 / 255
"""Floor of the target's gradient in a seam: on a perfectly flat ground one 8-bit step counts as one."""
_INSIDE = 1 / 512
"""A mask value below half an 8-bit step changes nothing that could be stored."""


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all samples; infinite when nothing differs."""
    _check_same(a, b)
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(PIXEL_MAX[a.dtype.name] ** 2 / error)


def changed_outside(result: Pixels, target: Pixels, mask: Float32, label_box: Box | None = None) -> int:
    """Number of pixels that differ where `mask` (H, W) is exactly 0 and `label_box` (pixels) does not lie."""
    _check_same(result, target)
    check_shape("mask", mask, result.shape[:2])
    changed = (result != target).any(axis=2) & (mask == 0)
    if label_box is not None:
        changed[_rows(label_box), _columns(label_box)] = False
    return int(np.count_nonzero(changed))


def seam_ratio(result: Pixels, target: Pixels, mask: Float32, *, band_px: int = 3) -> float:
    """Mean gradient of the luma along the edge of `mask` (H, W), result ÷ target; 1 is no seam, above 1 a visible one.

    The band reaches `band_px` pixels to both sides of where the mask begins to act, for a step there is what the eye
    finds. Both gradients have a floor of one 8-bit step, so that a flat ground gives a finite number. 1.0 when the
    mask has no edge inside the picture.
    """
    _check_same(result, target)
    check_shape("mask", mask, result.shape[:2])
    band = edge_band(mask, band_px)
    if not band.any():
        return 1.0
    before, after = (max(float(_gradient(p)[band].mean()), _LEAST_GRADIENT) for p in (target, result))
    return after / before


def edge_band(mask: Float32, band_px: int) -> NDArray[np.bool_]:
    """(H, W) True within `band_px` pixels of the line between where `mask` acts and where it does not."""
    inside = (mask > _INSIDE).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band_px + 1,) * 2)
    wide = cv2.dilate(inside, kernel, borderType=cv2.BORDER_REPLICATE)
    narrow = cv2.erode(inside, kernel, borderType=cv2.BORDER_REPLICATE)
    band: NDArray[np.bool_] = wide != narrow
    return band


def _gradient(pixels: Pixels) -> Float32:
    """(H, W) gradient magnitude of the luma, change a pixel, in [0, 1]-coded values (Scharr, normalised)."""
    grey = luma(to_unit(pixels))
    dx, dy = (cv2.Scharr(grey, cv2.CV_32F, *order, scale=1 / 32) for order in ((1, 0), (0, 1)))
    return np.hypot(dx, dy)


def _check_same(a: Pixels, b: Pixels) -> None:
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"got {a.shape} {a.dtype} and {b.shape} {b.dtype}, supported are two of one shape and dtype")


def _rows(box: Box) -> slice:
    return slice(max(0, math.floor(box.y0)), max(0, math.ceil(box.y1)))


def _columns(box: Box) -> slice:
    return slice(max(0, math.floor(box.x0)), max(0, math.ceil(box.x1)))
