"""Putting a cut-out on a new background: `a F + (1 - a) B` in linear light, and what makes it look as if it belonged.

The foreground stays straight until it is mixed, so that nothing is premultiplied twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numba
import numpy as np

from facefusion.blend.background import BackgroundSettings
from facefusion.core import Cutout, Float32, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry.light import between, encode, in_dtype_of, tables_of

_CELL = 4
"""Pixels of a side of the cells in which spilling light is kept."""
_WRAP, _SHADOW = 0.012, 0.03
"""Standard deviations of the light wrap and of the shadow, in heights of the picture."""
_FALLS = (0.035, 0.02)
"""How far the shadow lies from the person, across and down, in heights."""
_GRAIN_SIDE = 512


@dataclass(frozen=True, slots=True)
class Harmony:
    """What brings foreground and background together. gains: on the foreground's linear light, by channel.

    front_grain, back_grain: standard deviation of noise that is added to each, display values in [0, 1].
    """

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    front_grain: float = 0.0
    back_grain: float = 0.0


def over(
    cutout: Cutout,
    background: Pixels,
    settings: BackgroundSettings = BackgroundSettings(background_wrap=0.0),
    harmony: Harmony = Harmony(),
    *,
    index: int = 0,
) -> Pixels:
    """(H, W, 3) of the cut-out's dtype: the foreground over `background`, of the same size and dtype.

    index: of the frame; the grain is another one in each.
    """
    alpha = softened(cutout.alpha, settings.background_soften)
    front, table, encoding = tables_of(cutout.pixels, settings.background_light)
    back = tables_of(background, settings.background_light)[0]
    light = _spilling(back, table, alpha, settings.background_wrap)
    shade = _shade(alpha, settings.background_shadow)
    out = np.empty_like(front)
    gains = np.array(harmony.gains, np.float32)
    grains = np.array([harmony.front_grain, harmony.back_grain], np.float32)
    shift = np.array([7919 * index % _GRAIN_SIDE, 104729 * index % _GRAIN_SIDE], np.int64)
    top = PIXEL_MAX[front.dtype.name]
    _mix(front, alpha, back, light, shade, gains, grains, _grain(), shift, table, encoding, top, out)
    behind = in_dtype_of(background, back, out)
    return (
        np.where((alpha > 0)[..., None], in_dtype_of(cutout.pixels, front, out), behind) if behind is not out else out
    )


def softened(alpha: Float32, thousandths: float) -> Float32:
    """`alpha` with a softer edge; thousandths: of its height."""
    sigma = thousandths * alpha.shape[0] / 1000
    return cv2.GaussianBlur(alpha, (0, 0), sigma) if sigma > 0.05 else alpha


def bounded(before: Pixels, after: Pixels, alpha: Float32) -> Pixels:
    """`after` where the foreground is, `before` where it is not: what was changed ends where the person does."""
    if after is before:
        return after
    out = after.copy()
    _bound(before, after, alpha, 0.5 if np.issubdtype(out.dtype, np.integer) else 0.0, out)
    return out


def _spilling(back: Pixels, table: Float32, alpha: Float32, strength: float) -> Float32:
    """(h, w, 4) float32: the background's light round the edge, linear, and how much of it there is."""
    height, width = alpha.shape
    size = max(width // _CELL, 1), max(height // _CELL, 1)
    if strength <= 0:
        return np.zeros((1, 1, 4), np.float32)
    sigma = max(_WRAP * height / _CELL, 0.5)
    small = table[cv2.resize(back, size, interpolation=cv2.INTER_AREA)]
    share = cv2.resize(1 - alpha, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(share, (0, 0), sigma)
    light = cv2.GaussianBlur(small * share[..., None], (0, 0), sigma) / np.maximum(soft, 1e-4)[..., None]
    return np.dstack([light, soft * np.float32(strength)]).astype(np.float32)


def _shade(alpha: Float32, darkness: float) -> Float32:
    """(H, W) float32: what is left of the background's light; (1, 1) without a shadow."""
    if darkness <= 0:
        return np.ones((1, 1), np.float32)
    height, width = alpha.shape
    move = np.array([[1, 0, _FALLS[0] * height], [0, 1, _FALLS[1] * height]], np.float32)
    fallen = cv2.warpAffine(alpha, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(fallen, (max(width // 4, 1), max(height // 4, 1)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(_SHADOW * height / 4, 0.5))
    return 1 - np.float32(darkness) * cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)


@cache
def _grain() -> Float32:
    """(512, 512) float32: noise of standard deviation 1, as fine as film's."""
    noise = np.random.default_rng(20_250_101).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT)
    return soft / soft.std()


@numba.njit(cache=True, nogil=True, fastmath=True)
def _bound(before, after, alpha, half, out):  # type: ignore[no-untyped-def]
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            if a < 1.0:
                for k in range(3):
                    if after[y, x, k] != before[y, x, k]:
                        value = before[y, x, k] + a * (float(after[y, x, k]) - float(before[y, x, k]))
                        out[y, x, k] = value + half


@numba.njit(cache=True, nogil=True, fastmath=True)
def _mix(front, alpha, back, light, shade, gains, grains, noise, shift, table, encoding, top, out):  # type: ignore[no-untyped-def]
    side = noise.shape[0]
    has_wrap, has_shade = light.shape[0] > 1 or light.shape[1] > 1, shade.shape[0] > 1
    is_plain = gains[0] == 1.0 and gains[1] == 1.0 and gains[2] == 1.0
    color = np.empty(3)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            wrap = 0.0
            row, column = (y + 0.5) / _CELL - 0.5, (x + 0.5) / _CELL - 0.5
            if has_wrap and a > 0.0:
                wrap = a * between(light, row, column, 3)
            if a <= 0.0 and not has_shade:
                for k in range(3):
                    out[y, x, k] = back[y, x, k]
            elif a >= 1.0 and wrap < 0.002 and is_plain:
                for k in range(3):
                    out[y, x, k] = front[y, x, k]
            else:
                for k in range(3):
                    mine = table[front[y, x, k]] * gains[k]
                    if wrap > 0.0:
                        mine += wrap * (between(light, row, column, k) - mine)
                    behind = table[back[y, x, k]]
                    if has_shade:
                        behind *= shade[y, x]
                    color[k] = a * mine + (1 - a) * behind
                encode(color, encoding, top, out[y, x])
            amount = a * grains[0] + (1 - a) * grains[1]
            if amount > 0.0:
                step = amount * top * noise[(y + shift[0]) % side, (x + shift[1]) % side]
                for k in range(3):
                    out[y, x, k] = min(max(out[y, x, k] + step + 0.5, 0.0), top)
