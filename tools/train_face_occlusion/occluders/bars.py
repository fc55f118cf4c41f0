"""Bars, poles, cables, grids, plain polygons and blobs."""

from __future__ import annotations

import numpy as np
from tools.train_face_occlusion.occluders.scene import (
    SIZE,
    Array,
    Layer,
    Scene,
    any_color,
    curve,
    cut_picture,
    filled,
    grid,
    paint,
    smooth_noise,
    stroke,
)


def bars(scene: Scene) -> Layer:
    """Parallel bars at any angle; flat, or round like a pole."""
    rng = scene.rng
    turn = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.08)
    count = int(rng.choice([1, 1, 1, 2, 3, 5]))
    width = float(np.exp(rng.uniform(np.log(1.2), np.log(34 if count == 1 else 14))))
    x, y = (g * SIZE for g in grid())
    middle = scene.spot_on_face() - SIZE / 2
    across = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
    if count > 1:
        pitch = width * rng.uniform(1.8, 6)
        across = (across + pitch * 50) % pitch - pitch / 2
    place = np.clip(across / width * 2, -1, 1)
    alpha = np.clip(width / 2 - np.abs(across) + 0.5, 0, 1) * min(width, 1)
    rgb = paint(scene)
    if rng.random() < 0.5:
        lit = np.sqrt(1 - place**2 * 0.98)
        shine = np.exp(-(((place - rng.uniform(-0.7, 0.7)) / 0.2) ** 2)) * rng.uniform(0, 0.6)
        rgb = np.clip(rgb * (0.25 + 0.75 * lit)[..., None] + shine[..., None], 0, 1)
    if count == 1 and rng.random() < 0.3:  # it ends somewhere
        along = (y - middle[1]) * np.cos(turn) - (x - middle[0]) * np.sin(turn)
        alpha = alpha * np.clip(along + rng.uniform(0, 30), 0, 1)
    return Layer(rgb.astype(np.float32), alpha.astype(np.float32))


def cables(scene: Scene) -> Layer:
    """One to four curved lines, from a thread to a hose."""
    rng = scene.rng
    alpha = np.zeros((SIZE, SIZE), np.float32)
    rgb = paint(scene)
    for _ in range(int(rng.integers(1, 5))):
        ends = rng.uniform(-20, SIZE + 20, (2, 2))
        bend = [scene.spot_on_face() + rng.normal(0, 10, 2) for _ in range(int(rng.integers(1, 3)))]
        width = float(np.exp(rng.uniform(np.log(0.7), np.log(9))))
        path = curve(np.array([ends[0], *bend, ends[1]]), 32)
        line = stroke(path, width)
        lit = stroke(path + rng.normal(0, 0.15 * width, 2).astype(np.float32), width * 0.4)
        rgb = rgb * (1 - line[..., None]) + any_color(rng) * line[..., None]
        rgb = np.clip(rgb + (lit * line * rng.uniform(0, 0.4))[..., None], 0, 1)
        alpha = np.maximum(alpha, line)
    return Layer(rgb.astype(np.float32), alpha)


def fence(scene: Scene) -> Layer:
    """A net, wire mesh, blind or a cage."""
    rng = scene.rng
    x, y = (g * SIZE for g in grid())
    turn = rng.uniform(0, np.pi)
    pitch = rng.uniform(9, 45)
    width = float(rng.uniform(0.7, max(0.8, pitch * 0.22)))
    alpha = np.zeros((SIZE, SIZE), np.float32)
    wave = smooth_noise(rng, 3) * rng.uniform(0, 4)
    for offset in (0.0, np.pi / 2 + rng.normal(0, 0.15)):
        across = x * np.cos(turn + offset) + y * np.sin(turn + offset) + wave
        near = np.abs((across % pitch) - pitch / 2)
        alpha = np.maximum(alpha, np.clip(width / 2 - near + 0.5, 0, 1) * min(width, 1))
        if rng.random() < 0.3:
            break
    return Layer(paint(scene), alpha.astype(np.float32))


def polygon(scene: Scene) -> Layer:
    """A random shape with straight or wavy edges, of any material or of skin."""
    rng = scene.rng
    count = int(rng.integers(3, 13))
    turns = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = scene.eye * rng.uniform(0.12, 0.9) * rng.uniform(0.45, 1.3, count)
    middle = scene.spot_on_face() + rng.normal(0, scene.eye * 0.15, 2)
    points = middle + np.stack([np.cos(turns), np.sin(turns) * rng.uniform(0.5, 1.5)], -1) * reach[:, None]
    if rng.random() < 0.5:
        points = smooth_closed(points)
    return Layer(skin_or_paint(scene), filled(points))


def edge_object(scene: Scene) -> Layer:
    """Something large that comes in from a side of the picture."""
    rng = scene.rng
    x, y = (g * SIZE for g in grid())
    turn = rng.uniform(0, 2 * np.pi)
    middle = scene.spot_on_face() - SIZE / 2
    across = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
    bend = smooth_noise(rng, int(rng.choice([2, 4, 8]))) * rng.uniform(0, 9)
    keep = rng.uniform(0, 0.5) * scene.eye
    return Layer(skin_or_paint(scene), np.clip(across + bend - keep + 0.5, 0, 1).astype(np.float32))


def spots(scene: Scene) -> Layer:
    """Several small shapes: leaves, confetti, drops of paint, snow."""
    rng = scene.rng
    alpha = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(int(rng.integers(2, 14))):
        middle, size = scene.spot_on_face(), scene.eye * rng.uniform(0.03, 0.16)
        turns = np.linspace(0, 2 * np.pi, int(rng.integers(5, 12)), endpoint=False)
        reach = size * rng.uniform(0.6, 1.3, len(turns))[:, None]
        alpha = np.maximum(alpha, filled(middle + np.stack([np.cos(turns), np.sin(turns)], -1) * reach))
    material = paint(scene) if rng.random() < 0.6 else cut_picture(scene)
    return Layer(material, alpha)


def smooth_closed(points: Array) -> Array:
    """Chaikin's corner cutting, three times."""
    for _ in range(3):
        after = np.roll(points, -1, axis=0)
        points = np.stack([points * 0.75 + after * 0.25, points * 0.25 + after * 0.75], 1).reshape(-1, 2)
    return points


def skin_or_paint(scene: Scene) -> Array:
    rng = scene.rng
    if rng.random() < 0.5:
        return paint(scene)
    grain = smooth_noise(rng, int(rng.choice([4, 30, 90]))) * rng.uniform(0, 0.05)
    shade = 1 + smooth_noise(rng, 4)[..., None] * rng.uniform(0, 0.15)
    base = np.broadcast_to(scene.skin(), (SIZE, SIZE, 3))
    return np.clip(base * shade + grain[..., None], 0, 1).astype(np.float32)
