"""Light, make-up, colour and camera: what changes a picture without hiding the face."""

from __future__ import annotations

import cv2
import numpy as np
from tools.train_face_occlusion.occluders.scene import SIZE, Array, curve, filled, fixed, grid, ramp, smooth_noise

from facefusion.geometry import mesh as face_mesh

_NOISE = np.random.default_rng(0).standard_normal((1 << 20,)).astype(np.float32)


def face_only(rng: np.random.Generator, rgb: Array, xyz: Array) -> Array:
    """Shadows, highlights, make-up and moles on the bare face: none of them is an occluder."""
    if rng.random() < 0.22:
        rgb = _hard_shadow(rng, rgb)
    if rng.random() < 0.35:
        rgb = rgb * np.clip(
            1 + smooth_noise(rng, int(rng.integers(1, 4)))[..., None] * rng.uniform(0.05, 0.35), 0.15, 2
        )
    if rng.random() < 0.3:
        rgb = rgb * _side_light(rng)
    if rng.random() < 0.3:
        rgb = _make_up(rng, rgb, xyz)
    if rng.random() < 0.25:
        rgb = _highlights(rng, rgb, xyz)
    if rng.random() < 0.2:
        rgb = _moles(rng, rgb, xyz)
    return np.clip(rgb, 0, 1).astype(np.float32)


def _hard_shadow(rng: np.random.Generator, rgb: Array) -> Array:
    """The shadow of a blind, a leaf, a hat, or of the nose's own kind: darker and bluer, edge sharp or soft."""
    kind = rng.random()
    x, y = grid()
    if kind < 0.4:
        turn, pitch = rng.uniform(0, np.pi), rng.uniform(5, 30)
        mask = np.clip(np.sin((x * np.cos(turn) + y * np.sin(turn)) * pitch) * 6 + rng.normal(0, 3), 0, 1)
    elif kind < 0.7:
        turn = rng.uniform(0, 2 * np.pi)
        edge = x * np.cos(turn) + y * np.sin(turn) + smooth_noise(rng, 4) * 0.03 + rng.normal(0, 0.15)
        mask = np.clip(edge * SIZE, 0, 1)
    else:
        points = rng.uniform(10, SIZE - 10, 2) + rng.normal(0, 35, (int(rng.integers(3, 8)), 2))
        mask = filled(cv2.convexHull(points.astype(np.float32))[:, 0])
    mask = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), float(np.exp(rng.uniform(np.log(0.5), np.log(9)))))
    tint = np.clip(rng.uniform(0.3, 0.85) + rng.normal(0, 0.04, 3), 0.2, 1)
    return rgb * (1 - mask[..., None] * (1 - tint))


def _side_light(rng: np.random.Generator) -> Array:
    color = 1 + rng.normal(0, 0.25, 3) * rng.choice([0.3, 1])
    return 1 + (np.clip(ramp(rng, -0.6, 0.9), -0.5, 0.8) * np.clip(color, 0.3, 1.8)) * rng.uniform(0.3, 1)


def _make_up(rng: np.random.Generator, rgb: Array, xyz: Array) -> Array:
    """Lipstick, eye shadow, liner and rouge in any colour."""
    if rng.random() < 0.7:
        lips = filled(xyz[list(face_mesh.LIPS_OUTER), :2]) * (1 - filled(xyz[list(face_mesh.LIPS_INNER), :2]))
        rgb = _tinted(rng, rgb, cv2.GaussianBlur(lips, (0, 0), 0.8), rng.uniform(0.2, 0.9))
    if rng.random() < 0.6:
        for contour in (face_mesh.IMAGE_LEFT_EYE, face_mesh.IMAGE_RIGHT_EYE):
            eye = xyz[list(contour), :2]
            around = filled((eye - eye.mean(axis=0)) * rng.uniform(1.2, 1.7) + eye.mean(axis=0) - [0, 2])
            lid = cv2.GaussianBlur(np.clip(around - filled(eye), 0, 1), (0, 0), float(rng.uniform(0.7, 2.5)))
            rgb = _tinted(rng, rgb, lid, rng.uniform(0.2, 0.8))
    if rng.random() < 0.3:
        for index in (50, 280):
            glow = np.zeros((SIZE, SIZE), np.float32)
            cv2.circle(glow, fixed(xyz[index, :2]).tolist(), int(rng.uniform(9, 18) * 16), 1.0, -1, cv2.LINE_8, 4)
            rgb = _tinted(rng, rgb, cv2.GaussianBlur(glow, (0, 0), 7), rng.uniform(0.1, 0.5))
    return rgb


