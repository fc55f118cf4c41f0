"""Face detectors: a picture in, boxes and five keypoints in its pixels out.

Decoding after InsightFace `scrfd.py`, biubug6's and yakhyo's RetinaFace, derronqi's yolov8-face and OpenCV's
FaceDetectorYN. The picture is shrunk to fit a square input, its top-left corner in the input's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels
from facefusion.geometry import boxes
from facefusion.models.sessions import Session

STRIDES = (8, 16, 32)
_SIDE = 640
_OVERLAP = 0.4
_MOST = 1000
"""Most candidates that are compared with one another, the best of them."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundFaces:
    """The best first. boxes: (n, 4) float32 xyxy pixels; scores: (n,); keypoints: (n, 5, 2) float32 pixels."""

    boxes: Float32
    scores: Float32
    keypoints: Float32

    def __len__(self) -> int:
        return len(self.scores)


class Detector(Protocol):
    """What every detector can do."""

    def detect(self, pixels: Pixels, *, above: float = 0.5) -> FoundFaces:
        """The faces of `pixels` (H, W, 3) RGB uint8, uint16 or float32 with a score over `above`."""


class _Detector:
    """Fits the picture in, decodes, drops repetitions; subclasses know the outputs.

    SMALLER: the part of the input in which a picture without a found face is shown again; 0 where that gains nothing.
    """

    SMALLER: ClassVar[float] = 0.0

    def __init__(self, session: Session, *, side: int = _SIDE) -> None:
        self._session = session
        height, _ = session.inputs[0].size
        self.side = height if isinstance(height, int) else side

    def detect(self, pixels: Pixels, *, above: float = 0.5) -> FoundFaces:
        found = self._found(pixels, 1.0, above)
        return self._found(pixels, self.SMALLER, above) if self.SMALLER and not len(found) else found

    def _found(self, pixels: Pixels, part: float, above: float) -> FoundFaces:
        fitted, scale = fit(pixels, self.side, part)
        outputs = self._session.run(self._session.inputs[0].encode(fitted))
        rows, scores, points = self._decoded([one.astype(np.float32) for one in outputs], above)
        kept = _best(rows, scores)
        return FoundFaces(rows[kept] / scale, scores[kept], points[kept] / scale)

    def _decoded(self, outputs: list[Float32], above: float) -> tuple[Float32, Float32, Float32]:
        raise NotImplementedError


class Scrfd(_Detector):
    """InsightFace's SCRFD and its RetinaFace exports: distances from two anchors a cell, times the stride.

    The real scrfd_2.5g gives faces that fill two thirds of the picture 0.3 to 0.7, and the same ones 0.8 or more at
    half the size (`benchmarks.real_weights`), hence the second look where there was nothing.
    """

    contract: ClassVar[str] = "scrfd"
    SMALLER: ClassVar[float] = 0.5

    def _decoded(self, outputs: list[Float32], above: float) -> tuple[Float32, Float32, Float32]:
        parts = []
        for level, stride in enumerate(STRIDES):
            scores, sides, points = (outputs[level + 3 * kind] for kind in range(3))
            scores, sides, points = scores.reshape(-1), sides.reshape(-1, 4), points.reshape(-1, 5, 2)
            at = np.flatnonzero(scores > above)
            centres = _cells(self.side, stride, len(scores))[at] * stride
            low, high = centres - sides[at, :2] * stride, centres + sides[at, 2:] * stride
            parts.append((np.hstack([low, high]), scores[at], centres[:, None] + points[at] * stride))
        return _joined(parts)


class RetinaFace(_Detector):
    """RetinaFace with priors (Deng et al. 2020): offsets from priors of two sizes a cell, variances 0.1 and 0.2."""

    contract: ClassVar[str] = "retinaface"
    _SIZES: ClassVar[dict[int, tuple[int, int]]] = {8: (16, 32), 16: (64, 128), 32: (256, 512)}

    def _decoded(self, outputs: list[Float32], above: float) -> tuple[Float32, Float32, Float32]:
        offsets, scores, points = outputs[0][0], outputs[1][0, :, 1], outputs[2][0].reshape(-1, 5, 2)
        at = np.flatnonzero(scores > above)
        prior = _priors(self.side)[at]
        centres = prior[:, :2] + offsets[at, :2] * 0.1 * prior[:, 2:]
        half = prior[:, 2:] * np.exp(offsets[at, 2:] * 0.2) / 2
        spots = prior[:, None, :2] + points[at] * 0.1 * prior[:, None, 2:]
        return np.hstack([centres - half, centres + half]), scores[at], spots


