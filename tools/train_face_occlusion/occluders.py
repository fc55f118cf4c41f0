"""Things in front of a face, made by code: each gives (SIZE, SIZE) alpha and (SIZE, SIZE, 3) colours in [0, 255]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.train_face_occlusion.canvas import (
    SIZE,
    SKINS,
    Random,
    anything,
    blank,
    blob,
    clouds,
    curve,
    hair_colour,
    hair_texture,
    line,
    polygon,
    rounded,
    shaded,
    shrunk,
)

from facefusion.core import Float32


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """face: (SIZE, SIZE, 3) uint8. landmarks: (478, 3) in its pixels. pool: (N, 256, 256, 3) other pictures."""

    face: NDArray[np.uint8]
    landmarks: Float32
    pool: NDArray[np.uint8]


Layer = tuple[Float32, Float32]
Occluder = Callable[[Random, Scene], Layer]


def patch(random: Random, scene: Scene) -> Layer:
    """A cup, a phone, a sleeve: an irregular surface."""
    mask, outline = blank(), blob(random, random.uniform(20, SIZE - 20, 2), random.uniform(12, 55))
    polygon(mask, rounded(outline) if random.random() < 0.5 else outline)
    return shrunk(mask), anything(random, scene.pool)


def bar(random: Random, scene: Scene) -> Layer:
    """A pole, a cable, a railing."""
    mask, angle, center = blank(), random.uniform(0, np.pi), random.uniform(30, SIZE - 30, 2)
    along, width = np.array([np.cos(angle), np.sin(angle)]), random.uniform(1.2, 22)
    reach = 300 if random.random() < 0.7 else random.uniform(5, 60)
    line(mask, center - along * 300, center + along * reach, width)
    surface = anything(random, scene.pool)
    if random.random() < 0.5:
        rows, columns = np.mgrid[:SIZE, :SIZE]
        across = ((columns - center[0]) * -along[1] + (rows - center[1]) * along[0]) / max(width / 2, 1)
        surface = surface * (1 - 0.5 * np.clip(np.abs(across), 0, 1)[..., None] * random.uniform(0, 1))
    return shrunk(mask), surface.astype(np.float32)


def hand(random: Random, scene: Scene) -> Layer:
    """One to five fingers with nails and creases, mostly with a palm and a wrist, in a skin colour near the face's."""
    angle, width, fingers = random.uniform(0, 2 * np.pi), random.uniform(9, 17), int(random.integers(1, 6))
    away = np.array([np.cos(angle), np.sin(angle)])
    side = np.array([-away[1], away[0]])
    palm = np.array([SIZE / 2, SIZE * 0.6]) + random.uniform(-50, 50, 2) + away * random.uniform(20, 60)
    spread, fan = random.uniform(0.85, 1.35), random.uniform(-0.12, 0.25)
    mask, shade = blank(), np.ones((SIZE, SIZE), np.float32)
    for number in range(fingers):
        offset = number - (fingers - 1) / 2
        root = palm + side * offset * width * spread
        tip = root - away * random.uniform(25, 75) + side * offset * fan * 40 + random.uniform(-4, 4, 2)
        points = curve(root, (root + tip) / 2 + side * random.uniform(-6, 6), tip, 14)
        shade = _finger(random, mask, shade, points, width, np.degrees(angle))
    if random.random() < 0.8:
        polygon(mask, rounded(blob(random, palm + away * random.uniform(5, 25), width * random.uniform(1.4, 3))))
    if random.random() < 0.7:
        line(mask, palm, palm + away * 300, width * random.uniform(2, 3.5))
    grain = (1 + clouds(random, 20, 0.06)) * (1 + 0.02 * random.standard_normal((SIZE, SIZE)).astype(np.float32))
    return shrunk(mask), shaded(_skin_near(random, scene), shade * grain)


def _finger(
    random: Random, mask: Float32, shade: Float32, points: NDArray[np.float64], width: float, turn_deg: float
) -> Float32:
    """Draw one finger into `mask`; returns the shading with its roundness, nail and creases."""
    finger = blank()
    for step, (start, end) in enumerate(pairwise(points)):
        line(finger, start, end, width * (1 - 0.2 * step / 13))
    np.maximum(mask, finger, out=mask)
    inside = shrunk(finger)
    round_shade = 0.55 + 0.5 * cv2.GaussianBlur(inside, (0, 0), width * 0.35) + clouds(random, 12, 0.03)
    shade = np.where(inside > 0.5, round_shade, shade).astype(np.float32)
    if random.random() < 0.6:
        nail = blank()
        center = tuple((points[-1] * 2).astype(int).tolist())
        cv2.ellipse(nail, center, (int(width * 0.5), int(width * 0.7)), turn_deg + 90, 0, 360, 1.0, -1)
        shade = shade * (1 + 0.15 * shrunk(nail))
    across = np.array([-(points[-1] - points[0])[1], (points[-1] - points[0])[0]])
    across = across / max(float(np.linalg.norm(across)), 1e-6) * width * 0.4
    for _ in range(int(random.integers(0, 3))):
        at = points[random.integers(2, 12)]
        ends = (tuple((at + sign * across).astype(int).tolist()) for sign in (-1, 1))
        cv2.line(shade, *ends, 0.75, 1, cv2.LINE_AA)
    return shade