def _tinted(rng: np.random.Generator, rgb: Array, mask: Array, strength: float) -> Array:
    grey = rgb.mean(axis=-1, keepdims=True)
    on = mask[..., None] * strength
    tint = grey * (rng.uniform(0.2, 1.0) if rng.random() < 0.4 else rng.uniform(0.3, 1.9, 3))
    return rgb * (1 - on) + tint * on


def _highlights(rng: np.random.Generator, rgb: Array, xyz: Array) -> Array:
    for _ in range(int(rng.integers(1, 6))):
        x, y = xyz[int(rng.choice([4, 5, 195, 151, 9, 50, 280, 108, 337, 17, 152])), :2] + rng.normal(0, 3, 2)
        gx, gy = grid()
        wide, tall = rng.uniform(1.5, 9, 2) / SIZE
        blob = np.exp(-(((gx + 0.5 - x / SIZE) / wide) ** 2 + ((gy + 0.5 - y / SIZE) / tall) ** 2))
        rgb = rgb + blob[..., None] * rng.uniform(0.1, 0.6)
    return rgb


def _moles(rng: np.random.Generator, rgb: Array, xyz: Array) -> Array:
    mask = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(int(rng.choice([1, 2, 6, 30]))):
        spot = xyz[int(rng.integers(468)), :2] + rng.normal(0, 3, 2)
        cv2.circle(
            mask, fixed(spot).tolist(), int(rng.uniform(0.4, 1.6) * 16), float(rng.uniform(0.1, 0.6)), -1, cv2.LINE_8, 4
        )
    if rng.random() < 0.4:  # a wrinkle or a scar
        ends = xyz[int(rng.integers(468)), :2] + rng.normal(0, 12, (3, 2))
        cv2.polylines(mask, [fixed(curve(ends, 12))], False, float(rng.uniform(0.1, 0.35)), 1, cv2.LINE_8, 4)
    return rgb * (1 - mask[..., None] * np.array([0.6, 0.9, 1.0], np.float32))


def recolor(rng: np.random.Generator, rgb: Array) -> Array:
    """Skin tone and tint of the portrait alone, before anything is drawn on it."""
    if rng.random() < 0.3:
        rgb = rgb ** np.float32(np.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.2:
        rgb = rgb * np.clip(1 + rng.normal(0, 0.08, 3), 0.5, 1.5)
    if rng.random() < 0.25 and float(np.abs(rgb[..., 0] - rgb[..., 2]).mean()) < 0.01:  # grey: give it skin's hue
        rgb = rgb * np.clip(np.array([1.15, 0.95, 0.8]) + rng.normal(0, 0.08, 3), 0.5, 1.4)
    return np.clip(rgb, 0, 1).astype(np.float32)


def camera(rng: np.random.Generator, rgb: Array, hidden: Array, visible: Array) -> tuple[Array, Array, Array]:
    """Exposure, tint, blur, low resolution, noise and JPEG of the finished picture; blur moves the answer with it."""
    if rng.random() < 0.35:
        rgb = rgb * np.exp(rng.normal(-0.05, 0.38))
    if rng.random() < 0.3:
        rgb = np.clip(rgb, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.25:
        rgb = rgb * np.clip(1 + rng.normal(0, 0.08, 3), 0.6, 1.4)
    kind = rng.random()
    if kind < 0.15:
        rgb = np.repeat(rgb @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=-1)
    elif kind < 0.3:
        grey = rgb.mean(axis=-1, keepdims=True)
        rgb = grey + (rgb - grey) * rng.uniform(0.2, 1.6)
    rgb = np.clip(rgb, 0, 1).astype(np.float32)
    if rng.random() < 0.25:
        sigma = float(rng.uniform(0.4, 2.2))
        rgb = cv2.GaussianBlur(rgb, (0, 0), sigma)
        if sigma > 1:
            hidden = cv2.GaussianBlur(hidden, (0, 0), sigma * 0.7)
    elif rng.random() < 0.25:
        small = int(rng.integers(64, 180))
        low = cv2.resize(rgb, (small, small), interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(low, (SIZE, SIZE), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    elif rng.random() < 0.2:  # over-sharpened
        rgb = rgb + (rgb - cv2.GaussianBlur(rgb, (0, 0), 1.2)) * rng.uniform(0.3, 1.2)
    if rng.random() < 0.45:
        start = int(rng.integers(0, _NOISE.size - rgb.size))
        rgb = rgb + _NOISE[start : start + rgb.size].reshape(rgb.shape) * np.float32(rng.uniform(0.004, 0.05))
    rgb = np.clip(rgb, 0, 1)
    if rng.random() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))]
        _, data = cv2.imencode(".jpg", (rgb * 255).astype(np.uint8), quality)
        rgb = cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.float32) / 255
    return rgb.astype(np.float32), hidden, visible
