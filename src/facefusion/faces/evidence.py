"""The few frames of a track that show best who it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from facefusion.core import Face, Float32, Pixels, UInt8
from facefusion.faces.crops import cut
from facefusion.faces.embed import IdentityEncoder
from facefusion.geometry import transforms

SAMPLE_SIZE = 192
_KEPT = 4
_SPACING = 6
_BETTER = 1.15


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One good view of a face: where it was, how good it is, and a thumbnail (192, 192, 3) uint8 RGB."""

    frame_index: int
    face: Face
    quality: float
    thumbnail: UInt8


@dataclass(slots=True, eq=False)
class Evidence:
    """Collects the best samples of one track, at most four, no two from neighbouring frames."""

    samples: list[Sample] = field(default_factory=list)

    @property
    def best(self) -> Sample | None:
        return max(self.samples, key=lambda sample: sample.quality, default=None)

    @property
    def embedding(self) -> Float32 | None:
        """(128,) float32: mean over the samples, weighted by quality; None before the first."""
        if not self.samples:
            return None
        vectors = np.array([sample.face.embedding for sample in self.samples], np.float32)
        weights = np.array([sample.quality for sample in self.samples])
        return np.average(vectors, axis=0, weights=weights).astype(np.float32)

    def consider(self, index: int, face: Face, pixels: Pixels, encoder: IdentityEncoder) -> None:
        """Keep this view when it is worth it; only then is it embedded."""
        quality = quality_of(face)
        if quality <= 0 or any(abs(index - sample.frame_index) < _SPACING for sample in self.samples):
            return
        if len(self.samples) >= _KEPT:
            worst = min(self.samples, key=lambda sample: sample.quality)
            if quality < worst.quality * _BETTER:
                return
            self.samples.remove(worst)
        if face.landmarks is None:
            return
        embedded = replace(face, embedding=encoder.embed(pixels, [face.landmarks])[0], picture=None)
        self.samples.append(Sample(index, embedded, quality, thumbnail(pixels, face)))


def quality_of(face: Face) -> float:
    """How well a face shows who it is, in [0, 1]: large, frontal, surely there."""
    if face.pose is None:
        return 0.0
    turned = np.cos(np.radians(face.pose.yaw_deg)) * np.cos(np.radians(face.pose.pitch_deg))
    size = min(face.box.height / 160.0, 1.0)
    return float(face.visibility * max(turned, 0.0) ** 2 * size)


def thumbnail(pixels: Pixels, face: Face) -> UInt8:
    """(192, 192, 3) uint8 RGB: the head, upright as in the picture."""
    side = max(face.box.width, face.box.height) * 1.7
    matrix = transforms.square_roi(face.box.center, side, 0.0, SAMPLE_SIZE)
    return (cut(pixels, matrix, SAMPLE_SIZE) * 255 + 0.5).astype(np.uint8)
