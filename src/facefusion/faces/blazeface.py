"""The BlazeFace networks: crops in, candidate faces out, in crop pixels.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019), and MediaPipe's
descriptions of the short-range (128 px) and full-range (192 px) models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facefusion.core import Box, Float32
from facefusion.faces.networks import Network
from facefusion.geometry import boxes, transforms


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A candidate face in pixels.

    points: (6, 2) float32: image-left eye, image-right eye, nose, mouth centre, image-left ear, image-right ear.
    """

    box: Box
    score: float
    points: Float32

    @property
    def roll_deg(self) -> float:
        """Clockwise turn of the line through the eyes, in degrees."""
        dx, dy = self.points[1] - self.points[0]
        return float(np.degrees(np.arctan2(dy, dx)))

    @property
    def side(self) -> float:
        """Longer side of the box, in pixels."""
        return max(self.box.width, self.box.height)


class BlazeFace:
    """One BlazeFace network. `size` is its input's side in pixels."""

    def __init__(self, network: Network, *, size: int, layers: tuple[tuple[int, int], ...]) -> None:
        """`layers`: stride in pixels and number of anchors a cell, in the order of the outputs."""
        self.size = size
        self._network = network
        self._anchors = _anchors(size, layers)

    @classmethod
    def short_range(cls, network: Network) -> BlazeFace:
        return cls(network, size=128, layers=((8, 2), (16, 6)))

    @classmethod
    def full_range(cls, network: Network) -> BlazeFace:
        return cls(network, size=192, layers=((4, 1),))

    def candidates(self, crops: Float32, *, above: float) -> list[list[Detection]]:
        """For each of `crops` (n, size, size, 3) float32 in [0, 1], its faces with a score over `above`, best first."""
        raw_boxes, raw_scores = self._network.run(crops)
        limit = np.log(above / (1 - above))
        return [self._decode(b, s, limit) for b, s in zip(raw_boxes, raw_scores[..., 0], strict=True)]

    def _decode(self, raw: Float32, logits: Float32, limit: float) -> list[Detection]:
        kept = np.flatnonzero(logits > limit)
        if not len(kept):
            return []
        pairs = raw[kept].reshape(-1, 8, 2).copy()
        pairs[:, 0] += self._anchors[kept]
        pairs[:, 2:] += self._anchors[kept, None]
        half = pairs[:, 1] / 2
        rows = np.concatenate([pairs[:, 0] - half, pairs[:, 0] + half, pairs[:, 2:].reshape(-1, 12)], axis=1)
        scores = (1 / (1 + np.exp(-np.clip(logits[kept], -50, 50)))).astype(np.float32)
        merged, best = boxes.weighted_nms(rows - np.float32(0.5), scores, iou=0.3)
        return [
            Detection(Box(*(float(v) for v in row[:4])), float(score), row[4:].reshape(6, 2))
            for row, score in zip(merged, best, strict=True)
            if row[2] > row[0] and row[3] > row[1]
        ]


def moved(found: Detection, matrix: Float32) -> Detection:
    """A detection carried by a similarity `matrix` (2, 3); the box keeps its centre and side and stays upright."""
    center = transforms.apply(matrix, np.array([found.box.center], np.float32))[0]
    scale = transforms.scale_of(matrix)
    half_w, half_h = found.box.width * scale / 2, found.box.height * scale / 2
    box = Box(*(float(v) for v in (center[0] - half_w, center[1] - half_h, center[0] + half_w, center[1] + half_h)))
    return Detection(box, found.score, transforms.apply(matrix, found.points))


def _anchors(size: int, layers: tuple[tuple[int, int], ...]) -> Float32:
    """(N, 2) float32 anchor centres in pixels measured from the crop's outer edge."""
    parts = []
    for stride, repeats in layers:
        line = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(parts).astype(np.float32)
