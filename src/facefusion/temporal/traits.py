"""What holds for a whole track: one estimate of the face, and how noisy its readings are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facefusion.core import Float32
from facefusion.temporal.head import HeadMotion, head_motion, reference_shape
from facefusion.temporal.local_fit import WINDOWS, known_noise, local_fit

_HANDLE = 0.5
"""Length of the motion's handles, in parts of the face's width."""
_MAD = 0.6745


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Consecutive frames of a track.

    points: (n, 478, 3) float32, pixels. confidence: (n,) or (n, 478) float32 in [0, 1]; 0 where nothing was measured.
    moved: (n, 478, 3) float32, `Face.moved` of every frame (all 0 where unknown), or None.
    """

    points: Float32
    confidence: Float32
    moved: Float32 | None = None

    def __len__(self) -> int:
        return len(self.points)

    @property
    def trust(self) -> Float32:
        """(n,): the confidence of each frame."""
        return by_frame(self.confidence)


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """reference: (478, 3) float32, the one estimate of the face, in pixels. weights: (478,), how firm each point sits.
    motion_noise: (4,), shape_noise: (478,), drift_noise: (478,) float32, standard deviations of one reading, pixels.
    """

    reference: Float32
    weights: Float32
    motion_noise: Float32
    shape_noise: Float32
    drift_noise: Float32

    @property
    def width(self) -> float:
        """Width of the face, pixels."""
        return float(np.ptp(self.reference[:, 0]))

    @property
    def handle(self) -> float:
        """Length of the motion's handles, pixels."""
        return self.width * _HANDLE

    def motion(self, points: Float32) -> HeadMotion:
        """How the head moves under (n, 478, 3)."""
        return head_motion(points, self.reference, self.weights)


def traits_of(stretches: Sequence[Stretch]) -> Traits:
    """Measure a track by its stretches, or by a sample of them. Raises ValueError when there is none."""
    if not stretches:
        raise ValueError("traits: got no frames, supported is at least one")
    points = np.concatenate([one.points for one in stretches])
    reference, weights = reference_shape(points, np.concatenate([one.trust for one in stretches]))
    bare = Traits(reference, weights, *(np.zeros(1, np.float32),) * 3)

    def handles(one: Stretch) -> Float32:
        return known_noise(bare.motion(one.points).handles(bare.handle), one.trust)

    def shapes(one: Stretch) -> Float32:
        return known_noise(bare.motion(one.points).unplaced(one.points), one.trust)

    noises = (_typical(stretches, measured) for measured in (handles, shapes, wander))
    return Traits(reference, weights, *noises)


def wander(one: Stretch) -> Float32:
    """(478,): how far readings stray from where the skin's movement takes them, robustly, in pixels.

    The readings' error changes slowly too, so third differences would not show all of it.
    """
    apart = one.points[..., :2] - skin_path(one.points[..., :2], one.moved)
    fit = local_fit(one.trust, *WINDOWS[-1])
    away = np.abs(apart - fit.of(apart))[one.trust > 0.5]
    if not len(away):
        return np.zeros(apart.shape[1], np.float32)
    return (np.median(away, axis=(0, 2)) / _MAD).astype(np.float32)


def skin_path(steady: Float32, moved: Float32 | None) -> Float32:
    """(n, K, 2): where spots of skin go, up to a constant: by their measured movement as far as it is sure, else as
    `steady` (n, K, 2) does."""
    steps = np.diff(steady, axis=0).astype(np.float64)
    if moved is not None:
        sure = moved[1:, :, 2:]
        steps = sure * moved[1:, :, :2] + (1 - sure) * steps
    return np.concatenate([np.zeros_like(steady[:1]), np.cumsum(steps, axis=0)]).astype(np.float32)


def by_frame(confidence: Float32) -> Float32:
    """(n,) of (n,) or (n, K)."""
    return confidence if confidence.ndim == 1 else confidence.mean(axis=1)


def _typical(stretches: Sequence[Stretch], measured: Callable[[Stretch], Float32]) -> Float32:
    return np.median(np.stack([measured(one) for one in stretches]), axis=0).astype(np.float32)
