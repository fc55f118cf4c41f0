"""Glasses and sunglasses of many shapes, an eye patch, goggles."""

from __future__ import annotations

import cv2
import numpy as np
from tools.train_face_occlusion.occluders.bars import smooth_closed
from tools.train_face_occlusion.occluders.scene import (
    SIZE,
    Array,
    Layer,
    Scene,
    any_color,
    curve,
    cut_picture,
    filled,
    fixed,
    paint,
    ramp,
    smooth_noise,
    stroke,
)


def glasses(scene: Scene) -> Layer:
    """A frame with clear lenses: only the frame (and a strong glare) hides the face."""
    rng = scene.rng
    lenses = _lenses(scene)
    width = float(np.exp(rng.uniform(np.log(0.7), np.log(7))))
    frame = _frame(scene, lenses, width, rimless=rng.random() < 0.12)
    rgb = _frame_material(scene)
    alpha = frame
    glare = np.zeros_like(frame)
    if rng.random() < 0.45:
        inside = np.maximum(*[filled(lens) for lens in lenses])
        streak = np.clip(smooth_noise(rng, int(rng.choice([2, 4]))) - rng.uniform(0.2, 1.2), 0, 1)
        glare = inside * streak * rng.uniform(0.1, 0.8)
    covered = alpha + glare * (1 - alpha)
    over = (alpha / np.maximum(covered, 1e-4))[..., None]
    shine = np.clip(rng.uniform(0.7, 1) + rng.normal(0, 0.08, 3), 0, 1)
    return Layer((rgb * over + shine * (1 - over)).astype(np.float32), covered.astype(np.float32))


def sunglasses(scene: Scene) -> Layer:
    """Lenses one cannot see through, or hardly."""
    rng = scene.rng
    lenses = _lenses(scene, large=True)
    frame = _frame(scene, lenses, float(rng.uniform(0.8, 7)), rimless=rng.random() < 0.2)
    inside = np.maximum(*[filled(lens) for lens in lenses]) * rng.uniform(0.65, 1)
    if rng.random() < 0.3:
        inside = inside * np.clip(ramp(rng, 0.6, 1.1)[..., 0], 0, 1)
    tint = np.clip(rng.uniform(0, 0.15) + rng.uniform(0, 0.2, 3), 0, 1) if rng.random() < 0.75 else any_color(rng)
    lens_rgb = tint * ramp(rng, *rng.uniform(0.5, 1.6, 2))
    if rng.random() < 0.5:
        lens_rgb = lens_rgb + cv2.GaussianBlur(cut_picture(scene), (0, 0), 2) * rng.uniform(0.05, 0.4)
    on = frame[..., None]
    rgb = np.clip(_frame_material(scene) * on + lens_rgb * (1 - on), 0, 1)
    return Layer(rgb.astype(np.float32), np.maximum(frame, inside).astype(np.float32))


def patch(scene: Scene) -> Layer:
    """One eye covered, with a band."""
    rng, eye = scene.rng, scene.eye
    side = int(rng.choice([0, 1]))
    middle = scene.xyz[[(33, 133), (362, 263)][side], :2].mean(axis=0)
    turns = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    reach = eye * rng.uniform(0.2, 0.32) * rng.uniform(0.8, 1.2, 9)
    alpha = filled(smooth_closed(middle + np.stack([np.cos(turns), np.sin(turns)], -1) * reach[:, None]))
    band = np.array([scene.point(21) - [20, 0], middle, scene.point(356) + np.array([20, rng.normal(0, 20)])])
    return Layer(paint(scene), np.maximum(alpha, stroke(band, rng.uniform(1, 4))))


