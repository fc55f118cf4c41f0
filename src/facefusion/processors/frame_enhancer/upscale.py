"""Making a picture larger: cubic resampling, corrected until it would give the small picture back (Irani, Peleg 1991).

Edges are then made steeper inside the range of their neighbourhood, which no halo can leave. Every step looks at most
`REACH` source pixels far, so that tiles with that much around them give the very pixels of the whole.
"""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32

REACH = 16
"""Pixels of the small picture that a pixel of the large one depends on, each way."""
_ROUNDS = 3


def enlarged(picture: Float32, scale: int, crispness: float) -> Float32:
    """(h · scale, w · scale, 3) of `picture` (h, w, 3), both RGB float32."""
    height, width = picture.shape[:2]
    size = (width * scale, height * scale)
    large = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(_ROUNDS if scale > 1 else 0):
        missing = picture - cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
        large = large + cv2.resize(missing, size, interpolation=cv2.INTER_CUBIC)
    return within(large, picture, scale) if crispness <= 0 else crisp(within(large, picture, scale), scale, crispness)


def within(large: Float32, picture: Float32, scale: int) -> Float32:
    """`large`, kept between the darkest and the lightest of the 3 × 3 source pixels around: no ringing."""
    if scale == 1:
        return large
    kernel = np.ones((3, 3), np.uint8)
    size = (large.shape[1], large.shape[0])
    low, high = (
        cv2.resize(side, size, interpolation=cv2.INTER_NEAREST)
        for side in (cv2.erode(picture, kernel), cv2.dilate(picture, kernel))
    )
    return np.clip(large, low, high)


def crisp(large: Float32, scale: int, amount: float) -> Float32:
    """`large` with steeper edges: lifted over a blur as wide as the enlargement, held inside its neighbourhood.

    Differences as small as noise (below about 2 of 255) are left, so that grain and blocks do not grow.
    """
    sigma = 0.6 * scale
    blurred = cv2.GaussianBlur(large, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    detail = large - blurred
    strength = np.abs(detail).max(axis=2, keepdims=True)
    trust = strength / (strength + np.float32(0.008))
    lifted = large + np.float32(2.0 * amount) * trust * detail
    side = 2 * max(1, scale // 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.clip(lifted, cv2.erode(large, kernel), cv2.dilate(large, kernel))
