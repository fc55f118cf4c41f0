"""OpenCV's arrays at the door of the SDK: BGR outside, RGB inside."""

from __future__ import annotations

from typing import Any

import numpy as np

from facefusion.core import Pixels, UInt8
from facefusion.errors import InvalidInput


def rgb_of(image: Any, *, name: str) -> UInt8:
    """RGB copy of a BGR picture (H, W, 3) uint8 as `cv2.imread` gives it. Raises InvalidInput for anything else."""
    if image is None:
        raise InvalidInput(f"{name}: got None; cv2.imread gives that when it cannot read the file, so check the path")
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        got = f"{image.dtype} of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InvalidInput(f"{name}: got {got}, supported is a BGR picture (H, W, 3) uint8")
    return np.ascontiguousarray(image[..., ::-1])


def bgr_of(pixels: Pixels) -> UInt8:
    """BGR copy of an RGB picture."""
    return np.ascontiguousarray(pixels[..., ::-1])
