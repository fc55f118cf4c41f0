"""Microphones, cups, phones, books, scarves, masks, caps, text, and another person's face."""

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
    blank,
    curve,
    cut_picture,
    filled,
    fixed,
    grid,
    paint,
    ramp,
    smooth_noise,
    stroke,
)


def microphone(scene: Scene) -> Layer:
    """A ball of foam or of wire mesh on a stick, or a thin boom with a capsule."""
    rng, eye = scene.rng, scene.eye
    head = scene.point(int(rng.choice([14, 152, 17, 205, 425, 0, 187, 411]))) + rng.normal(0, eye * 0.15, 2)
    radius = eye * (rng.uniform(0.05, 0.12) if rng.random() < 0.25 else rng.uniform(0.15, 0.45))
    turn = rng.choice([np.pi / 2, 0, np.pi]) + rng.normal(0, 0.5)
    far = head + np.array([np.cos(turn), abs(np.sin(turn))]) * SIZE
    stick_path = curve(np.array([head, (head + far) / 2 + rng.normal(0, eye * 0.08, 2), far]))
    stick = stroke(stick_path, radius * rng.uniform(0.25, 1.1))
    x, y = (g * SIZE + SIZE / 2 for g in grid())
    squash = rng.uniform(0.8, 1.4)
    away = np.hypot(x - head[0], (y - head[1]) / squash) / radius
    ball = np.clip((1 - away) * radius + 0.5, 0, 1)
    dark = np.clip(rng.uniform(0.02, 0.22) + rng.normal(0, 0.01, 3), 0, 1) if rng.random() < 0.7 else any_color(rng)
    if rng.random() < 0.6:
        grain = 1 + smooth_noise(rng, 90)[..., None] * rng.uniform(0.1, 0.5)
    else:
        pitch = rng.uniform(2.5, 5)
        grain = (0.7 + 0.6 * ((np.sin(x / pitch * 2 * np.pi) * np.sin(y / pitch * 2 * np.pi)) > 0))[..., None]
    lit = np.sqrt(np.clip(1 - np.minimum(away, 1) ** 2, 0, 1))
    shine = np.exp(-(((x - head[0]) / radius + 0.35) ** 2 + ((y - head[1]) / radius + 0.4) ** 2) * 4) * rng.uniform(
        0, 0.4
    )
    ball_rgb = dark * grain * (0.4 + 0.8 * lit[..., None]) + shine[..., None]
    on = ball[..., None]
    rgb = ball_rgb * on + any_color(rng) * ramp(rng, 0.6, 1.2) * (1 - on)
    return Layer(np.clip(rgb, 0, 1).astype(np.float32), np.maximum(ball, stick).astype(np.float32))


