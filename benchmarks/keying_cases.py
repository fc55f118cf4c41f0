"""Pictures before a screen, made by code, whose opacity and foreground are known.

Ten things (strands, blurred strands, moving, glass, a green shirt, …) in four looks (green and blue, noise, uneven
light, spill). Everything is mixed in linear light, as a lens does it, and stored as 8-bit sRGB with noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.geometry.color import linear_to_srgb

Array = NDArray[np.float32]
HEIGHT, WIDTH = 360, 480


@dataclass(frozen=True)
class Look:
    """color: of the screen, linear light. noise: standard deviation, display values. uneven: how its light falls off.
    spill: how much of its colour lies on the foreground's edge."""

    name: str
    color: tuple[float, float, float]
    primary: int
    noise: float
    uneven: float
    wrinkles: float
    spill: float


LOOKS = (
    Look("even green", (0.05, 0.33, 0.09), 1, 0.004, 0.05, 0.0, 0.0),
    Look("uneven green, spill", (0.04, 0.42, 0.07), 1, 0.010, 0.35, 0.04, 0.12),
    Look("blue, noise", (0.02, 0.07, 0.42), 2, 0.018, 0.20, 0.03, 0.08),
    Look("dark wrinkled green, noise", (0.03, 0.20, 0.05), 1, 0.014, 0.30, 0.08, 0.10),
)


@dataclass(frozen=True)
class Case:
    """pixels: (H, W, 3) uint8. alpha: (H, W) float32. front: (H, W, 3) float32 display values without spill.

    person: (H, W) float32, where a person is, as a segmentation of a 32nd of the pixels would have it; None: nobody.
    """

    name: str
    look: Look
    pixels: NDArray[np.uint8]
    alpha: Array
    front: Array
    person: Array | None


def cases() -> Iterator[Case]:
    """All forty."""
    for number, (name, draw) in enumerate(THINGS.items()):
        for place, look in enumerate(LOOKS):
            yield case_of(name, draw, look, seed=100 * number + place)


def case_of(name: str, draw: Draw, look: Look, seed: int) -> Case:
    """One case: the same for the same numbers."""
    rng = np.random.default_rng(seed)
    alpha, front, has_person = draw(rng, look)
    alpha = np.clip(alpha, 0, 1).astype(np.float32)
    spilled = front + look.spill * _near_edge(alpha)[..., None] * np.array(look.color, np.float32)
    mixed = alpha[..., None] * spilled + (1 - alpha[..., None]) * _screen(rng, look)
    shown = linear_to_srgb(mixed.astype(np.float32)) + look.noise * rng.standard_normal(mixed.shape)
    pixels = (np.clip(shown, 0, 1) * 255 + 0.5).astype(np.uint8)
    person = _coarse(alpha) if has_person else None
    return Case(f"{name}, {look.name}", look, pixels, alpha, linear_to_srgb(front.astype(np.float32)), person)


def _screen(rng: np.random.Generator, look: Look) -> Array:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    middle = rng.uniform(0.25, 0.75, 2)
    far = np.hypot(x / WIDTH - middle[0], y / HEIGHT - middle[1])
    light = 1 - look.uneven * far / 0.9
    folds = _noise(rng, 14) * np.sin((x + 25 * _noise(rng, 30)) / 18)
    return (light * (1 + look.wrinkles * folds))[..., None] * np.array(look.color, np.float32)


def _near_edge(alpha: Array) -> Array:
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.exp(-inside / 25).astype(np.float32)


def _coarse(alpha: Array) -> Array:
    small = cv2.resize(cv2.GaussianBlur(alpha, (0, 0), 3), (WIDTH // 6, HEIGHT // 6), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def _noise(rng: np.random.Generator, size: float) -> Array:
    soft = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), size)
    return soft / (soft.std() + 1e-9)


def _texture(rng: np.random.Generator, color: tuple[float, float, float], amount: float = 0.25) -> Array:
    light = np.clip(1 + amount * (0.6 * _noise(rng, 25) + 0.4 * _noise(rng, 3)), 0.2, 2)
    return np.clip(light[..., None] * np.array(color, np.float32), 0, 1).astype(np.float32)


SKIN, DARK, BROWN, BLOND = (0.45, 0.26, 0.17), (0.02, 0.016, 0.013), (0.09, 0.05, 0.03), (0.40, 0.29, 0.15)
RED, WHITE, GREY, YELLOW = (0.40, 0.04, 0.05), (0.75, 0.74, 0.72), (0.16, 0.16, 0.17), (0.60, 0.42, 0.05)


