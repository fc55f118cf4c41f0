"""One training sample: a portrait, what is drawn before it, what a camera does to both, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.train_face_occlusion.crop import crop_matrix, mesh_guide
from tools.train_face_occlusion.degrade import camera, face_only, recolor
from tools.train_face_occlusion.occluders import FAMILIES, Bank, Layer, Scene
from tools.train_face_occlusion.occluders.scene import SIZE, Array

from facefusion.geometry.mesh import canonical_mesh

_DRAW = [family for family, _ in FAMILIES]
_ODDS = np.array([often for _, often in FAMILIES]) / sum(often for _, often in FAMILIES)
_COUNTS = (0.14, 0.44, 0.27, 0.15)


@dataclass(frozen=True, slots=True)
class Sample:
    """image (6, 192, 192): RGB and guide. visible, weight (192, 192). All float32; hidden: alpha of what was drawn."""

    image: Array
    visible: Array
    weight: Array
    hidden: Array


def load_bank(path: Path) -> tuple[Bank, NDArray[np.int64]]:
    """The bank, and the numbers of portraits without glasses (the only ones to serve as faces)."""
    data = np.load(path)
    hidden = ((data["visible"] < 128) & (data["weight"] > 60)).sum(axis=(1, 2))
    plain = np.flatnonzero(~data["glasses"])
    pixels, xyz = data["pixels"], data["xyz"]
    skins = np.stack([_cheeks(p, x) for p, x in zip(pixels, xyz, strict=True)])
    hairy = np.flatnonzero((hidden > 250) & (hidden < 9000))
    return Bank(pixels, xyz, data["visible"], data["weight"], hairy, skins), plain


def _cheeks(pixels: NDArray[np.uint8], xyz: Array) -> Array:
    spots = [np.clip(xyz[i, :2], 4, 251).astype(int) for i in (50, 280)]
    patches = [pixels[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3) for x, y in spots]
    return np.concatenate(patches).mean(axis=0) / 255


def make_sample(
    bank: Bank, index: int, rng: np.random.Generator, *, count: int | None = None, family: int | None = None
) -> Sample:
    """Sample from portrait `index`. count: how many occluders; family: which (both random when None)."""
    pixels, xyz, visible, weight = _crop(bank, index, rng)
    guide_xyz = _jittered(rng, xyz)
    rgb = recolor(rng, face_only(rng, pixels, xyz))
    covered = mesh_guide(xyz)[..., 0]
    scene = Scene(rng, bank, rgb, xyz)
    hidden = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(rng.choice(4, p=_COUNTS) if count is None else count):
        draw = _DRAW[rng.choice(len(_DRAW), p=_ODDS) if family is None else family]
        rgb, alpha = composite(rng, rgb, draw(scene))
        hidden = np.maximum(hidden, alpha)
    rgb, hidden, visible = camera(rng, rgb, hidden, visible)
    counts = np.clip((hidden - 0.15) / 0.6, 0, 1)
    answer = visible * (1 - counts)
    trust = np.maximum(weight, (counts > 0.5).astype(np.float32))
    near = cv2.GaussianBlur(cv2.dilate(covered, np.ones((5, 5))), (0, 0), 1)
    guide = mesh_guide(guide_xyz)
    image = np.concatenate([rgb, guide], axis=-1).transpose(2, 0, 1)
    return Sample(np.ascontiguousarray(image, np.float32), answer, trust * near * _importance(answer), hidden)


def composite(rng: np.random.Generator, rgb: Array, layer: Layer) -> tuple[Array, Array]:
    """Lay one occluder over the picture: its light, edge, motion and shadow vary."""
    over, alpha = layer.rgb, layer.alpha
    if rng.random() < 0.35:  # lit as the face is
        light = cv2.GaussianBlur(rgb, (0, 0), 40)
        over = over * light / max(float(light.mean()), 0.05)
    if rng.random() < 0.4:
        soft = float(rng.choice([0.5, 0.8, 1.2, 2.0], p=[0.4, 0.3, 0.2, 0.1]))
        over, alpha = _blurred(over, alpha, lambda a: cv2.GaussianBlur(a, (0, 0), soft))
    if rng.random() < 0.12:
        kernel = _motion(rng, int(rng.integers(3, 12)))
        over, alpha = _blurred(over, alpha, lambda a: cv2.filter2D(a, -1, kernel))
    if layer.shades and rng.random() < 0.55:
        shift = np.float32([[1, 0, rng.normal(0, 4)], [0, 1, rng.uniform(-2, 8)]])
        dark = cv2.GaussianBlur(cv2.warpAffine(alpha, shift, (SIZE, SIZE)), (0, 0), float(rng.uniform(0.7, 7)))
        rgb = rgb * (1 - dark[..., None] * rng.uniform(0.1, 0.6))
    a = alpha[..., None]
    return np.clip(rgb * (1 - a) + over * a, 0, 1).astype(np.float32), alpha


def _blurred(rgb: Array, alpha: Array, blur) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
    """Blur colour and alpha together, so that no background colour bleeds in."""
    soft = blur(alpha)
    return blur(rgb * alpha[..., None]) / np.maximum(soft, 1e-3)[..., None], soft


def _motion(rng: np.random.Generator, length: int) -> Array:
    kernel = np.zeros((length, length), np.float32)
    turn, half = rng.uniform(0, np.pi), (length - 1) / 2
    dx, dy = np.cos(turn) * half, np.sin(turn) * half
    ends = [(round(half - dx), round(half - dy)), (round(half + dx), round(half + dy))]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return kernel / kernel.sum()


def _crop(bank: Bank, index: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """The portrait and its labels in a slightly wrong crop, mirrored half of the time."""
    xyz = bank.xyz[index].copy()
    pixels, visible, weight = bank.pixels[index], bank.visible[index], bank.weight[index]
    if rng.random() < 0.5:
        xyz = xyz[canonical_mesh().mirror] * np.float32([-1, 1, 1]) + np.float32([255, 0, 0])
        pixels, visible, weight = pixels[:, ::-1], visible[:, ::-1], weight[:, ::-1]
    matrix = crop_matrix(np.ascontiguousarray(xyz[:, :2]))
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), float(rng.normal(0, 4)), float(rng.uniform(0.9, 1.08)))
    turn[:, 2] += rng.normal(0, 4, 2)
    matrix = np.vstack([turn, [0, 0, 1]]) @ np.vstack([matrix, [0, 0, 1]])
    matrix = matrix[:2].astype(np.float32)
    border = int(rng.choice([cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT, cv2.BORDER_REFLECT]))

    def moved(plane: NDArray[np.uint8], edge: int) -> Array:
        return (
            cv2.warpAffine(np.ascontiguousarray(plane), matrix, (SIZE, SIZE), borderMode=edge).astype(np.float32) / 255
        )

    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    xy = xyz[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    inside = np.column_stack([xy, xyz[:, 2] * scale]).astype(np.float32)
    return moved(pixels, border), inside, moved(visible, cv2.BORDER_REPLICATE), moved(weight, cv2.BORDER_REPLICATE)


def _jittered(rng: np.random.Generator, xyz: Array) -> Array:
    """Landmarks as a reader finds them when something is in the way: shifted, turned, scaled, bent."""
    much = rng.choice([0.3, 1.0, 2.0], p=[0.4, 0.45, 0.15])
    middle = xyz[:468].mean(axis=0)
    turn, scale = rng.normal(0, 0.012 * much), 1 + rng.normal(0, 0.012 * much, 2)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flat = (xyz[:, :2] - middle[:2]) * scale @ spin.T
    wave = rng.normal(0, 0.8 * much, (2, 3)) @ np.stack([flat[:, 0], flat[:, 1], flat[:, 0] * flat[:, 1] / 60]) / 60
    moved = flat + middle[:2] + rng.normal(0, 0.9 * much, 2) + wave.T
    return np.column_stack([moved, xyz[:, 2]]).astype(np.float32)


def _importance(visible: Array) -> Array:
    """Edges count double, thin things three times."""
    hidden = (visible < 0.5).astype(np.uint8)
    thin = hidden & (cv2.morphologyEx(hidden, cv2.MORPH_OPEN, np.ones((6, 6), np.uint8)) == 0)
    edge = cv2.dilate(hidden, np.ones((3, 3), np.uint8)) - cv2.erode(hidden, np.ones((3, 3), np.uint8))
    return 1 + edge.astype(np.float32) + 2 * cv2.dilate(thin, np.ones((3, 3), np.uint8)).astype(np.float32)
