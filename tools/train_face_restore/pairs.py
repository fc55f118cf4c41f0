"""What the network learns from: whole faces at one size, made worse, and where the identity encoder looks on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from tools.train_face_deblur.degrade import Float32, degraded
from tools.train_face_restore.degrade import small_copy
from torch import Tensor

SIDE = 192
"""Pixels a side of what is learnt from: the face of a picture of 256 pixels."""
_CENTRE = (128.0, 138.0)
"""The middle of the face on ffhq at 256 pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """(3, SIDE, SIDE) worse and sharp RGB in [0, 1]; `chip`: (2, 3), pixels of these → pixels of the encoder's chip."""

    worse: Tensor
    sharp: Tensor
    chip: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A picture at 256 pixels and the matrix (2, 3) from its pixels to the encoder's chip."""

    path: Path
    chip: NDArray[np.float32]

    def pixels(self) -> Float32:
        """(256, 256, 3) RGB float32 in [0, 1]."""
        return np.asarray(cv2.imread(str(self.path), cv2.IMREAD_COLOR)[..., ::-1], np.float32) / 255


def portraits(folder: Path, chips: Path) -> list[Portrait]:
    """All pictures that `prepare.py` found a face on, in a fixed order."""
    found = np.load(chips)
    return [
        Portrait(folder / str(name), matrix) for name, matrix in zip(found["names"], found["matrices"], strict=True)
    ]


def example(rng: np.random.Generator, portrait: Portrait) -> Example:
    """One turned, moved, mirrored, tinted and worsened."""
    turn = _turn(rng)
    sharp = _tinted(rng, cv2.warpAffine(
        portrait.pixels(), turn, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    ))  # fmt: skip
    return _as_example(portrait, turn, sharp, _worse(rng, sharp))


def held_example(portrait: Portrait, factor: float) -> Example:
    """One as it is, made worse in a fixed way."""
    turn = np.array([[1, 0, SIDE / 2 - _CENTRE[0]], [0, 1, SIDE / 2 - _CENTRE[1]]], np.float32)
    sharp = cv2.warpAffine(portrait.pixels(), turn, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
    return _as_example(portrait, turn, sharp, small_copy(np.random.default_rng(1), sharp, factor=factor))


def _worse(rng: np.random.Generator, sharp: Float32) -> Float32:
    draw = rng.random()
    if draw < 0.06:
        return sharp
    return small_copy(rng, sharp) if draw < 0.7 else degraded(rng, sharp)


def _turn(rng: np.random.Generator) -> NDArray[np.float32]:
    angle, size = rng.normal(0, 0.15), np.exp(rng.uniform(-0.12, 0.25))
    cos, sin = size * np.cos(angle), size * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
    moved = SIDE / 2 + rng.uniform(-10, 10, 2) - linear @ np.array(_CENTRE)
    return np.concatenate([linear, moved[:, None]], 1).astype(np.float32)


def _tinted(rng: np.random.Generator, sharp: Float32) -> Float32:
    if rng.random() < 0.4:
        sharp = sharp * np.float32(rng.uniform(0.6, 1.2)) * (1 + rng.normal(0, 0.06, 3)).astype(np.float32)
    return np.clip(sharp, 0, 1).astype(np.float32)


def _as_example(portrait: Portrait, turn: NDArray[np.float32], sharp: Float32, worse: Float32) -> Example:
    back = cv2.invertAffineTransform(turn)
    chip = portrait.chip @ np.vstack([back, [0, 0, 1]])
    return Example(_planes(worse), _planes(sharp), torch.from_numpy(chip.astype(np.float32)))


def _planes(picture: Float32) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def batch_of(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """(worse, sharp, chip), stacked."""
    return (
        torch.stack([one.worse for one in examples]),
        torch.stack([one.sharp for one in examples]),
        torch.stack([one.chip for one in examples]),
    )