class YoloFace(_Detector):
    """YOLOv8 for faces: one table of centre, size, score and five (x, y, score) in input pixels."""

    contract: ClassVar[str] = "yoloface"

    def _decoded(self, outputs: list[Float32], above: float) -> tuple[Float32, Float32, Float32]:
        table = outputs[0][0].T
        table = table[table[:, 4] > above]
        half = table[:, 2:4] / 2
        points = table[:, 5:].reshape(-1, 5, 3)[..., :2]
        return np.hstack([table[:, :2] - half, table[:, :2] + half]), table[:, 4], points


class YuNet(_Detector):
    """OpenCV's YuNet: class times objectness, centre and logarithmic size from one anchor a cell."""

    contract: ClassVar[str] = "yunet"

    def _decoded(self, outputs: list[Float32], above: float) -> tuple[Float32, Float32, Float32]:
        parts = []
        for level, stride in enumerate(STRIDES):
            classes, objects, sides, points = (outputs[level + 3 * kind][0] for kind in range(4))
            scores = classes[:, 0] * objects[:, 0]
            at = np.flatnonzero(scores > above)
            cells = _cells(self.side, stride, len(scores))[at]
            centres, half = (cells + sides[at, :2]) * stride, np.exp(sides[at, 2:]) * stride / 2
            spots = (cells[:, None] + points[at].reshape(-1, 5, 2)) * stride
            parts.append((np.hstack([centres - half, centres + half]), scores[at], spots))
        return _joined(parts)


def fit(pixels: Pixels, side: int, part: float = 1.0) -> tuple[Pixels, float]:
    """(side, side, 3) picture with `pixels` at its top-left corner, made to fit `part` of it, and the scale of that."""
    height, width = pixels.shape[:2]
    scale = part * side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    fitted = np.zeros((side, side, 3), pixels.dtype)
    fitted[: size[1], : size[0]] = shrunk
    return fitted, scale


def _best(rows: Float32, scores: Float32) -> NDArray[Any]:
    """Indices of the best ones that do not lie on a better one."""
    order, kept = list(np.argsort(-scores, kind="stable")[:_MOST]), []
    while order:
        first = order.pop(0)
        kept.append(first)
        if order:
            apart = boxes.iou_matrix(rows[first][None], rows[order])[0] <= _OVERLAP
            order = [one for one, is_apart in zip(order, apart, strict=True) if is_apart]
    return np.array(kept, int)


@lru_cache(maxsize=16)
def _cells(side: int, stride: int, number: int) -> Float32:
    """(number, 2) float32: x, y of each anchor's cell, as many anchors a cell as `number` asks for."""
    across = side // stride
    grid = np.stack(np.meshgrid(np.arange(across), np.arange(across)), axis=-1).reshape(-1, 2).astype(np.float32)
    return np.repeat(grid, max(number // len(grid), 1), axis=0)


@lru_cache(maxsize=4)
def _priors(side: int) -> Float32:
    """(n, 4) float32: x, y, width and height of every prior."""
    parts = []
    for stride in STRIDES:
        sizes = np.array(RetinaFace._SIZES[stride], np.float32)
        across = -(-side // stride)
        cells = (_cells(across * stride, stride, across * across) + 0.5) * stride
        centres = np.repeat(cells, 2, axis=0)
        parts.append(np.hstack([centres, np.tile(np.repeat(sizes[:, None], 2, axis=1), (len(cells), 1))]))
    return np.concatenate(parts).astype(np.float32)


def _joined(parts: list[tuple[Float32, Float32, Float32]]) -> tuple[Float32, Float32, Float32]:
    rows, scores, points = (np.concatenate(one).astype(np.float32) for one in zip(*parts, strict=True))
    return rows, scores, points
