"""The clean plate: what the screen looks like behind the person, from the screen around them.

Cells of a few pixels keep the colour of their brightest screen; what hides the screen (hair, wrinkles' shadows) is
dimmer. Cells without screen are filled from their neighbours, near ones first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

_CELLS_ACROSS = 240
_SMALLEST_CELL = 4
_REACHES = ((1.2, 1.0), (4.0, 1e-2), (12.0, 1e-4), (40.0, 1e-6))
"""Standard deviations in cells, and how much each counts where a nearer one knows something too."""
_DIM = (0.70, 0.93)
"""The least excess of a cell, in those of its surroundings: away from foreground, and beside it."""
_PURE = (0.90, 0.96)
"""A cell this much paler than most shows no clean screen."""
_NEAR_CELLS = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """The screen behind everything, in linear light.

    colors: (h, w, 3) float32, one for every cell of `cell` × `cell` pixels. noise: standard deviation of the screen's
    saturation, as a share of it. share: of the picture that shows clean screen.
    """

    colors: Float32
    cell: int
    noise: float
    share: float


def cell_size(height: int, width: int) -> int:
    """Pixels of a cell's side."""
    return max(round(max(height, width) / _CELLS_ACROSS), _SMALLEST_CELL)


def plate_of(whole: NDArray[Any], table: Float32, screen: Float32, primary: int, known: Float32 | None = None) -> Plate:
    """The plate of one frame. whole, table: as `light.indexed` gives them. screen: (3,) its colour in linear light.

    primary: 1 for a green screen, 2 for a blue one. known: (h, w, 4) colours that other frames of the shot show where
    this one does not, and how sure they are in [0, 1]; any size.
    """
    cell = cell_size(*whole.shape[:2])
    colors, weight, spread = clean_cells(whole, table, screen, primary)
    clean = weight > 0.6
    noise = float(np.median(spread[clean])) if clean.any() else 0.02
    if known is not None:
        colors, weight = _with_known(colors, weight, known)
    return Plate(_filled(colors, weight, screen), cell, noise, float(clean.mean()))


def clean_cells(whole: NDArray[Any], table: Float32, screen: Float32, primary: int) -> tuple[Float32, Float32, Float32]:
    """Colours (h, w, 3), weights (h, w) in [0, 1] and scatter (h, w) of the cells that show clean screen."""
    cell = cell_size(*whole.shape[:2])
    wanted = float(excess_of(screen[None, None], primary)[0, 0])
    shape = -(-whole.shape[0] // cell), -(-whole.shape[1] // cell)
    colors, weight = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    spread = np.zeros(shape, np.float32)
    _gather(whole, table, primary, 0.3 * wanted, cell, colors, weight, spread)
    _drop_hidden(colors, weight, primary)
    return colors, weight, spread


def excess_of(colors: Float32, primary: int) -> Float32:
    """How far the screen's channel is above both others."""
    others = [channel for channel in range(3) if channel != primary]
    found: Float32 = colors[..., primary] - np.maximum(colors[..., others[0]], colors[..., others[1]])
    return found


def _drop_hidden(colors: Float32, weight: Float32, primary: int) -> None:
    """Cells that something thin hides, in place: paler than screens are, or dimmer than their surroundings.

    Smoke and glass are pale. Hair and blurred edges are dim, and near to foreground, where less dimness is allowed.
    """
    excess = excess_of(colors, primary)
    purity = excess / np.maximum(colors[..., primary], 1e-4)
    seen = weight > 0.3
    if not seen.any():
        return
    weight *= _rising(purity / np.percentile(purity[seen], 75), *_PURE)
    near = np.clip(2.5 * _blur((weight < 0.5).astype(np.float32), _NEAR_CELLS), 0, 1)
    least = _DIM[0] + (_DIM[1] - _DIM[0]) * near
    for sigma in (12.0, 8.0, 8.0):
        usual = _blur(excess * weight, sigma) / np.maximum(_blur(weight, sigma), 1e-6)
        weight *= _rising(excess / np.maximum(usual, 1e-6), least - 0.04, least + 0.04)


def _rising(values: Any, low: Any, high: Any) -> Float32:
    """0 up to `low`, 1 from `high` on."""
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)