def _lenses(scene: Scene, *, large: bool = False) -> tuple[Array, Array]:
    """Outlines of both lenses, (K, 2) each: rounded boxes between circle, rectangle and drop."""
    rng, eye = scene.rng, scene.eye
    left = scene.xyz[[33, 133], :2].mean(axis=0)
    right = scene.xyz[[362, 263], :2].mean(axis=0)
    level = (right - left) / max(float(np.hypot(*(right - left))), 1e-3)
    down = np.array([-level[1], level[0]])
    half = eye * rng.uniform(0.24, 0.32) if large else eye * rng.uniform(0.19, 0.31)
    tall = half * rng.uniform(0.5, 1.05)
    power = rng.choice([2, 2.5, 3.5, 6])
    drop, slant, drag = rng.uniform(-0.15, 0.3), rng.normal(0, 0.12), rng.uniform(-0.2, 0.25)
    shift = eye * rng.uniform(-0.02, 0.08)
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    cos, sin = np.cos(turns), np.sin(turns)
    x = np.sign(cos) * np.abs(cos) ** (2 / power) * half
    y = np.sign(sin) * np.abs(sin) ** (2 / power) * tall
    y = np.where(y > 0, y * (1 + drop), y)
    made = []
    for center, out in ((left, -1), (right, 1)):
        wide = x * (1 + drag * (-y / tall) * 0.3) + y * slant * out * 0.5
        made.append(center + wide[:, None] * level + (y + shift - x * out * slant)[:, None] * down)
    return made[0], made[1]


def _frame(scene: Scene, lenses: tuple[Array, Array], width: float, *, rimless: bool) -> Array:
    rng = scene.rng
    alpha = np.zeros((SIZE, SIZE), np.float32)
    half_rim = rng.random() < 0.12
    for lens in lenses:
        if not rimless:
            mask = np.zeros((SIZE, SIZE), np.uint8)
            cv2.polylines(mask, [fixed(lens)], True, 255, max(1, round(width)), cv2.LINE_AA, 4)
            rim = mask.astype(np.float32) / 255 * min(width, 1)
            if half_rim:
                rim = rim * (np.arange(SIZE)[:, None] < lens[:, 1].mean())
            alpha = np.maximum(alpha, rim)
    left, right = lenses
    inner = left[left[:, 0].argmax()], right[right[:, 0].argmin()]
    lift = np.array([0, -scene.eye * rng.uniform(0, 0.08)])
    bridge = curve(np.array([inner[0], (inner[0] + inner[1]) / 2 + lift, inner[1]]), 10)
    alpha = np.maximum(alpha, stroke(bridge, width * rng.uniform(0.7, 1.3)))
    if rng.random() < 0.15:
        alpha = np.maximum(alpha, stroke(bridge - [0, scene.eye * 0.1], width))
    for outer, ear in ((left[left[:, 0].argmin()], 127), (right[right[:, 0].argmax()], 356)):
        beyond = scene.point(ear) + (scene.point(ear) - scene.point(6)) * rng.uniform(0.0, 0.3)
        end = beyond + np.array([0, scene.eye * rng.uniform(-0.12, 0.1)])
        alpha = np.maximum(alpha, stroke(np.array([outer, end]), width * rng.uniform(0.6, 1.2)))
    return alpha


def _frame_material(scene: Scene) -> Array:
    rng = scene.rng
    kind = rng.random()
    if kind < 0.55:
        rgb = np.broadcast_to(np.clip(rng.uniform(0.01, 0.3) + rng.normal(0, 0.03, 3), 0, 1), (SIZE, SIZE, 3))
    elif kind < 0.75:
        metal = np.array([(0.75, 0.75, 0.78), (0.8, 0.65, 0.35), (0.5, 0.42, 0.36), (0.85, 0.6, 0.55)])
        rgb = metal[rng.integers(4)] * (1 + smooth_noise(rng, 30)[..., None] * rng.uniform(0.1, 0.4))
    elif kind < 0.85:  # tortoise shell
        rgb = np.array([0.35, 0.2, 0.1]) * (1 + smooth_noise(rng, 40)[..., None] * 0.5)
    else:
        rgb = paint(scene)
    return np.clip(rgb * ramp(rng, *rng.uniform(0.7, 1.3, 2)), 0, 1)
