"""Pictures and clips that show people, made by code from scikit-image's portrait of Eileen Collins."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Clip, Look, make_clip

WIDTH, HEIGHT = 320, 240
_MIDDLE_PX = 225
"""The column of the nose."""


@cache
def astronaut() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8 RGB; one face, 110 px high."""
    return np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut()[..., :3])


@cache
def somebody_else() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8 RGB; same pose, the features moved, evenly left and right, until the encoder sees another."""
    picture = astronaut()
    field = np.random.default_rng(3).normal(size=(22, 22, 2)).astype(np.float32) * 7
    field = cv2.resize(field, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    from_middle = columns - _MIDDLE_PX
    shift = field[rows.astype(int), np.abs(from_middle).astype(int)]
    across = columns + shift[..., 0] * np.tanh(from_middle / 12)
    return cv2.remap(picture, across, rows + shift[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def scene(number: int = 0, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """One person who is not the astronaut, moved by a few pixels with the number of the frame."""
    return _cut(somebody_else(), number, width, height)


def two_people(number: int = 0, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Somebody on the left, the astronaut, a little smaller, on the right."""
    left = _cut(somebody_else(), number, width // 2, height)
    right = _cut(
        cv2.resize(astronaut(), None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), -number, width // 2, height
    )
    return np.hstack([left, right])


def nobody(number: int = 0, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Rolling hills of colour."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows % 256, columns % 256, (rows + columns + 3 * number) % 256], axis=-1).astype(np.uint8)


def write_png(path: Path, pixels: NDArray[Any]) -> Path:
    """RGB, RGBA or grey; 8 or 16 bits."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, order[pixels.shape[2]])
    path.write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    return path


def make_film(path: Path, *, draw: Any = scene, frames: int = 6, look: Look | None = None, **options: Any) -> Clip:
    """A clip of 320 × 240 whose pictures `draw(number, width, height)` makes; the rest as `clips.make_clip` has it."""
    sized = replace(look or Look(), width=WIDTH, height=HEIGHT)
    return make_clip(path, frames=frames, draw=draw, look=sized, **options)


def _cut(picture: NDArray[np.uint8], number: int, width: int, height: int) -> NDArray[np.uint8]:
    middle = round(_MIDDLE_PX * picture.shape[1] / 512)
    left, top = max(middle - width // 2 + 2 * number % 12, 0), number % 5
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
