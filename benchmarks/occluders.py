"""Things in front of a face, drawn by code, with exactly known alpha: bars, hands, glasses, hair, microphones.

Every one is placed by the landmarks of the face that it is put before, and drawn three times as large and shrunk, so
that its edges are as soft as a camera's. Nothing here is used for training anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from benchmarks.strokes import Canvas, Ink
from facefusion.core import Face, Float32, Landmarks
from facefusion.core.arrays import UInt8
from facefusion.geometry.mesh import FACE_OVAL

Kind = Literal["bar", "hand", "glasses", "hair", "microphone"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SKINS = ((241, 205, 184), (222, 178, 150), (198, 146, 114), (164, 112, 82), (120, 78, 56), (78, 52, 40))
_HAIRS = ((28, 22, 20), (62, 42, 30), (112, 76, 46), (178, 138, 86), (206, 196, 184), (140, 70, 36))
_FRAMES = ((18, 18, 20), (66, 40, 24), (150, 150, 156), (176, 142, 84), (120, 20, 30), (232, 230, 226))
_BARS = ((40, 40, 44), (150, 108, 66), (180, 182, 188), (190, 40, 36), (30, 70, 130), (226, 222, 210))


@dataclass(frozen=True, slots=True, eq=False)
class Occluded:
    """A picture with something in front of its face.

    pixels: (H, W, 3) uint8 RGB. alpha: (H, W) float32 in [0, 1], the occluder's opacity.
    outline: (H, W) bool, inside the face's own outline, occluded or not.
    """

    pixels: UInt8
    alpha: Float32
    outline: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a face lies: its middle between the eyes, its unit (the eye distance, px) and its own axes."""

    xy: Float32
    eyes: Float32
    unit: float
    right: Float32
    down: Float32

    @staticmethod
    def of(landmarks: Landmarks) -> Place:
        left, right = landmarks.xy[468], landmarks.xy[473]
        unit = float(np.linalg.norm(right - left))
        along = (right - left) / unit
        return Place(landmarks.xy, (left + right) / 2, unit, along, np.array([-along[1], along[0]], np.float32))

    def at(self, x: float, y: float) -> Float32:
        """Pixels of a place given in eye distances from the middle between the eyes."""
        return (self.eyes + self.unit * (x * self.right + y * self.down)).astype(np.float32)


