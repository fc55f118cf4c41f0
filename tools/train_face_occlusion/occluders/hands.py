"""Hands and fingers of skin, with shading, creases and nails; no picture of a hand is needed."""

from __future__ import annotations

import cv2
import numpy as np
from tools.train_face_occlusion.occluders.scene import (
    SIZE,
    Array,
    Layer,
    Scene,
    blank,
    filled,
    fixed,
    ramp,
    smooth_noise,
    stroke,
)


def hand(scene: Scene) -> Layer:
    """A hand with an arm that comes in from outside and lies somewhere on the face."""
    rng, eye = scene.rng, scene.eye
    turn = rng.uniform(0, 2 * np.pi)  # from the wrist towards the finger tips
    ahead = np.array([np.cos(turn), np.sin(turn)])
    aside = np.array([-ahead[1], ahead[0]])
    size = eye * rng.uniform(0.8, 1.35)  # palm's length
    palm = scene.spot_on_face() - ahead * size * rng.uniform(-0.2, 1.0)
    width = size * rng.uniform(0.38, 0.5)
    wrist = palm - ahead * size * 0.55
    arm = wrist - ahead * SIZE
    arm_width = width * rng.uniform(0.55, 0.8)
    outline = [
        palm + ahead * size * 0.45 + aside * width,
        palm + ahead * size * 0.45 - aside * width,
        palm - ahead * size * 0.25 - aside * width * 1.05,
        wrist - aside * arm_width,
        arm - aside * arm_width,
        arm + aside * arm_width,
        wrist + aside * arm_width,
        palm - ahead * size * 0.25 + aside * width * 1.05,
    ]
    fingers = [_finger(scene, palm, ahead, aside, size, width, place) for place in np.linspace(-0.85, 0.85, 4)]
    fingers = [finger for finger in fingers if rng.random() < 0.9]
    if rng.random() < 0.6:
        fingers.append(_thumb(scene, palm, ahead, aside, size, width))
    return _skin_layer(scene, [filled(np.array(outline))], fingers)


def fingers(scene: Scene) -> Layer:
    """One to four fingers that reach in side by side, without the palm."""
    rng, eye = scene.rng, scene.eye
    turn = rng.uniform(0, 2 * np.pi)
    ahead = np.array([np.cos(turn), np.sin(turn)])
    aside = np.array([-ahead[1], ahead[0]])
    tip, thick = scene.spot_on_face(), eye * rng.uniform(0.13, 0.24)
    made = []
    for place in range(int(rng.integers(1, 5))):
        root = tip - ahead * SIZE * 0.8 + aside * thick * (1 + rng.uniform(0, 0.3)) * place
        end = tip + aside * thick * 1.05 * place + ahead * rng.normal(0, thick * 0.6)
        bend = (root + end) / 2 + aside * rng.normal(0, thick * 0.8)
        made.append((np.array([root, bend, end]), thick))
    return _skin_layer(scene, [], made)


def flat_hand(scene: Scene) -> Layer:
    """A hand cut out by one polygon of an even colour or of skin from another portrait."""
    rng = scene.rng
    layer = hand(scene) if rng.random() < 0.7 else fingers(scene)
    if rng.random() < 0.5:
        grain = smooth_noise(rng, 60)[..., None] * rng.uniform(0, 0.04)
        rgb = np.broadcast_to(scene.skin(), (SIZE, SIZE, 3)) * ramp(rng, *rng.uniform(0.75, 1.2, 2)) + grain
    else:
        rgb = skin_of_another(scene)
    return Layer(np.clip(rgb, 0, 1).astype(np.float32), layer.alpha, shades=rng.random() < 0.4)


