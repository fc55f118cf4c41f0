"""The few frames of a track that show best who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from facefusion.core import Face, Float32, Pixels, Samples, UInt8
from facefusion.faces.crops import cut
from facefusion.faces.embed import IdentityEncoder
from facefusion.geometry import transforms

SAMPLE_SIZE = 192
_KEPT = 4
_SPACING = 6
_BETTER = 1.15
_JPEG_QUALITY = 90


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

    def as_samples(self) -> Samples:
        """What is kept of them in an analysis: embeddings, and a picture of the best."""
        if self.best is None:
            return Samples.none()
        ordered = sorted(self.samples, key=lambda sample: sample.frame_index)
        return Samples(
            frames=np.array([sample.frame_index for sample in ordered], np.int64),
            qualities=np.array([sample.quality for sample in ordered], np.float32),
            embeddings=np.array([sample.face.embedding for sample in ordered], np.float32),
            thumbnail=encoded(self.best.thumbnail),
        )

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


def merged_samples(several: Sequence[Samples]) -> Samples:
    """The best samples of parts of one track, at most four, no two from neighbouring frames."""
    found = [
        (float(one.qualities[i]), int(one.frames[i]), one.embeddings[i]) for one in several for i in range(len(one))
    ]
    kept: list[tuple[float, int, Float32]] = []
    for sample in sorted(found, key=lambda sample: (-sample[0], sample[1])):
        if len(kept) < _KEPT and all(abs(sample[1] - other[1]) >= _SPACING for other in kept):
            kept.append(sample)
    if not kept:
        return Samples.none()
    kept.sort(key=lambda sample: sample[1])
    return Samples(
        frames=np.array([frame for _, frame, _ in kept], np.int64),
        qualities=np.array([quality for quality, _, _ in kept], np.float32),
        embeddings=np.array([embedding for _, _, embedding in kept], np.float32),
        thumbnail=max(several, key=lambda one: one.best_quality).thumbnail,
    )


def encoded(picture: UInt8) -> bytes:
    """A JPEG of (H, W, 3) uint8 RGB."""
    return bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def decoded(jpeg: bytes) -> UInt8 | None:
    """(H, W, 3) uint8 RGB of a JPEG; None when it is none."""
    if not jpeg:
        return None
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.ascontiguousarray(found[..., ::-1])


def thumbnail(pixels: Pixels, face: Face) -> UInt8:
    """(192, 192, 3) uint8 RGB: the head, upright as in the picture."""
    side = max(face.box.width, face.box.height) * 1.7
    matrix = transforms.square_roi(face.box.center, side, 0.0, SAMPLE_SIZE)
    return (cut(pixels, matrix, SAMPLE_SIZE) * 255 + 0.5).astype(np.uint8)