def occlude(face: Face, kind: Kind, seed: int) -> Occluded:
    """Put one occluder of `kind` before `face` (with its uint8 picture); the same seed draws the same bytes."""
    if face.picture is None or face.landmarks is None:
        raise ValueError("occlude: got a face without picture or landmarks")
    rng = np.random.default_rng(seed)
    size = (int(face.picture.shape[0]), int(face.picture.shape[1]))
    canvas = Canvas(size)
    _DRAW[kind](canvas, Place.of(face.landmarks), rng)
    color, alpha = canvas.finished(rng)
    shaded = face.picture.astype(np.float32)
    if kind in ("bar", "hand", "microphone") and rng.random() < 0.5:
        shaded = shaded * _shadow(alpha, Place.of(face.landmarks).unit, rng)[..., None]
    mixed = shaded * (1 - alpha[..., None]) + color * alpha[..., None]
    outline = np.zeros(size, np.uint8)
    cv2.fillPoly(outline, [np.round(face.landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 1)
    return Occluded(np.clip(mixed + 0.5, 0, 255).astype(np.uint8), alpha, outline.astype(bool))


def _bar(canvas: Canvas, place: Place, rng: np.random.Generator) -> None:
    """A stick, rail or pole across the face."""
    width = place.unit * rng.uniform(0.16, 0.5)
    turn = rng.uniform(0, np.pi)
    through = place.at(rng.uniform(-0.6, 0.6), rng.uniform(-0.2, 1.3))
    along = np.array([np.cos(turn), np.sin(turn)], np.float32) * place.unit * 6
    ink = Ink(_pick(_BARS, rng), shade=rng.uniform(0.2, 0.6), grain=rng.uniform(0.01, 0.05))
    canvas.rod(through - along, through + along, width, width * rng.uniform(0.8, 1.2), ink)
    if rng.random() < 0.4:
        for step in np.arange(-1.0, 1.0, 0.12):
            middle = through + along * step
            canvas.rod(middle, middle + along * 0.04, width, width, Ink(_pick(_BARS, rng), shade=ink.shade))


def _hand(canvas: Canvas, place: Place, rng: np.random.Generator) -> None:
    """A hand with four fingers and a thumb, coming from below or from a side."""
    side = rng.choice((-1.0, 1.0))
    tip = place.at(side * rng.uniform(-0.2, 0.7), rng.uniform(0.2, 1.4))
    away = np.radians(rng.uniform(20, 85))
    arm = side * np.sin(away) * place.right + np.cos(away) * place.down
    across = np.array([-arm[1], arm[0]], np.float32)
    size = place.unit * rng.uniform(0.85, 1.15)
    skin = Ink(_pick(_SKINS, rng), shade=rng.uniform(0.15, 0.35), grain=0.015)
    wrist, knuckles = tip + arm * size * 2.6, tip + arm * size * 1.25
    canvas.rod(wrist + arm * size * 5, wrist, size * 1.0, size * 0.8, skin)
    canvas.rod(wrist, knuckles + arm * size * 0.3, size * 1.0, size * 1.25, skin)
    spread = rng.uniform(0.02, 0.3)
    for finger, length in zip((-1.5, -0.5, 0.5, 1.5), (0.85, 1.1, 1.2, 1.0), strict=True):
        root = knuckles + across * finger * size * 0.31
        toward = -arm + across * finger * spread + across * rng.normal(0, 0.04)
        _finger(canvas, root, toward / np.linalg.norm(toward), size * length * rng.uniform(0.9, 1.1), size * 0.3, skin)
    thumb = -arm * 0.6 + across * 0.8 * rng.choice((-1.0, 1.0))
    _finger(canvas, wrist - arm * size * 0.5, thumb / np.linalg.norm(thumb), size * 1.3, size * 0.36, skin)


def _finger(canvas: Canvas, root: Float32, toward: Float32, length: float, width: float, skin: Ink) -> None:
    end = root + toward * length
    canvas.rod(root - toward * width, end, width, width * 0.82, skin)
    nail = tuple(int(min(255, c * 0.9 + 36)) for c in skin.color)
    back, front = end - toward * width * 0.25, end + toward * width * 0.05
    canvas.rod(back, front, width * 0.5, width * 0.45, Ink(nail, shade=0.1))
    for part in (0.35, 0.68):
        crease = root + toward * length * part
        aside = np.array([-toward[1], toward[0]], np.float32) * width * 0.3
        dark = tuple(int(c * 0.88) for c in skin.color)
        canvas.rod(crease - aside, crease + aside, width * 0.04, width * 0.04, Ink(dark, shade=0.0))


def _glasses(canvas: Canvas, place: Place, rng: np.random.Generator) -> None:
    """Frames with clear lenses, 1.5 to 6 mm thick: rims, bridge and temples. Only the frame occludes."""
    ink = Ink(_pick(_FRAMES, rng), shade=rng.uniform(0.1, 0.4))
    rim = place.unit * rng.uniform(0.025, 0.09)
    half_w, half_h = rng.uniform(0.34, 0.42), rng.uniform(0.24, 0.36)
    square = rng.uniform(2.0, 5.0)
    angle = np.linspace(0, 2 * np.pi, 73)
    cos, sin = np.cos(angle), np.sin(angle)
    x = np.sign(cos) * np.abs(cos) ** (2 / square) * half_w
    y = np.sign(sin) * np.abs(sin) ** (2 / square) * half_h + 0.06
    for eye in (-0.5, 0.5):
        canvas.line(np.stack([place.at(eye + a, b) for a, b in zip(x, y, strict=True)]), rim, ink)
    inner = 0.5 - half_w
    bridge = [place.at(t * inner, 0.02 - 0.08 * (1 - t * t)) for t in np.linspace(-1, 1, 9)]
    canvas.line(np.stack(bridge), rim * 0.8, ink)
    for sign, edge in ((-1.0, 127), (1.0, 356)):
        canvas.line(np.stack([place.at(sign * (0.5 + half_w), 0.0), place.xy[edge]]), rim, ink)


def _hair(canvas: Canvas, place: Place, rng: np.random.Generator) -> None:
    """Locks of strands that fall from above across the forehead, an eye or a cheek."""
    base = np.array(_pick(_HAIRS, rng), np.float32)
    for _ in range(int(rng.integers(2, 6))):
        start_x = rng.uniform(-1.2, 1.2)
        end_x = start_x + rng.uniform(-0.9, 0.9)
        end_y, bend = rng.uniform(0.0, 1.9), rng.uniform(-1.5, 1.5)
        lock = rng.uniform(0.03, 0.2)
        for _ in range(int(rng.integers(8, 40))):
            a, b = start_x + rng.normal(0, lock), end_x + rng.normal(0, lock * 1.5)
            low = end_y + rng.normal(0, 0.1)
            steps = np.linspace(0, 1, 24)
            sway = bend * steps * (1 - steps) + rng.normal(0, 0.02)
            top = -1.5 + 0.35 * a * a
            path = [place.at(a + (b - a) * t + s, top + (low - top) * t) for t, s in zip(steps, sway, strict=True)]
            color = np.clip(base * rng.uniform(0.7, 1.35), 0, 255)
            canvas.line(np.stack(path), place.unit * rng.uniform(0.008, 0.022), Ink(_triple(color), shade=0.0))


def _microphone(canvas: Canvas, place: Place, rng: np.random.Generator) -> None:
    """A stage microphone or a foam ball on a boom, before mouth and chin."""
    head = place.at(rng.uniform(-0.45, 0.45), rng.uniform(0.9, 1.5))
    radius = place.unit * rng.uniform(0.28, 0.5)
    turn = np.radians(rng.uniform(-60, 60))
    away = np.sin(turn) * place.right + np.cos(turn) * place.down
    dark = int(rng.integers(20, 70))
    body = Ink((dark, dark, dark + 4), shade=0.5)
    canvas.rod(head + away * radius * 0.5, head + away * place.unit * 6, radius * 1.1, radius * 0.8, body)
    ring = Ink((96, 96, 102), shade=0.4)
    canvas.rod(head + away * radius * 0.75, head + away * radius * 1.1, radius * 1.7, radius * 1.7, ring)
    grey = int(rng.integers(30, 190))
    ball = Ink((grey, grey, grey + 3), shade=0.55, grain=rng.uniform(0.06, 0.16))
    canvas.rod(head, head + away * 0.01, radius * 2, radius * 2, ball)


_DRAW: dict[Kind, Callable[[Canvas, Place, np.random.Generator], None]] = {
    "bar": _bar,
    "hand": _hand,
    "glasses": _glasses,
    "hair": _hair,
    "microphone": _microphone,
}


def _shadow(alpha: Float32, unit: float, rng: np.random.Generator) -> Float32:
    """(H, W) float32 factor: a soft contact shadow beside the occluder."""
    aside, below = unit * rng.uniform(-0.15, 0.15), unit * rng.uniform(0.02, 0.15)
    shift = np.array([[1, 0, aside], [0, 1, below]], np.float32)
    moved = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
    return 1 - cv2.GaussianBlur(moved, (0, 0), unit * 0.08) * np.float32(rng.uniform(0.15, 0.4))


def _pick(colors: tuple[tuple[int, int, int], ...], rng: np.random.Generator) -> tuple[int, int, int]:
    chosen = np.array(colors[int(rng.integers(len(colors)))], np.float32)
    return _triple(np.clip(chosen * rng.uniform(0.88, 1.1) + rng.normal(0, 3, 3), 0, 255))


def _triple(color: Float32) -> tuple[int, int, int]:
    return int(color[0]), int(color[1]), int(color[2])