def skin_of_another(scene: Scene) -> Array:
    """(192, 192, 3) enlarged cheek or forehead of another portrait, mirrored on to fill the crop."""
    rng = scene.rng
    i = int(rng.integers(len(scene.bank.pixels)))
    x, y = scene.bank.xyz[i, int(rng.choice([50, 280, 151, 205, 425])), :2]
    x0, y0 = (int(np.clip(v - 14, 0, 227)) for v in (x, y))
    patch = scene.bank.pixels[i, y0 : y0 + 28, x0 : x0 + 28]
    tile = cv2.resize(patch, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    wide = cv2.copyMakeBorder(tile, 0, SIZE - 56, 0, SIZE - 56, cv2.BORDER_REFLECT)
    return wide.astype(np.float32) / 255 * rng.uniform(0.8, 1.15)


def _finger(
    scene: Scene, palm: Array, ahead: Array, aside: Array, size: float, width: float, place: float
) -> tuple[Array, float]:
    rng = scene.rng
    root = palm + ahead * size * 0.35 + aside * width * place
    spread = ahead + aside * (place * rng.uniform(0, 0.5) + rng.normal(0, 0.05))
    length = size * rng.uniform(0.55, 0.95) * (1 - 0.18 * abs(place - 0.15)) * rng.choice([1, 1, 1, 0.5])
    end = root + spread * length
    bend = (root + end) / 2 + aside * rng.normal(0, 0.06) * length
    return np.array([root, bend, end]), width * rng.uniform(0.42, 0.52)


def _thumb(scene: Scene, palm: Array, ahead: Array, aside: Array, size: float, width: float) -> tuple[Array, float]:
    rng = scene.rng
    side = rng.choice([-1, 1])
    root = palm - ahead * size * 0.25 + aside * width * 0.8 * side
    bend = root + aside * side * size * rng.uniform(0.2, 0.4) + ahead * size * 0.15
    return np.array([root, bend, bend + ahead * size * rng.uniform(0.25, 0.5)]), width * 0.55


def _skin_layer(scene: Scene, bodies: list[Array], fingers: list[tuple[Array, float]]) -> Layer:
    """Shade every part as a rounded form, the later ones in front of the earlier."""
    rng = scene.rng
    base = np.broadcast_to(scene.skin(), (SIZE, SIZE, 3)).astype(np.float32)
    if rng.random() < 0.4:
        other = skin_of_another(scene)
        base = base * other / np.maximum(other.reshape(-1, 3).mean(axis=0), 0.05)
    light = rng.normal(0, 1, 2)
    light = light / np.hypot(*light) * rng.uniform(0, 0.4)
    depth = rng.uniform(0.05, 0.5)
    rgb, alpha = base.copy(), np.zeros((SIZE, SIZE), np.float32)
    for body in bodies:
        rgb = _placed(rgb, base, body, _shade(body, scene.eye * 0.35, light, depth))
        alpha = np.maximum(alpha, body)
    for path, thick in fingers:
        part = stroke(path, thick)
        rgb = _placed(rgb, base, part, _shade(part, thick / 2, light, depth))
        alpha = np.maximum(alpha, part)
        rgb = _marked(scene, rgb, path, thick)
    grain = smooth_noise(rng, 90)[..., None] * rng.uniform(0, 0.03)
    return Layer(np.clip(rgb * (1 + smooth_noise(rng, 5)[..., None] * 0.06) + grain, 0, 1).astype(np.float32), alpha)


def _shade(part: Array, radius: float, light: Array, depth: float) -> Array:
    """(192, 192, 1) brightness of a part that is round at its rim."""
    inside = cv2.distanceTransform((part > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    near = np.clip(inside / max(radius, 1), 0, 1)
    height = np.sqrt(1 - (1 - near) ** 2).astype(np.float32)
    slope = cv2.GaussianBlur(height, (0, 0), 1.2) * radius
    lean = cv2.Sobel(slope, cv2.CV_32F, 1, 0) * light[0] + cv2.Sobel(slope, cv2.CV_32F, 0, 1) * light[1]
    return ((1 - depth) + depth * height + np.clip(lean / 8, -0.4, 0.3))[..., None]


def _placed(rgb: Array, base: Array, part: Array, shade: Array) -> Array:
    return rgb * (1 - part[..., None]) + base * shade * part[..., None]


def _marked(scene: Scene, rgb: Array, path: Array, thick: float) -> Array:
    """Creases across the joints, and a nail."""
    rng = scene.rng
    end, before = path[-1], path[-2]
    ahead = (end - before) / max(float(np.hypot(*(end - before))), 1e-3)
    aside = np.array([-ahead[1], ahead[0]])
    if rng.random() < 0.6:
        for back in (0.9, 2.2):
            middle = end - ahead * thick * back
            crease = stroke(np.array([middle - aside * thick * 0.35, middle + aside * thick * 0.35]), 1)
            rgb = rgb * (1 - crease[..., None] * rng.uniform(0.1, 0.4))
    if rng.random() < 0.5:
        nail = blank()
        turn = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
        axes = fixed(np.array([thick * 0.4, thick * 0.28]))
        middle = fixed(end + ahead * thick * 0.1)
        cv2.ellipse(nail, middle.tolist(), axes.tolist(), turn, 0, 360, 255, -1, cv2.LINE_AA, 4)
        on = nail[..., None].astype(np.float32) / 255 * rng.uniform(0.3, 1)
        tint = np.clip(rgb * 1.12 + 0.04, 0, 1) if rng.random() < 0.7 else rng.uniform(0, 1, 3)
        rgb = rgb * (1 - on) + tint * on
    return rgb