def _with_known(colors: Float32, weight: Float32, known: Float32) -> tuple[Float32, Float32]:
    """Where this frame shows no screen, what other frames show, brought to this frame's light."""
    there = cv2.resize(known, (weight.shape[1], weight.shape[0]), interpolation=cv2.INTER_LINEAR)
    sure = there[..., 3] * (there[..., :3].max(axis=2) > 1e-4)
    both = (weight > 0.3) & (sure > 0.5)
    if both.sum() < 8:
        return colors, weight
    ratio = np.where(both[..., None], colors / np.maximum(there[..., :3], 1e-4), 0).astype(np.float32)
    filled = _filled(ratio, both.astype(np.float32), np.median(ratio[both], axis=0).astype(np.float32))
    guess = there[..., :3] * filled
    added = np.where(weight > 0.05, 0, sure * 0.5).astype(np.float32)
    return np.where(weight[..., None] > 0.05, colors, guess).astype(np.float32), weight + added


def _filled(colors: Float32, weight: Float32, otherwise: Float32) -> Float32:
    """`colors` where `weight` is, spread from there to everywhere else, smoothly."""
    top = np.dstack([colors * weight[..., None], weight]).astype(np.float32)
    total = np.zeros_like(top)
    for sigma, counts in _REACHES:
        total += np.float32(counts) * _blur(top, sigma)
    floor = np.float32(1e-9)
    filled: Float32 = (total[..., :3] + floor * otherwise) / (total[..., 3:] + floor)
    return filled


def _blur(plane: Float32, sigma: float) -> Float32:
    """Gaussian blur; a wide one on a reduced copy."""
    step = max(int(sigma / 2), 1)
    if step == 1:
        return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    height, width = plane.shape[:2]
    size = max(width // step, 1), max(height // step, 1)
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _gather(whole, table, primary, least, cell, colors, weight, spread):  # type: ignore[no-untyped-def]
    """Of every cell: the mean of its most saturated screen, how much of it that is, and how it scatters.

    Of a large cell some sixteen pixels are looked at.
    """
    height, width = whole.shape[:2]
    step = max(cell // 4, 1)
    one, two = (0, 2) if primary == 1 else (0, 1)
    for row in range(weight.shape[0]):
        for column in range(weight.shape[1]):
            top, bottom = row * cell, min(row * cell + cell, height)
            left, right = column * cell, min(column * cell + cell, width)
            best, second = 0.0, 0.0
            for y in range(top, bottom, step):
                for x in range(left, right, step):
                    excess = table[whole[y, x, primary]] - max(table[whole[y, x, one]], table[whole[y, x, two]])
                    if excess > best:
                        best, second = excess, best
                    elif excess > second:
                        second = excess
            if second < least:
                continue
            count, total, squares = 0, 0.0, 0.0
            red, green, blue = 0.0, 0.0, 0.0
            for y in range(top, bottom, step):
                for x in range(left, right, step):
                    r, g, b = table[whole[y, x, 0]], table[whole[y, x, 1]], table[whole[y, x, 2]]
                    excess = (g if primary == 1 else b) - max(r, b if primary == 1 else g)
                    if excess > 0.8 * second:
                        count += 1
                        red, green, blue = red + r, green + g, blue + b
                        total += excess
                        squares += excess * excess
            colors[row, column, 0] = red / count
            colors[row, column, 1] = green / count
            colors[row, column, 2] = blue / count
            share = count / (-(-(bottom - top) // step) * -(-(right - left) // step))
            weight[row, column] = max(share - 0.25, 0.0) / 0.75
            mean = total / count
            spread[row, column] = np.sqrt(max(squares / count - mean * mean, 0.0)) / max(mean, 1e-6)
