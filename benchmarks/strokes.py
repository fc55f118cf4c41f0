"""A transparent canvas for rods and lines: drawn large and shrunk, so that edges are smooth and alpha is exact."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Float32

_SUPERSAMPLE = 3
_SHIFT = 4
"""Fraction bits of OpenCV's drawing coordinates."""


@dataclass(frozen=True, slots=True)
class Ink:
    """color: RGB, 0 to 255. shade: how much darker a rod's sides are than its middle. grain: noise, 1 is full."""

    color: tuple[int, ...]
    shade: float = 0.0
    grain: float = 0.0


class Canvas:
    """Colour and opacity of everything drawn, the last in front."""

    def __init__(self, size: tuple[int, int]) -> None:
        """`size`: (height, width) of the picture that it goes over."""
        self._size = size
        big = (size[0] * _SUPERSAMPLE, size[1] * _SUPERSAMPLE)
        self._color = np.zeros((*big, 3), np.float32)
        self._alpha = np.zeros(big, np.uint8)
        self._grain = np.zeros(big, np.float32)

    def rod(self, start: Float32, end: Float32, width: float, end_width: float, ink: Ink) -> None:
        """A straight rod with round ends, `width` pixels thick at `start` and `end_width` at `end`."""
        a, b = _large(start), _large(end)
        r0, r1 = width * _SUPERSAMPLE / 2, end_width * _SUPERSAMPLE / 2
        y0, y1, x0, x1 = self._window(np.stack([a, b]), max(r0, r1) + 2)
        if y0 >= y1 or x0 >= x1:
            return
        rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        length = float(np.linalg.norm(b - a))
        along = (b - a) / max(length, 1e-6)
        t = np.clip((columns - a[0]) * along[0] + (rows - a[1]) * along[1], 0, length)
        away = np.hypot(columns - a[0] - t * along[0], rows - a[1] - t * along[1])
        radius = r0 + (r1 - r0) * t / max(length, 1e-6)
        inside = away <= radius
        light = 1 - np.float32(ink.shade) * (away / np.maximum(radius, 1e-6)) ** 2
        part = np.s_[y0:y1, x0:x1]
        self._color[part][inside] = (light[..., None] * np.array(ink.color, np.float32))[inside]
        self._alpha[part][inside] = 255
        self._grain[part][inside] = ink.grain

    def line(self, points: Float32, width: float, ink: Ink) -> None:
        """A polyline through `points` (K, 2), `width` pixels thick."""
        thick = max(round(width * _SUPERSAMPLE), 1)
        path = np.round((points + 0.5) * _SUPERSAMPLE * 2**_SHIFT).astype(np.int32)
        drawn = np.zeros_like(self._alpha)
        cv2.polylines(drawn, [path], False, 255, thick, cv2.LINE_8, _SHIFT)
        touched = drawn > 0
        self._color[touched] = np.array(ink.color, np.float32)
        self._alpha[touched] = 255
        self._grain[touched] = ink.grain

    def finished(self, rng: np.random.Generator) -> tuple[Float32, Float32]:
        """Colour (H, W, 3) float32, 0 to 255, and alpha (H, W) float32 in [0, 1], at the picture's size."""
        height, width = self._size

        def small(large: Float32) -> Float32:
            return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)

        opacity = (self._alpha > 0).astype(np.float32)
        alpha = small(opacity)
        color = small(self._color * opacity[..., None]) / np.maximum(alpha, 1e-6)[..., None]
        grain = small(self._grain) * 255
        noise = rng.normal(0, 1, (height, width)).astype(np.float32)
        speckle = cv2.GaussianBlur(noise, (0, 0), 0.8) * 2.2 * grain + rng.normal(0, 1.2, (height, width))
        return (color + speckle[..., None]).astype(np.float32), alpha.astype(np.float32)

    def _window(self, points: Float32, margin: float) -> tuple[int, int, int, int]:
        low, high = np.floor(points.min(axis=0) - margin), np.ceil(points.max(axis=0) + margin)
        height, width = self._alpha.shape
        return max(int(low[1]), 0), min(int(high[1]), height), max(int(low[0]), 0), min(int(high[0]), width)


def _large(point: Float32) -> Float32:
    return (point + np.float32(0.5)) * np.float32(_SUPERSAMPLE) - np.float32(0.5)
