"""One training sample: a portrait with 0 to 3 things in front of it, its answer, and how much each pixel counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.train_face_occlusion.canvas import SIZE, Random
from tools.train_face_occlusion.occluders import FAMILIES, Scene

from facefusion.core import Float32

INPUT_SIZE = 128


@dataclass(frozen=True, slots=True, eq=False)
class Portraits:
    """Prepared pictures (see prepare.py), all (N, SIZE, SIZE, …): faces uint8, guides float16, visible and ignored
    masks; landmarks (N, 478, 3); pool: (M, 256, 256, 3) uint8 raw pictures."""

    faces: NDArray[np.uint8]
    landmarks: Float32
    visible: NDArray[np.uint8]
    ignored: NDArray[np.bool_]
    guides: NDArray[np.float16]
    pool: NDArray[np.uint8]

    @staticmethod
    def load(folder: Path) -> Portraits:
        with np.load(folder / "portraits.npz") as stored:
            data = {name: stored[name] for name in ("faces", "landmarks", "visible", "ignored", "pool")}
        return Portraits(**data, guides=np.load(folder / "guides.npy", mmap_mode="r"))


Sample = tuple[Float32, Float32, Float32]
"""planes (6, 128, 128), visible (1, 128, 128), weight (1, 128, 128)."""


def samples(portraits: Portraits, seed: int) -> Iterator[Sample]:
    """An endless stream of samples; the same seed gives the same stream. Colour portraits come three times as often."""
    random = np.random.default_rng(seed)
    colourful = [np.abs(face[..., 0].astype(int) - face[..., 2]).mean() > 4 for face in portraits.faces]
    chance = np.where(colourful, 2.0, 0.6)
    chance = chance / chance.sum()
    while True:
        yield one_sample(portraits, int(random.choice(len(chance), p=chance)), random)


def one_sample(portraits: Portraits, number: int, random: Random) -> Sample:
    scene = Scene(portraits.faces[number], portraits.landmarks[number], portraits.pool)
    picture, visible, weight = _occluded(
        random, scene, portraits.visible[number].astype(np.float32), portraits.ignored[number]
    )
    picture = photographed(random, picture).astype(np.float32) / 255
    guide = portraits.guides[number].astype(np.float32)
    picture, visible, weight, guide = _moved(random, picture, visible, weight, guide)
    near_face = cv2.dilate(guide[..., 0], np.ones((9, 9))) > 0
    weight = weight * np.where(near_face, 1.0, 0.08)
    picture, guide, visible, weight = (_small(array) for array in (picture, guide, visible, weight))
    planes = np.dstack([picture, guide]).transpose(2, 0, 1)
    return np.ascontiguousarray(planes), visible[None], weight[None]


def _small(array: Float32) -> Float32:
    whole = np.ascontiguousarray(array, np.float32)
    return cv2.resize(whole, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_AREA)


def _occluded(random: Random, scene: Scene, visible: Float32, ignored: NDArray[np.bool_]) -> Sample:
    picture, weight = scene.face.astype(np.float32), 1 - ignored.astype(np.float32)
    edges = np.zeros((SIZE, SIZE), np.float32)
    count = 0 if random.random() < 0.12 else int(random.choice([1, 1, 1, 2, 2, 3]))
    for _ in range(count):
        alpha, surface = FAMILIES[random.integers(len(FAMILIES))](random, scene)
        alpha = _blurred(random, alpha)
        if random.random() < 0.5:
            shadow = np.roll(alpha, tuple(random.integers(-6, 7, 2)), (0, 1))
            shadow = cv2.GaussianBlur(shadow, (0, 0), random.uniform(1.5, 6))
            picture = picture * (1 - random.uniform(0.1, 0.5) * shadow)[..., None]
        if random.random() < 0.5 and (alpha > 0.5).any():
            lighter = np.clip(picture.mean() / max(float(surface[alpha > 0.5].mean()), 20.0), 0.4, 2)
            surface = surface * lighter ** random.uniform(0, 0.6)
        picture = picture * (1 - alpha)[..., None] + np.clip(surface, 0, 255) * alpha[..., None]
        visible = visible * (1 - alpha)
        weight = np.maximum(weight, (alpha > 0.3).astype(np.float32))
        rim = cv2.dilate(alpha, np.ones((5, 5))) - cv2.erode(alpha, np.ones((5, 5)))
        edges = np.maximum(edges, rim)
    return picture, visible, weight * (1 + 2 * np.clip(edges, 0, 1))


def _blurred(random: Random, alpha: Float32) -> Float32:
    """Out of focus or moving, now and then."""
    if random.random() < 0.35:
        alpha = cv2.GaussianBlur(alpha, (0, 0), random.uniform(0.4, 2))
    if random.random() < 0.08:
        streak = np.zeros((9, 9), np.float32)
        streak[4] = 1 / 9
        turn = cv2.getRotationMatrix2D((4, 4), random.uniform(0, 180), 1)
        alpha = cv2.filter2D(alpha, -1, cv2.warpAffine(streak, turn, (9, 9)))
    return np.clip(alpha, 0, 1)


def photographed(random: Random, picture: Float32) -> NDArray[np.uint8]:
    """Exposure, white balance, darkness, blur, noise, JPEG; a quarter turn grey."""
    if random.random() < 0.25:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    picture = 255 * np.clip(picture / 255, 0, 1) ** np.exp(random.uniform(-0.6, 0.6))
    if random.random() < 0.5:
        picture = picture * random.uniform(0.85, 1.15, 3)
    if random.random() < 0.15:
        picture = picture * random.uniform(0.1, 0.5)
    if random.random() < 0.1:
        picture = picture * random.uniform(1.2, 1.8)
    if random.random() < 0.4:
        picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), random.uniform(0.3, 1.6))
    if random.random() < 0.6:
        picture = picture + random.standard_normal(picture.shape) * random.uniform(0, 7)
    taken = np.clip(picture, 0, 255).astype(np.uint8)
    if random.random() < 0.4:
        coded = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 92))])[1]
        taken = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return taken


def _moved(
    random: Random, picture: Float32, visible: Float32, weight: Float32, guide: Float32
) -> tuple[Float32, Float32, Float32, Float32]:
    """Turn, zoom, shift and mirror everything; the guide a little differently, as landmarks err on covered faces."""
    center = (SIZE / 2, SIZE / 2)
    matrix = cv2.getRotationMatrix2D(center, random.uniform(-8, 8), random.uniform(0.93, 1.07))
    matrix[:, 2] += random.uniform(-5, 5, 2)
    error = cv2.getRotationMatrix2D(center, random.normal(0, 2), 1 + random.normal(0, 0.025))
    error[:, 2] += random.normal(0, 2, 2)
    last = np.array([[0, 0, 1]])
    guide_matrix = (np.vstack([error, last]) @ np.vstack([matrix, last]))[:2]
    size = (SIZE, SIZE)
    picture = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT)
    visible = cv2.warpAffine(visible, matrix, size, borderValue=1)
    weight = cv2.warpAffine(weight, matrix, size, borderValue=0)
    guide = cv2.warpAffine(guide, guide_matrix, size)
    if random.random() < 0.5:
        picture, visible, weight, guide = (a[:, ::-1].copy() for a in (picture, visible, weight, guide))
        guide[..., 1] = (1 - guide[..., 1]) * (guide[..., 0] > 0)
    return picture, visible, weight, guide
