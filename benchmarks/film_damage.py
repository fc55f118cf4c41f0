"""Old film, made by code out of a clean clip, with the truth known: flicker, dust, hairs, scratches, grain, weave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, UInt8, to_unit

_VISIBLE = 0.04
"""What differs from the clean frame by less nobody sees."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How bad the film is. flicker: sigma of gain and ten times of offset. spots: a frame. grain: sigma."""

    flicker: float = 0.06
    spots: int = 30
    scratches: int = 2
    grain: float = 0.02
    weave_px: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Damaged:
    """One frame. dirt: (H, W) bool, where dust, hairs or scratches are seen. gain, offset: of its brightness."""

    pixels: UInt8
    dirt: NDArray[np.bool_]
    gain: float
    offset: float


def damaged(clean: Sequence[UInt8], amount: Amount, seed: int) -> list[Damaged]:
    """The frames as they come out of an old can."""
    rng = np.random.default_rng(seed)
    width = clean[0].shape[1]
    lines = [
        (rng.uniform(0.1, 0.9) * width, rng.choice([-1, 1]) * rng.uniform(0.12, 0.3)) for _ in range(amount.scratches)
    ]
    return [_frame(to_unit(pixels), amount, lines, rng) for pixels in clean]


def _frame(clean: Float32, amount: Amount, lines: Sequence[tuple[float, float]], rng: np.random.Generator) -> Damaged:
    height, width = clean.shape[:2]
    change = np.zeros((height, width), np.float32)
    alpha = np.zeros_like(change)
    for _ in range(rng.poisson(amount.spots)):
        shape = _spot(rng, height, width)
        light = rng.choice([0.95, 0.04])
        change = change * (1 - shape) + light * shape
        alpha = np.maximum(alpha, shape)
    dirty = clean * (1 - alpha[..., None]) + change[..., None]
    for x, strength in lines:
        dirty = dirty + (_line(rng, x, height, width) * strength)[..., None]
    if amount.weave_px:
        shift = rng.normal(0, amount.weave_px, 2)
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        dirty = cv2.warpAffine(dirty, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    dirt = np.abs(np.clip(dirty, 0, 1) - clean).max(axis=2) > _VISIBLE
    gain, offset = 1 + amount.flicker * rng.standard_normal(), 0.1 * amount.flicker * rng.standard_normal()
    gain = float(np.clip(gain, 0.75, 1.25))
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 0.5)
    dirty = dirty * gain + offset + (grain / grain.std() * amount.grain)[..., None]
    pixels = (np.clip(dirty, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Damaged(pixels, dirt, gain, float(offset))


def _spot(rng: np.random.Generator, height: int, width: int) -> Float32:
    """A speck or, one time in six, a hair; its edge as soft as the lens."""
    shape = np.zeros((height, width), np.uint8)
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    if rng.random() < 1 / 6:
        turn = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.25, 14))
        steps = np.column_stack([np.cos(turn), np.sin(turn)]) * rng.uniform(1, 4)
        points = np.array([x, y]) + np.cumsum(steps, axis=0)
        cv2.polylines(shape, [np.round(points * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = np.exp(rng.uniform(np.log(1.2), np.log(7))) * rng.uniform(0.6, 1.3, 9)
        points = np.column_stack([np.cos(angles), np.sin(angles)]) * radius[:, None] + (x, y)
        cv2.fillPoly(shape, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(shape.astype(np.float32) / 255, (3, 3), 0) * np.float32(rng.uniform(0.7, 1.0))


def _line(rng: np.random.Generator, x: float, height: int, width: int) -> Float32:
    """A scratch that runs through the whole frame, trembling by a pixel."""
    shape = np.zeros((height, width), np.uint8)
    rows = np.linspace(0, height, 8)
    points = np.column_stack([x + rng.normal(0, 0.6) + np.cumsum(rng.normal(0, 0.3, 8)), rows])
    cv2.polylines(shape, [np.round(points * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    return shape.astype(np.float32) / 255
