"""What an occluder may know of the face it covers, what it returns, and the paints they share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
SIZE = 192


@dataclass(frozen=True, slots=True)
class Layer:
    """rgb (192, 192, 3) float32 in [0, 1], alpha (192, 192) float32 in [0, 1].

    shades: does it cast a shadow on the face?
    """

    rgb: Array
    alpha: Array
    shades: bool = True


@dataclass(frozen=True, slots=True)
class Bank:
    """All training portraits: pixels (N, 256, 256, 3) uint8, xyz (N, 478, 3), visible and weight (N, 256, 256) uint8.

    hairy: those whose own hair lies over the mesh. skins: (N, 3) mean cheek colour in [0, 1].
    """

    pixels: NDArray[np.uint8]
    xyz: Array
    visible: NDArray[np.uint8]
    weight: NDArray[np.uint8]
    hairy: NDArray[np.int64]
    skins: Array


@dataclass(frozen=True, slots=True)
class Scene:
    """One face in its crop: pixels (192, 192, 3) float32, xyz (478, 3) crop pixels, eye: outer-corner distance."""

    rng: np.random.Generator
    bank: Bank
    pixels: Array
    xyz: Array

    @property
    def eye(self) -> float:
        return float(np.hypot(*(self.xyz[33, :2] - self.xyz[263, :2])))

    def point(self, index: int) -> Array:
        return self.xyz[index, :2]

    def spot_on_face(self) -> Array:
        """A random place in the mesh's box, (2,)."""
        low, high = self.xyz[:468, :2].min(axis=0), self.xyz[:468, :2].max(axis=0)
        return (low + (high - low) * self.rng.uniform(0.05, 0.95, 2)).astype(np.float32)

    def skin(self) -> Array:
        """A skin colour, (3,): of this face, of another, or any human tone."""
        kind = self.rng.random()
        if kind < 0.45:
            x, y = np.clip(self.point(int(self.rng.choice([50, 280, 4, 151, 205, 425]))), 4, SIZE - 5).astype(int)
            return self.pixels[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(axis=0) * self.rng.normal(1, 0.06, 3)
        if kind < 0.75:
            return self.bank.skins[self.rng.integers(len(self.bank.skins))] * self.rng.normal(1, 0.08)
        tone = np.array([self.rng.uniform(18, 88), self.rng.uniform(4, 22), self.rng.uniform(6, 30)], np.float32)
        return cv2.cvtColor(tone[None, None], cv2.COLOR_Lab2RGB)[0, 0]


def blank() -> NDArray[np.uint8]:
    return np.zeros((SIZE, SIZE), np.uint8)


def fixed(points: Array) -> NDArray[np.int32]:
    """Points for an OpenCV drawing call with shift=4."""
    return np.round(np.asarray(points) * 16).astype(np.int32)


def filled(points: Array) -> Array:
    """(192, 192) alpha of a polygon."""
    mask = blank()
    cv2.fillPoly(mask, [fixed(points)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def curve(control: Array, count: int = 24) -> Array:
    """(count, 2) points of a Bézier curve through 2, 3 or 4 control points."""
    t = np.linspace(0, 1, count)[:, None]
    points = [np.asarray(p, np.float64)[None] for p in control]
    while len(points) > 1:
        points = [a * (1 - t) + b * t for a, b in pairwise(points)]
    return points[0].astype(np.float32)


def stroke(points: Array, width: float) -> Array:
    """(192, 192) alpha of a line with round ends; below one pixel it fades instead of thinning."""
    mask = blank()
    cv2.polylines(mask, [fixed(points)], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
    return mask.astype(np.float32) * (min(width, 1.0) / 255)


_GRID = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)[::-1] / SIZE - 0.5


def grid() -> tuple[Array, Array]:
    """x and y of every pixel, in [-0.5, 0.5)."""
    return _GRID[0], _GRID[1]


def smooth_noise(rng: np.random.Generator, cells: int, channels: int = 1) -> Array:
    """(192, 192[, channels]) noise of `cells` bumps along a side, mean 0, about unit spread."""
    small = rng.standard_normal((cells + 3, cells + 3, channels)).astype(np.float32)
    return cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def ramp(rng: np.random.Generator, low: float, high: float) -> Array:
    """(192, 192, 1) linear change of brightness in a random direction."""
    x, y = grid()
    turn = rng.uniform(0, 2 * np.pi)
    along = (x * np.cos(turn) + y * np.sin(turn)) + 0.5
    return (low + (high - low) * np.clip(along, 0, 1))[..., None]


def any_color(rng: np.random.Generator) -> Array:
    kind = rng.random()
    if kind < 0.3:
        return np.clip(rng.uniform(0.01, 0.25) + rng.normal(0, 0.02, 3), 0, 1).astype(np.float32)
    if kind < 0.45:
        return np.clip(rng.uniform(0.7, 1) + rng.normal(0, 0.02, 3), 0, 1).astype(np.float32)
    if kind < 0.6:
        return np.clip(rng.uniform(0.25, 0.7) + rng.normal(0, 0.02, 3), 0, 1).astype(np.float32)
    return rng.uniform(0, 1, 3).astype(np.float32)


def cut_picture(scene: Scene) -> Array:
    """(192, 192, 3) any part of another portrait, at any size and turn: cloth, hair, background, skin."""
    rng = scene.rng
    picture = scene.bank.pixels[rng.integers(len(scene.bank.pixels))]
    zoom, turn = rng.uniform(0.8, 4), rng.uniform(-180, 180)
    x, y = rng.uniform(0, 256, 2)
    matrix = cv2.getRotationMatrix2D((float(x), float(y)), float(turn), float(zoom))
    matrix[:, 2] += SIZE / 2 - np.array([x, y])
    return cv2.warpAffine(picture, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT).astype(np.float32) / 255


def paint(scene: Scene) -> Array:
    """(192, 192, 3) some material: flat, shaded, patterned, printed, or cut from another picture."""
    rng = scene.rng
    kind = rng.random()
    base = np.broadcast_to(any_color(rng), (SIZE, SIZE, 3))
    if kind < 0.25:
        made = cut_picture(scene) * rng.uniform(0.4, 1.4)
    elif kind < 0.40:
        bumps = smooth_noise(rng, int(rng.choice([3, 8, 24, 60])), int(rng.choice([1, 3])))
        made = base + bumps.reshape(SIZE, SIZE, -1) * rng.uniform(0.02, 0.2)
    elif kind < 0.55:
        made = _striped(rng, base)
    elif kind < 0.62:
        made = _printed(rng, base)
    else:
        made = base
    return np.clip(made * ramp(rng, *rng.uniform(0.5, 1.3, 2)), 0, 1).astype(np.float32)


def _striped(rng: np.random.Generator, base: Array) -> Array:
    x, y = grid()
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(6, 60)
    along = np.sin((x * np.cos(turn) + y * np.sin(turn)) * pitch * np.pi)
    if rng.random() < 0.4:
        along = along * np.sin((y * np.cos(turn) - x * np.sin(turn)) * pitch * np.pi)
    mixed = np.clip(along * rng.uniform(0.7, 6) + 0.5, 0, 1)[..., None]
    return base * mixed + any_color(rng) * (1 - mixed)


def _printed(rng: np.random.Generator, base: Array) -> Array:
    made = np.ascontiguousarray(base * 255, np.uint8)
    ink = tuple(float(c) * 255 for c in any_color(rng))
    scale = float(rng.uniform(0.25, 1.0))
    for row in range(0, SIZE + 20, max(8, int(26 * scale))):
        text = "".join(chr(c) for c in rng.integers(33, 122, 40))
        cv2.putText(made, text, (int(rng.integers(-20, 5)), row), int(rng.integers(0, 5)), scale, ink, 1, cv2.LINE_AA)
    return made.astype(np.float32) / 255
