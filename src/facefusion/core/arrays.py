"""Array types and the one check that every value type uses at birth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]
Pixels = NDArray[Any]
"""(H, W, 3) RGB; uint8 in [0, 255], uint16 in [0, 65535] or float32 in [0, 1] (more for HDR)."""

PIXEL_MAX: dict[str, float] = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view of `array`; the caller's own array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def check_shape(name: str, array: NDArray[Any], shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array.shape` matches `shape`, where None stands for any length."""
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name}: got shape {array.shape}, supported is ({wanted})")


def check_pixels(name: str, pixels: Pixels) -> None:
    """Raise ValueError unless `pixels` is a (H, W, 3) picture of a supported dtype."""
    if pixels.dtype.name not in PIXEL_MAX:
        raise ValueError(f"{name}: got dtype {pixels.dtype}, supported are {sorted(PIXEL_MAX)}")
    check_shape(name, pixels, (None, None, 3))


def to_unit(pixels: Pixels) -> Float32:
    """(H, W, 3) picture of any supported dtype as float32 in [0, 1]."""
    scale = PIXEL_MAX[pixels.dtype.name]
    if scale == 1.0:
        return pixels.astype(np.float32, copy=False)
    return np.multiply(pixels, np.float32(1.0 / scale), dtype=np.float32)


def from_unit(pixels: Float32, dtype: np.dtype[Any]) -> Pixels:
    """Back from float32 in [0, 1] to `dtype`, rounded to nearest and clipped for integers."""
    scale = PIXEL_MAX[np.dtype(dtype).name]
    if scale == 1.0:
        return pixels.astype(np.float32, copy=False)
    quantised: Pixels = np.clip(pixels * np.float32(scale) + np.float32(0.5), 0, scale).astype(dtype)
    return quantised
