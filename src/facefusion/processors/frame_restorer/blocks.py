"""The blocks of JPEG, MPEG and DV: how visible they are, where they lie, and how they are taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facefusion.core import Float32
from facefusion.geometry.color import luma

SIDE = 8
_EVERY = 5
"""Rows and columns that are looked at; no divisor of a block's side."""
_SLIGHT = 0.0008
"""A step this small between blocks (mean, in [0, 1]) is not seen, and is no sign of blocks."""
_EDGE = 0.06
"""Steps above this are edges of the picture."""
_RAMP = (3 / 8, 2 / 8, 1 / 8)
"""How a step is spread over three pixels on each side: what is left between the blocks is as steep as beside them."""

_AGAIN = 0.5
"""Of the strength that is measured: what a second pass takes away, of what the first one left or moved."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """strength: mean step across borders beyond that inside of blocks, in [0, 1]. x, y: the first border, 0 to 7."""

    strength: float
    x: int
    y: int


def blocks_of(gray: Float32) -> Blocks:
    """How blocky `gray` (H, W) float32 in [0, 1] is; strength 0 where no grid stands out."""
    across, along = _excess(gray[::_EVERY]), _excess(np.ascontiguousarray(gray[:, ::_EVERY].T))
    strength = min(across[0], along[0])
    return Blocks(strength if strength > _SLIGHT else 0.0, across[1], along[1])


def _excess(gray: Float32) -> tuple[float, int]:
    """How much steeper one column in eight is than the others, and which."""
    step = np.abs(np.diff(gray[:, : gray.shape[1] // SIDE * SIDE], axis=1))
    if step.shape[1] < 4 * SIDE:
        return 0.0, 0
    beside = 0.5 * (step[:, :-2] + step[:, 2:])
    beyond = np.where(np.maximum(step[:, 1:-1], beside) < _EDGE, step[:, 1:-1] - beside, 0).mean(axis=0)
    columns = (np.arange(len(beyond)) + 2) % SIDE
    means = np.bincount(columns, beyond, SIDE) / np.maximum(np.bincount(columns, minlength=SIDE), 1)
    at = int(means.argmax())
    others = np.delete(means, at)
    return float(means[at] - max(others.max(), 0.0)), at


def deblocked(pixels: Float32, blocks: Blocks, amount: float) -> Float32:
    """`pixels` (H, W, 3) RGB with the steps between blocks made ramps; edges that cross them stay."""
    if blocks.strength <= 0 or amount <= 0:
        return pixels
    for strength in (blocks.strength, _AGAIN * blocks.strength):
        once = _smoothed(pixels, blocks.x, strength, amount)
        turned = np.ascontiguousarray(once.transpose(1, 0, 2))
        pixels = np.ascontiguousarray(_smoothed(turned, blocks.y, strength, amount).transpose(1, 0, 2))
    return pixels


def _smoothed(pixels: Float32, first: int, strength: float, amount: float) -> Float32:
    """The upright borders at columns `first`, `first` + 8, …"""
    width, gray = pixels.shape[1], luma(pixels)
    borders = np.arange(first or SIDE, width - 2, SIDE)
    borders = borders[borders >= 3]
    high = np.float32(min(max(8.0 * strength, 0.015), 0.12))
    step = gray[:, borders] - gray[:, borders - 1]
    inside = np.maximum.reduce([np.abs(gray[:, borders + k] - gray[:, borders + k - 1]) for k in (-2, -1, 1, 2)])
    weight = np.clip(2 - 2 * np.abs(step) / high, 0, 1) * np.clip(2 - 2 * inside / (0.7 * high), 0, 1)
    change = (np.float32(amount) * weight)[..., None] * (pixels[:, borders] - pixels[:, borders - 1])
    result = pixels.copy()
    for away, share in enumerate(_RAMP):
        result[:, borders - 1 - away] += np.float32(share) * change
        result[:, borders + away] -= np.float32(share) * change
    return result