def cup(scene: Scene) -> Layer:
    """A cup, glass or can before mouth or chin."""
    rng, eye = scene.rng, scene.eye
    top = scene.point(int(rng.choice([13, 0, 17, 2]))) + rng.normal(0, eye * 0.15, 2)
    turn = rng.normal(0, 0.35)
    down, side = np.array([-np.sin(turn), np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
    wide, narrow, tall = eye * rng.uniform(0.3, 0.6), rng.uniform(0.6, 1), eye * rng.uniform(0.7, 1.4)
    body = filled(np.array([top - side * wide, top + side * wide, top + down * tall + side * wide * narrow,
                            top + down * tall - side * wide * narrow]))  # fmt: skip
    rim = blank()
    axes = fixed(np.array([wide, wide * rng.uniform(0.08, 0.4)])).tolist()
    cv2.ellipse(rim, fixed(top).tolist(), axes, float(np.degrees(turn)), 0, 360, 255, -1, cv2.LINE_AA, 4)
    lip = rim.astype(np.float32) / 255
    x, y = (g * SIZE + SIZE / 2 for g in grid())
    across = np.clip(((x - top[0]) * side[0] + (y - top[1]) * side[1]) / wide, -1, 1)
    round_light = (0.55 + 0.6 * np.exp(-((across - rng.uniform(-0.6, 0.6)) ** 2) * 3))[..., None]
    rgb = paint(scene) * round_light
    rgb = rgb * (1 - lip[..., None]) + any_color(rng) * rng.uniform(0.4, 1) * lip[..., None]
    return Layer(np.clip(rgb, 0, 1).astype(np.float32), np.maximum(body, lip))


def board(scene: Scene) -> Layer:
    """A phone, book, card or sheet: four corners, now and then rounded."""
    rng, eye = scene.rng, scene.eye
    half = eye * rng.uniform(0.15, 1.1, 2)
    turn = rng.uniform(0, np.pi)
    side, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (1 + rng.normal(0, 0.06, (4, 2)))
    points = scene.spot_on_face() + corners[:, :1] * side * half[0] + corners[:, 1:] * down * half[1]
    alpha = filled(smooth_closed(np.repeat(points, 4, axis=0)) if rng.random() < 0.4 else points)
    rgb = paint(scene)
    if rng.random() < 0.4:  # a screen or a picture inside of a rim
        middle = points.mean(axis=0)
        inner = filled(middle + (points - middle) * rng.uniform(0.7, 0.95))[..., None]
        rgb = rgb * (1 - inner) + cut_picture(scene) * inner
    return Layer(rgb, alpha)


def scarf(scene: Scene) -> Layer:
    """Cloth or a mask over mouth and chin, now and then up to the eyes."""
    rng, eye = scene.rng, scene.eye
    high = scene.point(int(rng.choice([195, 5, 4, 2, 164, 17, 18]))) + rng.normal(0, eye * 0.04, 2)
    left, right = scene.point(int(rng.choice([234, 93, 132, 58]))), scene.point(int(rng.choice([454, 323, 361, 288])))
    chin = scene.point(152)
    low = chin + np.array([0, eye * rng.uniform(-0.12, 0.6)])
    sag = rng.uniform(-0.1, 0.15) * eye
    upper = curve(
        np.array(
            [
                left - [8, 0],
                high + np.array([-eye * 0.25, -sag]),
                high + np.array([eye * 0.25, -sag]),
                right + np.array([8, 0]),
            ]
        ),
        20,
    )
    lower = curve(
        np.array(
            [
                right + np.array([8, eye * 0.3]),
                low + np.array([eye * 0.4, 0]),
                low - [eye * 0.4, 0],
                left + np.array([-8, eye * 0.3]),
            ]
        ),
        20,
    )
    alpha = filled(np.concatenate([upper, lower]))
    folds = 1 + smooth_noise(rng, int(rng.choice([4, 7])))[..., None] * rng.uniform(0, 0.25)
    if rng.random() < 0.4:
        folds = folds * (1 + 0.15 * np.sin(grid()[1] * rng.uniform(30, 90)))[..., None]
    if rng.random() < 0.4:
        alpha = np.maximum(alpha, stroke(np.array([upper[0], scene.point(127)]), rng.uniform(1, 2.5)))
        alpha = np.maximum(alpha, stroke(np.array([upper[-1], scene.point(356)]), rng.uniform(1, 2.5)))
    return Layer(np.clip(paint(scene) * folds, 0, 1).astype(np.float32), alpha)


def cap(scene: Scene) -> Layer:
    """The brim of a cap, a hat, a hood or a head band."""
    rng, eye = scene.rng, scene.eye
    left, right = scene.point(21), scene.point(251)
    middle = scene.point(151) + np.array([0, eye * rng.uniform(-0.25, 0.35)])
    lean = rng.normal(0, 0.12) * eye
    ends = (
        left + np.array([-eye * 0.3, lean + rng.uniform(-0.3, 0.1) * eye]),
        right + np.array([eye * 0.3, -lean + rng.uniform(-0.3, 0.1) * eye]),
    )
    edge = curve(
        np.array([ends[0], middle + np.array([-eye * 0.4, 0]), middle + np.array([eye * 0.4, 0]), ends[1]]), 30
    )
    if rng.random() < 0.35:  # a band
        thick = eye * rng.uniform(0.08, 0.35)
        outline = np.concatenate([edge, edge[::-1] - [0, thick]])
    else:
        outline = np.concatenate([edge, [[SIZE + 30, -30], [-30, -30]]])
    rgb = paint(scene) * (1 + smooth_noise(rng, 6)[..., None] * rng.uniform(0, 0.2))
    brim = stroke(edge - [0, 2], rng.uniform(2, 9))[..., None] * rng.uniform(0, 0.6)
    return Layer(np.clip(rgb * (1 - brim), 0, 1).astype(np.float32), filled(outline))


def hood(scene: Scene) -> Layer:
    """Cloth, hair or a helmet around the face, all but an opening."""
    rng, eye = scene.rng, scene.eye
    turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    middle = scene.point(4) + rng.normal(0, eye * 0.15, 2)
    reach = eye * np.stack([np.cos(turns) * rng.uniform(0.55, 0.85), np.sin(turns) * rng.uniform(0.75, 1.1)], -1)
    opening = filled(smooth_closed(middle + reach * rng.uniform(0.85, 1.2, (14, 1))))
    return Layer(paint(scene), 1 - opening)


def text(scene: Scene) -> Layer:
    """A caption, logo or number drawn over the picture."""
    rng = scene.rng
    mask = blank()
    words = "".join(chr(c) for c in rng.integers(48, 122, int(rng.integers(2, 16))))
    x, y = scene.spot_on_face()
    scale, thick = float(rng.uniform(0.4, 3)), int(rng.integers(1, 7))
    cv2.putText(mask, words, (int(x - 30 * scale), int(y)), int(rng.integers(0, 5)), scale, 255, thick, cv2.LINE_AA)
    alpha = mask.astype(np.float32) / 255
    if rng.random() < 0.3:
        alpha = np.maximum(alpha, np.abs(np.arange(SIZE)[:, None] - y) < 12 * scale).astype(np.float32)
    rgb = np.broadcast_to(any_color(rng), (SIZE, SIZE, 3)).astype(np.float32)
    return Layer(rgb, alpha, shades=False)


def other_face(scene: Scene) -> Layer:
    """The head of another portrait, before this one at a side."""
    rng, bank, eye = scene.rng, scene.bank, scene.eye
    i = int(rng.integers(len(bank.pixels)))
    xyz = bank.xyz[i]
    size = float(np.hypot(*(xyz[33, :2] - xyz[263, :2])))
    turn, zoom = np.degrees(rng.normal(0, 0.5)), eye / size * rng.uniform(0.7, 1.5)
    matrix = cv2.getRotationMatrix2D([float(v) for v in xyz[4, :2]], float(turn), float(zoom))
    way = rng.uniform(0, 2 * np.pi)
    goal = scene.point(4) + np.array([np.cos(way), np.sin(way) * 1.2]) * eye * rng.uniform(0.9, 1.7)
    matrix[:, 2] += goal - xyz[4, :2]
    hull = cv2.convexHull(xyz[:468, :2].astype(np.float32))[:, 0]
    shape = _moved(hull, matrix)
    middle = shape.mean(axis=0)
    if rng.random() < 0.5:
        up = (_moved(xyz[[10], :2], matrix)[0] - middle) * 0.35
        shape = np.concatenate([middle + (shape - middle) * 1.25, (middle + (shape - middle) * 1.3) + up])
        shape = cv2.convexHull(shape.astype(np.float32))[:, 0]
    rgb = cv2.warpAffine(bank.pixels[i], matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT).astype(np.float32) / 255
    return Layer(rgb, filled(shape))


def _moved(points: Array, matrix: Array) -> Array:
    return points @ matrix[:, :2].T + matrix[:, 2]