def _body() -> Array:
    """(H, W) in [0, 1]: a head on shoulders."""
    big = np.zeros((4 * HEIGHT, 4 * WIDTH), np.uint8)
    cv2.ellipse(big, (960, 560), (300, 380), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(big, (960, 1480), (760, 560), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return cv2.resize(big, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _strands(rng: np.random.Generator, count: int, length: float, thick: int = 3) -> Array:
    """Hair round the head: curved lines drawn at eight times the size."""
    scale, cover = 8, np.zeros((8 * HEIGHT, 8 * WIDTH), np.uint8)
    for _ in range(count):
        angle = rng.uniform(-np.pi, 0)
        start = np.array([240 + 72 * np.cos(angle), 140 + 92 * np.sin(angle)])
        turn, bend = angle + rng.normal(0, 0.5), rng.normal(0, 0.03)
        points = [start]
        for _ in range(24):
            points.append(points[-1] + length / 24 * np.array([np.cos(turn), np.sin(turn)]))
            turn += bend
        line = (np.array(points) * scale).astype(np.int32)
        cv2.polylines(cover, [line], False, 255, int(rng.integers(thick, 2 * thick + 2)), cv2.LINE_AA)
    return cv2.resize(cover, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _person(rng: np.random.Generator, hair: tuple[float, float, float], cloth: tuple[float, float, float]) -> Array:
    front = _texture(rng, cloth)
    face, top = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(face, (240, 150), (55, 72), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(top, (240, 140), (150, 140), 0, 0, 360, 255, -1)
    for mask, color in ((top, hair), (face, SKIN)):
        share = (mask / 255.0)[..., None]
        front = front * (1 - share) + _texture(rng, color) * share
    return front.astype(np.float32)


Draw = Callable[[np.random.Generator, Look], tuple[Array, Array, bool]]


def _edge(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    return _body(), _person(rng, DARK, RED), True


def _dark_hair(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    return np.maximum(_body(), _strands(rng, 260, 45)), _person(rng, DARK, GREY), True


def _blond_hair(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    return np.maximum(_body(), _strands(rng, 260, 50)), _person(rng, BLOND, WHITE), True


def _blurred_hair(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    return cv2.GaussianBlur(np.maximum(_body(), _strands(rng, 200, 50)), (0, 0), 2.5), _person(rng, BROWN, RED), True


def _moving(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    streak = np.full((1, 31), 1 / 31, np.float32)
    return cv2.filter2D(_body(), -1, streak), _person(rng, BROWN, WHITE), True


def _glass(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    alpha, front = _body(), _person(rng, BROWN, GREY)
    pane = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.rectangle(pane, (350, 60), (440, 230), 255, -1)
    cv2.rectangle(pane, (30, 90), (110, 200), 160, -1)
    pane = cv2.GaussianBlur(pane, (0, 0), 1.0)
    shine = (0.22 + 0.10 * np.clip(_noise(rng, 20), -1, 2)) * (pane / 255.0)
    share = (pane > 0)[..., None] & (alpha < 0.01)[..., None]
    front = np.where(share, np.array((0.55, 0.56, 0.57), np.float32), front)
    return np.maximum(alpha, shine.astype(np.float32)), front.astype(np.float32), True


def _green_shirt(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    front, shirt = _person(rng, DARK, GREY), np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(shirt, (240, 345), (120, 85), 0, 0, 360, 255, -1, cv2.LINE_AA)
    own = np.array(look.color, np.float32) * np.array(
        (1.8, 0.75, 1.3) if look.primary == 1 else (1.8, 1.4, 0.7), np.float32
    )
    share = (shirt / 255.0)[..., None]
    return _body(), (front * (1 - share) + _texture(rng, tuple(own)) * share).astype(np.float32), True


def _far_away(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    return cv2.GaussianBlur(_body(), (0, 0), 6), _person(rng, DARK, YELLOW), True


def _thin_things(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    """A net, wires and leaves: nobody's hair, nobody there."""
    big = np.zeros((8 * HEIGHT, 8 * WIDTH), np.uint8)
    for at in range(0, 8 * WIDTH, 160):
        cv2.line(big, (at, 400), (at + 300, 2500), 255, int(rng.integers(6, 14)), cv2.LINE_AA)
    for _ in range(12):
        place = (int(rng.integers(300, 3500)), int(rng.integers(300, 2500)))
        axes = (int(rng.integers(60, 200)), int(rng.integers(30, 120)))
        cv2.ellipse(big, place, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    alpha = cv2.resize(big, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return alpha, _texture(rng, (0.30, 0.18, 0.10), 0.4), False


def _smoke(rng: np.random.Generator, look: Look) -> tuple[Array, Array, bool]:
    alpha = _body()
    veil = 0.45 * np.clip(_noise(rng, 22) * 0.6 + 0.2, 0, 1)
    front = np.where((alpha > 0.01)[..., None], _person(rng, DARK, RED), np.float32(0.5))
    return np.maximum(alpha, veil), front.astype(np.float32), True


THINGS: dict[str, Draw] = {
    "a plain edge": _edge,
    "dark strands": _dark_hair,
    "blond strands": _blond_hair,
    "blurred strands": _blurred_hair,
    "motion blur": _moving,
    "glass": _glass,
    "a shirt of the screen's colour": _green_shirt,
    "out of focus": _far_away,
    "wires and leaves": _thin_things,
    "smoke": _smoke,
}