def _skin_near(random: Random, scene: Scene) -> NDArray[np.floating]:
    if random.random() < 0.5:
        x, y = np.clip(scene.landmarks[[50, 280, 4, 205][random.integers(4)], :2].astype(int), 2, SIZE - 3)
        own = scene.face[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
        return np.asarray(own * random.uniform(0.75, 1.2) * random.uniform(0.95, 1.05, 3))
    colour = SKINS[random.integers(len(SKINS))] * random.uniform(0.6, 1.15)
    return np.asarray(colour * random.uniform(0.94, 1.06, 3))


def strands(random: Random, scene: Scene) -> Layer:
    """Single hairs and tufts across the face."""
    mask = blank()
    for _ in range(int(random.integers(1, 4))):
        top = np.array([random.uniform(0, SIZE), random.uniform(-40, 40)])
        start = top if random.random() < 0.75 else random.uniform(0, SIZE, 2)
        end = start + np.array([random.uniform(-90, 90), random.uniform(40, 190)])
        middle, spread = (start + end) / 2 + random.uniform(-50, 50, 2), random.uniform(1, 18)
        for _ in range(int(random.integers(1, 40))):
            first, last = random.normal(0, spread, 2), random.normal(0, spread * random.uniform(0.3, 1.4), 2)
            points = curve(start + first, middle + (first + last) / 2, end + last)
            width = int(random.choice([1, 1, 2, 2, 3, 4]))
            strength = random.uniform(0.5, 1)
            cv2.polylines(mask, [np.round(points * 16).astype(np.int32)], False, strength, width, cv2.LINE_AA, 3)
    grain = 0.08 * random.standard_normal((SIZE, SIZE)).astype(np.float32)
    return shrunk(mask), shaded(hair_colour(random), 1 + clouds(random, 5, 0.25) + grain)


def fringe(random: Random, scene: Scene) -> Layer:
    """Hair that falls over the forehead, with a ragged edge; sometimes longer at the sides."""
    marks, mask, count = scene.landmarks, blank(), 24
    x = np.linspace(marks[127, 0] - 15, marks[356, 0] + 15, count)
    top, brows = marks[10, 1], marks[[105, 334], 1].mean()
    edge = top + (brows - top) * random.uniform(0.1, 1.05)
    edge = edge + np.cumsum(random.normal(0, random.uniform(0.5, 4), count))
    edge = edge + random.uniform(-20, 20) * np.linspace(-1, 1, count)
    if random.random() < 0.4:
        edge = edge + np.abs(np.linspace(-1, 1, count)) ** 3 * random.uniform(0, 90)
    polygon(mask, np.vstack([np.column_stack([x, edge]), [[SIZE + 60, -60], [-60, -60]]]))
    _rag(random, mask, np.column_stack([x, edge]), 60, (-10, 10), (2, 22))
    return shrunk(mask), hair_texture(random, hair_colour(random), 6)


def lock(random: Random, scene: Scene) -> Layer:
    """A lock of hair beside or over one cheek."""
    mask, count = blank(), 12
    from_left = random.random() < 0.5
    edge_x, inwards = scene.landmarks[127 if from_left else 356, 0], 1 if from_left else -1
    begin = random.uniform(-20, 60)
    y = np.linspace(begin, begin + random.uniform(70, 220), count)
    swing = np.sin(np.linspace(random.uniform(0, 1), random.uniform(1.5, 3.1), count))
    inner = edge_x + inwards * (random.uniform(0, 45) * swing + np.cumsum(random.normal(0, 2, count)))
    outer = np.full(count, edge_x - inwards * 80)
    polygon(mask, np.vstack([np.column_stack([inner, y]), np.column_stack([outer, y])[::-1]]))
    _rag(random, mask, np.column_stack([inner, y]), 30, (-12, 12), (10, 40))
    return shrunk(mask), hair_texture(random, hair_colour(random), 8)


def _rag(
    random: Random,
    mask: Float32,
    edge: NDArray[np.floating],
    count: int,
    sideways: tuple[float, float],
    down: tuple[float, float],
) -> None:
    """Single hairs that leave an edge downwards."""
    for _ in range(count):
        start = edge[random.integers(len(edge))] + np.array([random.uniform(-4, 4), -random.uniform(0, 10)])
        end = start + np.array([random.uniform(*sideways), random.uniform(*down)])
        first, last = (tuple((p * 2).astype(int).tolist()) for p in (start, end))
        cv2.line(mask, first, last, random.uniform(0.5, 1), int(random.integers(1, 4)), cv2.LINE_AA)


def glasses(random: Random, scene: Scene) -> Layer:
    """Wire to thick frames with bridge and temples; clear lenses mostly, dark ones sometimes."""
    marks = scene.landmarks[:, :2]
    left, right = marks[[33, 133, 159, 145]].mean(axis=0), marks[[362, 263, 386, 374]].mean(axis=0)
    between = float(np.linalg.norm(right - left))
    along = (right - left) / between
    up = np.array([along[1], -along[0]])
    shift, nearer = up * random.uniform(-0.22, 0.08) * between, along * random.uniform(-0.02, 0.05) * between
    size = np.array([random.uniform(0.3, 0.47), random.uniform(0.17, 0.42)]) * between
    centers = (left + shift - nearer, right + shift + nearer)
    width, power = random.uniform(0.9, 7), 2 / random.uniform(2, 6)
    frame, lenses = blank(), blank()
    t = np.linspace(0, 2 * np.pi, 48)
    shape = np.column_stack([np.sign(f(t)) * np.abs(f(t)) ** power for f in (np.cos, np.sin)]) * size
    outline = shape @ np.array([along, -up])
    half = random.random() < 0.2
    for center in centers:
        points = np.round((outline + center) * 16).astype(np.int32)
        cv2.polylines(frame, [points[24:] if half else points], not half, 1.0, round(2 * width), cv2.LINE_AA, 3)
        cv2.fillPoly(lenses, [points], 1.0, cv2.LINE_AA, 3)
    rise = up * random.uniform(0.0, 0.12) * between
    line(frame, centers[0] + along * size[0] * 0.95 + rise, centers[1] - along * size[0] * 0.95 + rise, width)
    for center, sign in zip(centers, (-1, 1), strict=True):
        hinge = center + sign * along * size[0] + up * size[1] * random.uniform(0.2, 0.7)
        line(frame, hinge, hinge + sign * along * between * 0.9 + up * random.uniform(-10, 10), width * 0.8)
    colour = np.full(3, random.uniform(0, 60)) if random.random() < 0.6 else random.uniform(0, 230, 3)
    surface = shaded(colour, 1 + clouds(random, 20, 0.2))
    alpha = shrunk(frame)
    if random.random() < 0.22:
        tinted = np.maximum(alpha, shrunk(lenses) * random.uniform(0.75, 0.98)).astype(np.float32)
        dark = np.clip(random.uniform(0, 50) + clouds(random, 40, 10), 0, 255)[..., None]
        return tinted, np.where((alpha > 0.5)[..., None], surface, dark).astype(np.float32)
    return alpha, surface


def microphone(random: Random, scene: Scene) -> Layer:
    """A foam or mesh ball on a stick."""
    mask, radius, angle = blank(), random.uniform(9, 26), random.uniform(0.2, 2.9)
    center = np.array([SIZE / 2, SIZE * 0.78]) + random.uniform(-45, 45, 2)
    along = np.array([np.cos(angle), np.sin(angle)])
    axes = (int(radius * 2), int(radius * 2 * random.uniform(0.75, 1.2)))
    cv2.ellipse(mask, tuple((center * 2).astype(int).tolist()), axes, np.degrees(angle), 0, 360, 1.0, -1, cv2.LINE_AA)
    line(mask, center, center + along * 250, max(1.0, radius * random.uniform(0.15, 0.8)))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    away = np.hypot(columns - center[0] + radius * 0.3, rows - center[1] + radius * 0.3) / radius
    shade = (1.15 - 0.5 * np.clip(away, 0, 1.3)) * (1 + 0.25 * random.standard_normal((SIZE, SIZE)))
    brightness = random.uniform(5, 80) if random.random() < 0.7 else random.uniform(80, 230)
    surface = shaded(np.full(3, brightness), shade)
    if random.random() < 0.4:
        surface = surface + (((columns // 2 + rows // 2) % 2) * random.uniform(10, 60))[..., None]
    return shrunk(mask), np.clip(surface, 0, 255).astype(np.float32)


def other_face(random: Random, scene: Scene) -> Layer:
    """Another person at the edge."""
    angle = random.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    picture = cv2.resize(scene.pool[random.integers(len(scene.pool))], (SIZE, SIZE)).astype(np.float32)
    matrix = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), random.uniform(-40, 40), random.uniform(0.8, 1.6))
    matrix[:, 2] += along * random.uniform(60, 110)
    surface = cv2.warpAffine(picture, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
    mask, center = blank(), np.array([SIZE / 2, SIZE / 2]) + along * random.uniform(75, 130)
    polygon(mask, rounded(blob(random, center, random.uniform(45, 80))))
    return shrunk(mask), surface


FAMILIES: tuple[Occluder, ...] = (
    patch, bar, hand, hand, hand, strands, strands, fringe, lock, glasses, glasses, microphone, other_face,
)  # fmt: skip
"""What may be drawn; listed more than once is drawn more often."""
