"""Drawing for synthetic occluders: masks at twice the crop's size, textures, curves. All sizes in crop pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

SIZE = 192
Random = np.random.Generator
SKINS = np.array(
    [
        [244, 214, 196], [230, 190, 166], [214, 168, 138], [198, 148, 116], [170, 120, 90],
        [140, 95, 68], [110, 72, 52], [80, 52, 40], [60, 40, 32],
    ],
    np.float32,
)  # fmt: skip
"""Skin colours from light to dark, sRGB."""


def blank() -> Float32:
    """A mask at twice the crop's size, for smooth edges."""
    return np.zeros((2 * SIZE, 2 * SIZE), np.float32)


def shrunk(mask: Float32) -> Float32:
    return np.clip(cv2.resize(mask, (SIZE, SIZE), interpolation=cv2.INTER_AREA), 0.0, 1.0)


def line(
    mask: Float32, start: NDArray[np.floating], end: NDArray[np.floating], width: float, value: float = 1.0
) -> None:
    first, last = (tuple(np.round(np.asarray(p) * 16).astype(int).tolist()) for p in (start, end))
    cv2.line(mask, first, last, value, max(1, round(2 * width)), cv2.LINE_8, 3)


def polygon(mask: Float32, points: NDArray[np.floating]) -> None:
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1.0, cv2.LINE_8, 3)


def blob(random: Random, center: NDArray[np.floating], radius: float) -> NDArray[np.float64]:
    """An irregular outline around `center`."""
    count = int(random.integers(4, 14))
    angles, away = np.sort(random.uniform(0, 2 * np.pi, count)), radius * random.uniform(0.45, 1.25, count)
    return np.column_stack([center[0] + away * np.cos(angles), center[1] + away * np.sin(angles)])


def rounded(points: NDArray[np.floating], steps: int = 8) -> NDArray[np.float64]:
    """A closed outline without corners."""
    closed = np.vstack([points, points[:1]])
    at = np.linspace(0, len(points), len(closed) * steps)
    kernel = np.ones(steps) / steps

    def smooth(values: NDArray[np.floating]) -> NDArray[np.float64]:
        dense = np.interp(at, np.arange(len(closed)), values)
        around = np.concatenate([dense[-steps:], dense, dense[:steps]])
        return np.convolve(around, kernel, "same")[steps:-steps]

    return np.column_stack([smooth(closed[:, 0]), smooth(closed[:, 1])])


def curve(
    start: NDArray[np.floating], middle: NDArray[np.floating], end: NDArray[np.floating], count: int = 16
) -> NDArray[np.float64]:
    """(count, 2) points of a quadratic curve."""
    t = np.linspace(0, 1, count)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end)


def clouds(random: Random, grain_px: float, amount: float) -> Float32:
    """(SIZE, SIZE) smooth noise with grains of about `grain_px`."""
    count = max(2, int(SIZE / grain_px))
    noise = random.standard_normal((count, count)).astype(np.float32)
    return cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) * np.float32(amount)


def hair_texture(random: Random, colour: NDArray[np.floating], streaks: int) -> Float32:
    """(SIZE, SIZE, 3): a colour with fine vertical streaks."""
    noise = random.standard_normal((streaks, SIZE)).astype(np.float32)
    fine = cv2.GaussianBlur(cv2.resize(noise, (SIZE, SIZE)), (0, 0), 0.8)
    return shaded(colour, 1 + 0.28 * fine + clouds(random, 40, 0.15))


def hair_colour(random: Random) -> NDArray[np.float64]:
    """Natural hair mostly; dyed sometimes."""
    if random.random() < 0.15:
        return random.uniform(0, 255, 3)
    brightness = random.choice([18, 35, 60, 100, 150, 200, 120])
    return brightness * np.array([1, random.uniform(0.75, 1), random.uniform(0.5, 1)])


def shaded(colour: NDArray[np.floating], shade: NDArray[np.floating]) -> Float32:
    """(SIZE, SIZE, 3) float32 in [0, 255]: one colour under a shading (SIZE, SIZE)."""
    return np.clip(np.asarray(colour)[None, None] * shade[..., None], 0, 255).astype(np.float32)


def anything(random: Random, pool: NDArray[np.uint8]) -> Float32:
    """(SIZE, SIZE, 3): a plain, dark, photographic, striped, printed or skin-coloured surface."""
    surface = _SURFACES[random.integers(len(_SURFACES))](random, pool).astype(np.float32)
    surface += clouds(random, random.uniform(10, 80), random.uniform(0, 30))[..., None]
    surface += random.standard_normal((SIZE, SIZE, 1)).astype(np.float32) * random.uniform(0, 8)
    ramp = np.linspace(-1, 1, SIZE, dtype=np.float32)
    slope = 1 + random.uniform(-0.35, 0.35) * (ramp[:, None] if random.random() < 0.5 else ramp[None, :])
    return np.clip(surface * slope[..., None], 0, 255).astype(np.float32)


def _plain(random: Random, pool: NDArray[np.uint8]) -> Float32:
    return np.full((SIZE, SIZE, 3), random.uniform(0, 255, 3), np.float32)


def _dark(random: Random, pool: NDArray[np.uint8]) -> Float32:
    return np.full((SIZE, SIZE, 3), random.uniform(0, 90), np.float32)


def _photograph(random: Random, pool: NDArray[np.uint8]) -> Float32:
    picture, side = pool[random.integers(len(pool))], int(random.integers(40, 200))
    y, x = random.integers(0, 256 - side, 2)
    return cv2.resize(picture[y : y + side, x : x + side], (SIZE, SIZE)).astype(np.float32)


def _stripes(random: Random, pool: NDArray[np.uint8]) -> Float32:
    angle, period = random.uniform(0, np.pi), random.uniform(4, 40)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    wave = np.sin((columns * np.cos(angle) + rows * np.sin(angle)) / period * 2 * np.pi)
    chosen = (wave > random.uniform(-0.5, 0.5))[..., None]
    return np.where(chosen, random.uniform(0, 255, 3), random.uniform(0, 255, 3)).astype(np.float32)


def _printed(random: Random, pool: NDArray[np.uint8]) -> Float32:
    surface = np.full((SIZE, SIZE, 3), random.uniform(0, 255, 3)).astype(np.uint8)
    for _ in range(int(random.integers(2, 9))):
        text = "".join(chr(random.integers(48, 90)) for _ in range(8))
        place = (int(random.integers(-20, SIZE)), int(random.integers(0, SIZE)))
        colour, weight = tuple(random.uniform(0, 255, 3)), int(random.integers(1, 3))
        cv2.putText(
            surface, text, place, int(random.integers(0, 5)), random.uniform(0.4, 1.4), colour, weight, cv2.LINE_AA
        )
    return surface.astype(np.float32)


def _skin(random: Random, pool: NDArray[np.uint8]) -> Float32:
    return np.full((SIZE, SIZE, 3), SKINS[random.integers(len(SKINS))] * random.uniform(0.7, 1.15), np.float32)


_SURFACES = (_plain, _dark, _photograph, _stripes, _printed, _skin)
