"""Hair in front of the face: strands, clumps, fringes, locks, and natural hair of other portraits."""

from __future__ import annotations

import cv2
import numpy as np
from tools.train_face_occlusion.occluders.scene import (
    SIZE,
    Array,
    Layer,
    Scene,
    any_color,
    blank,
    curve,
    cut_picture,
    fixed,
    smooth_noise,
)

_COLORS = np.array([(20, 16, 14), (45, 30, 22), (75, 50, 34), (110, 75, 48), (150, 110, 70), (200, 165, 115),
                    (225, 205, 165), (130, 60, 30), (165, 80, 35), (120, 118, 116), (180, 178, 175), (230, 228, 224),
                    (95, 90, 88)], np.float32) / 255  # fmt: skip


def strands(scene: Scene) -> Layer:
    """A few single hairs or thin wisps across the face."""
    rng = scene.rng
    start = scene.point(int(rng.choice([10, 67, 297, 54, 284, 127, 356]))) + rng.normal(0, 8, 2)
    end = scene.spot_on_face() + rng.normal(0, 15, 2)
    count = int(rng.choice([1, 2, 4, 8, 16]))
    return _brushed(scene, _paths(scene, start, end, count, rng.uniform(1, 14)), rng.uniform(0.6, 1.6))


def lock(scene: Scene) -> Layer:
    """A dense lock down a temple, a cheek or over an eye."""
    rng, eye = scene.rng, scene.eye
    side = rng.choice([0, 1])
    top = scene.point((54, 284)[side]) + rng.normal(0, eye * 0.1, 2) - np.array([0, eye * 0.3])
    below = scene.point(int(rng.choice([(58, 172, 234, 207, 33), (288, 397, 454, 427, 263)][side])))
    end = below + rng.normal(0, eye * 0.15, 2) + np.array([0, eye * rng.uniform(-0.2, 0.5)])
    spread = eye * rng.uniform(0.04, 0.22)
    return _brushed(scene, _paths(scene, top, end, int(rng.uniform(40, 110)), spread), rng.uniform(1.2, 3))


