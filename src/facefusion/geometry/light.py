"""Display values and linear light, by tables: mixing of foreground and background happens in linear light.

sRGB transfer (IEC 61966-2-1); values of float32 pictures are clipped to [0, 1].
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numba
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


def tables_of(pixels: Pixels, light: Literal["linear", "display"]) -> tuple[NDArray[Any], Float32, Float32]:
    """`pixels` as whole numbers, the table that decodes them and the one that encodes again, for mixing in `light`."""
    whole, table = indexed(pixels)
    if light == "linear":
        return whole, table, encoding_table()
    roots = np.linspace(0.0, 1.0, ENCODING_STEPS + 1)
    return whole, np.linspace(0.0, 1.0, len(table)).astype(np.float32), (roots * roots).astype(np.float32)


def indexed(pixels: Pixels) -> tuple[NDArray[Any], Float32]:
    """`pixels` as whole numbers, and the table that gives their linear light."""
    if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
        return np.ascontiguousarray(pixels), decoding_table(pixels.dtype.name)
    whole = np.clip(pixels * np.float32(65535) + np.float32(0.5), 0, 65535).astype(np.uint16)
    return whole, decoding_table("uint16")


def in_dtype_of(pixels: Pixels, whole: NDArray[Any], out: NDArray[Any]) -> Pixels:
    """`out`, a changed copy of `whole`, in the dtype of `pixels`; what was not changed is that of `pixels` exactly."""
    if pixels.dtype == out.dtype:
        return out
    return np.where(out == whole, pixels, out.astype(np.float32) / np.float32(65535))


@numba.njit(cache=True, nogil=True, fastmath=True)
def encode(color, encoding, top, out):  # type: ignore[no-untyped-def]
    """Put `color` (3,), linear light, into `out` (3,) as whole display values. top: the largest of them."""
    steps = encoding.shape[0] - 1
    for k in range(3):
        place = np.sqrt(min(max(color[k], 0.0), 1.0)) * steps
        low = min(int(place), steps - 1)
        share = place - low
        out[k] = int((encoding[low] * (1 - share) + encoding[low + 1] * share) * top + 0.5)


@numba.njit(cache=True, nogil=True, fastmath=True)
def between(planes, y, x, k):  # type: ignore[no-untyped-def]
    """Plane `k` of `planes` (h, w, n) at the place (y, x), linearly between the cells' middles."""
    height, width = planes.shape[0], planes.shape[1]
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    v, u = y - y0, x - x0
    top = planes[y0, x0, k] * (1 - u) + planes[y0, x1, k] * u
    low = planes[y1, x0, k] * (1 - u) + planes[y1, x1, k] * u
    return top * (1 - v) + low * v


@numba.njit(cache=True, nogil=True, fastmath=True)
def color_between(planes, y, x, out):  # type: ignore[no-untyped-def]
    """The first three planes of `planes` (h, w, n) at the place (y, x), as `between` has them, into `out` (3,)."""
    height, width = planes.shape[0], planes.shape[1]
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    v, u = y - y0, x - x0
    for k in range(3):
        top = planes[y0, x0, k] * (1 - u) + planes[y0, x1, k] * u
        low = planes[y1, x0, k] * (1 - u) + planes[y1, x1, k] * u
        out[k] = top * (1 - v) + low * v
