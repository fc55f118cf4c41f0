"""Display values and linear light, by tables: mixing of foreground and background happens in linear light.

sRGB transfer (IEC 61966-2-1); values of float32 pictures are clipped to [0, 1].
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels
from facefusion.geometry.color import linear_to_srgb

ENCODING_STEPS = 1 << 14
"""Entries of the way back; it is indexed by the square root of linear light, so that dark steps are fine enough."""


@cache
def decoding_table(dtype: str) -> Float32:
    """(256,) or (65536,) float32: linear light of every value of `uint8` or `uint16`."""
    values = np.linspace(0.0, 1.0, 256 if dtype == "uint8" else 65536)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


@cache
def encoding_table() -> Float32:
    """(steps + 1,) float32: the display value of the linear light (i / steps)²."""
    roots = np.linspace(0.0, 1.0, ENCODING_STEPS + 1)
    return linear_to_srgb((roots * roots).astype(np.float32))


def indexed(pixels: Pixels) -> tuple[NDArray[Any], Float32]:
    """`pixels` as whole numbers, and the table that gives their linear light."""
    if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
        return np.ascontiguousarray(pixels), decoding_table(pixels.dtype.name)
    whole = np.clip(pixels * np.float32(65535) + np.float32(0.5), 0, 65535).astype(np.uint16)
    return whole, decoding_table("uint16")
