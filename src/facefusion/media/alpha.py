"""The two forms of transparency: straight, as frames hold it, and premultiplied, where colour is weighted by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import PIXEL_MAX, from_unit, to_unit


def premultiplied(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """(H, W, 3) pixels times (H, W) alpha of the same dtype, rounded to nearest."""
    return _rounded(to_unit(pixels) * to_unit(alpha)[..., None], pixels.dtype)


def straightened(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """The opposite; where alpha is 0 the pixels stay as they are."""
    opacity = to_unit(alpha)[..., None]
    return _rounded(np.divide(to_unit(pixels), opacity, out=to_unit(pixels).copy(), where=opacity > 0), pixels.dtype)


def _rounded(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    return values if PIXEL_MAX[dtype.name] == 1.0 else from_unit(values, dtype)