def fringe(scene: Scene) -> Layer:
    """Hair from the hairline down over the forehead, even, parted, or swept to a side."""
    rng, eye = scene.rng, scene.eye
    left, right, top = scene.point(21), scene.point(251), scene.point(10)
    across = np.linspace(-0.1, 1.1, int(rng.uniform(60, 140)))
    parting, sweep = rng.uniform(0, 1), rng.normal(0, 0.5)
    length = eye * rng.uniform(0.25, 0.85)
    gap = np.clip((smooth_noise(rng, 7)[SIZE // 2] - rng.uniform(-1.5, 0.6)) * 2, 0, 1)
    paths = []
    for place in across:
        if gap[int(np.clip(place, 0, 1) * (SIZE - 1))] < rng.random() * 0.7:
            continue
        root = left * (1 - place) + right * place
        root = root + (top - (left + right) / 2) * (1 - (2 * place - 1) ** 2) - np.array([0, eye * 0.25])
        lean = eye * (sweep + (place - parting) * rng.uniform(0.1, 0.5))
        tip = root + np.array([lean, eye * 0.25 + length * rng.uniform(0.75, 1.15)]) + rng.normal(0, 2, 2)
        paths.append(curve(np.array([root, (root + tip) / 2 + rng.normal(0, 3, 2) - [lean * 0.25, 0], tip]), 12))
    return _brushed(scene, paths, rng.uniform(1.5, 4))


def curls(scene: Scene) -> Layer:
    """A ragged patch of hair from the rim, its material cut from somewhere else."""
    rng, eye = scene.rng, scene.eye
    middle = scene.point(int(rng.choice([10, 67, 297, 54, 284, 21, 251, 127, 356]))) + rng.normal(0, eye * 0.15, 2)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    far = np.hypot((x - middle[0]) / rng.uniform(0.7, 1.6), (y - middle[1]) / rng.uniform(0.5, 1.2))
    ragged = smooth_noise(rng, 10) * rng.uniform(2, 8) + smooth_noise(rng, 40) * rng.uniform(1, 5)
    alpha = np.clip((eye * rng.uniform(0.2, 0.6) - far + ragged) / rng.uniform(1, 5) + 0.5, 0, 1)
    rgb = np.clip(_color(scene) * (1 + smooth_noise(rng, 50)[..., None] * rng.uniform(0.1, 0.35)), 0, 1)
    if rng.random() < 0.3:
        rgb = cut_picture(scene) * rng.uniform(0.3, 0.8)
    return Layer(rgb.astype(np.float32), alpha.astype(np.float32))


def natural(scene: Scene) -> Layer:
    """Hair that lies over another portrait's face, laid over this one's at the same place."""
    rng, bank = scene.rng, scene.bank
    if len(bank.hairy) == 0:
        return fringe(scene)
    i = int(rng.choice(bank.hairy))
    anchors = [10, 127, 356, 33, 263, 152]
    there = bank.xyz[i, anchors, :2] * np.float32(1)
    here = scene.xyz[anchors, :2] + rng.normal(0, 2, (len(anchors), 2))
    if rng.random() < 0.5:
        there = bank.xyz[i, [10, 356, 127, 263, 33, 152], :2]
    matrix, _ = cv2.estimateAffine2D(there.astype(np.float32), here.astype(np.float32))
    hair = (255 - bank.visible[i]).astype(np.float32) / 255 * (bank.weight[i] > 60)
    alpha = cv2.warpAffine(hair, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
    alpha = np.clip(cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.5, 1.2)) * 1.6 - 0.4, 0, 1)
    rgb = cv2.warpAffine(bank.pixels[i], matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT).astype(np.float32) / 255
    if rng.random() < 0.4:
        grey = rgb.mean(axis=-1, keepdims=True)
        rgb = grey / max(float(grey[alpha > 0.5].mean()) if (alpha > 0.5).any() else 0.5, 0.05) * _color(scene)
    return Layer(np.clip(rgb, 0, 1), alpha)


def _color(scene: Scene) -> Array:
    rng = scene.rng
    kind = rng.random()
    if kind < 0.25:  # as the hair above this face
        x, y = np.clip(scene.point(10) - [0, 14], 3, SIZE - 4).astype(int)
        return scene.pixels[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
    if kind < 0.33:
        return any_color(rng)
    return np.clip(_COLORS[rng.integers(len(_COLORS))] * rng.normal(1, 0.15), 0, 1)


def _paths(scene: Scene, start: Array, end: Array, count: int, spread: float) -> list[Array]:
    rng = scene.rng
    ahead = end - start
    aside = np.array([-ahead[1], ahead[0]]) * rng.normal(0, 0.2)
    control = np.array([start, start + ahead * 0.35 + aside, start + ahead * 0.7 + aside * rng.normal(0.5, 0.7), end])
    taper = np.array([1.0, 1.0, rng.uniform(0.5, 1.2), rng.uniform(0.1, 1.5)])[:, None]
    shift = rng.normal(0, 1, (count, 1, 2)) * spread + rng.normal(0, 0.15, (count, 4, 2)) * spread
    return [curve(control + s * taper, 16) for s in shift]


def _brushed(scene: Scene, paths: list[Array], width: float) -> Layer:
    """Draw every hair in its own shade, dark ones first."""
    rng = scene.rng
    base = _color(scene)
    alpha, tone = blank(), np.full((SIZE, SIZE), 128, np.uint8)
    vary = rng.uniform(0.05, 0.35)
    shades = np.clip(
        np.sort(rng.normal(1, vary, len(paths))) if rng.random() < 0.5 else rng.normal(1, vary, len(paths)), 0.2, 1.95
    )
    thick = max(1, round(width))
    for path, shade in zip(paths, shades, strict=True):
        points = [fixed(path)]
        cv2.polylines(tone, points, False, int(shade * 128), thick, cv2.LINE_AA, 4)
        cv2.polylines(alpha, points, False, 255, thick, cv2.LINE_AA, 4)
    shine = 1 + smooth_noise(rng, 4)[..., None] * rng.uniform(0, 0.3)
    rgb = np.clip(base * (tone[..., None].astype(np.float32) / 128) * shine, 0, 1)
    strength = min(1.0, width) * (rng.uniform(0.5, 1) if width < 1.2 else 1)
    return Layer(
        rgb.astype(np.float32), alpha.astype(np.float32) / 255 * np.float32(strength), shades=rng.random() < 0.5
    )
