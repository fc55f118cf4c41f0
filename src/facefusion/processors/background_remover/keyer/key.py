"""Keying one frame: a pure function of its pixels and of what is known about the screen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Cutout, Float32, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry.light import encoding_table, in_dtype_of, indexed
from facefusion.processors.background_remover.keyer.plate import excess_of, plate_of
from facefusion.processors.background_remover.keyer.solve import (
    MODEL,
    PLANES,
    describe,
    difference_key,
    gather_front,
    solve,
)
from facefusion.processors.background_remover.keyer.spill import write

_REACHES = ((1.5, 1.0), (6.0, 3e-2), (25.0, 1e-4))
"""Of the foreground's colours: standard deviation in cells, and how much each counts beside a nearer one."""
_SOLID = 240.0
_LIT = (0.62, 0.78)
"""Vlahos' key of foreground that the screen lights: from the second on it is taken for solid."""
_QUIET, _LOUD = 0.008, 0.12
"""Bounds of the noise that is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """The screen of a shot. color: (3,) float32, linear light. primary: 1 for green, 2 for blue.

    known: (h, w, 4) float32, the screen's colours over the whole shot, linear light, and how sure they are; or None.
    """

    color: Float32
    primary: int
    known: Float32 | None = None


def key(
    pixels: Pixels,
    screen: Screen,
    *,
    hold: Float32 | None = None,
    despill_strength: float = 1.0,
    softness: float = 1.0,
) -> Cutout:
    """The foreground of `pixels`, any dtype. hold: (H, W) float32 in [0, 1], 1 where everything is foreground."""
    whole, table = indexed(pixels)
    plate = plate_of(whole, table, screen.color, screen.primary, screen.known)
    shape = pixels.shape[:2]
    held = np.zeros(shape, np.float32) if hold is None else hold
    vlahos = np.empty(shape, np.float32)
    least = 0.2 * float(excess_of(screen.color[None, None], screen.primary)[0, 0])
    excess = np.maximum(excess_of(plate.colors, screen.primary), np.float32(max(least, 1e-3)))
    difference_key(whole, table, excess, plate.cell, screen.primary, vlahos)
    noise = float(np.clip(plate.noise, _QUIET, _LOUD))
    usual = float(screen.color[screen.primary])
    alpha, front = np.empty(shape, np.float32), np.empty((*shape, 3), np.float32)
    calm = cv2.blur(vlahos, (3, 3))
    solid = np.maximum(_solid(calm), held)
    fronts = _front_colors(whole, table, solid, plate.cell)
    solve(whole, table, plate.colors, plate.cell, fronts, vlahos, calm, solid, noise, usual, alpha, front)
    out, top = np.empty_like(whole), PIXEL_MAX[whole.dtype.name]
    look = (screen.color, screen.primary, despill_strength)
    write(front, alpha, held, fronts, plate.cell, whole, table, *look, encoding_table(), top, out)
    return Cutout(in_dtype_of(pixels, whole, out), hardened(alpha, softness))


def hardened(alpha: Float32, softness: float) -> Float32:
    """`alpha` with its edge steeper round the middle (softness below 1), or as it is (1), or gentler (above)."""
    if softness == 1.0:
        return alpha
    slope = 1 / max(softness, 0.05)
    return np.clip((alpha - 0.5) * np.float32(slope) + 0.5, 0, 1) if softness < 1 else alpha ** np.float32(slope)


def _solid(calm: Float32) -> Float32:
    """(H, W) float32: 1 where all around is foreground, if perhaps under the screen's light; 0 near to any hole.

    calm: Vlahos' key, its noise blurred away.
    """
    side = 2 * max(round(max(calm.shape) / _SOLID), 2) + 1
    scale = 255 / (_LIT[1] - _LIT[0])
    lit = cv2.erode(
        cv2.convertScaleAbs(np.maximum(calm, _LIT[0]), None, scale, -_LIT[0] * scale), np.ones((side, side), np.uint8)
    )
    return lit.astype(np.float32) * np.float32(1 / 255)


def _front_colors(whole: Pixels, table: Float32, solid: Float32, cell: int) -> Float32:
    """(h, w, 5) float32: what foreground is expected to look like, of every cell."""
    height, width = solid.shape
    cells = np.zeros((-(-height // cell), -(-width // cell), PLANES), np.float32)
    gather_front(whole, table, solid, cell, cells)
    total = np.zeros_like(cells)
    for sigma, counts in _REACHES:
        total += np.float32(counts) * _spread(cells, sigma)
    total[..., 0] += 1e-9
    total[..., 1:4] += 1e-9 * 0.2
    total[..., 4] += 1e-9 * 0.35
    total[..., 5] += 1e-9 * 0.2
    models = np.empty((*total.shape[:2], MODEL), np.float32)
    describe(total, models)
    return models


def _spread(cells: Float32, sigma: float) -> Float32:
    """Blurred; a wide blur on a reduced copy. OpenCV takes four channels at most."""
    step = max(int(sigma / 2), 1)
    height, width = cells.shape[:2]
    parts = []
    for at in (0, 3):
        small = np.ascontiguousarray(cells[..., at : at + 3])
        if step > 1:
            small = cv2.resize(small, (max(width // step, 1), max(height // step, 1)), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small, (0, 0), sigma / step)
        parts.append(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR) if step > 1 else soft)
    return np.concatenate(parts, axis=2)
