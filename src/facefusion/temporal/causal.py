"""Twins of the zero-phase smoothing for live use: they look back only, and a frame costs next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.one_euro import OneEuroFilter

Float64 = NDArray[np.float64]

_READING = 0.004
"""Standard deviation of one reading, in face widths."""
_REST, _MANOEUVRE = 0.0008, 0.02
"""Standard deviations of the change of speed from frame to frame, in face widths: at rest, and in a manoeuvre."""
_SURPRISE = 3.0
"""A reading this many standard deviations off says that a manoeuvre begins."""


class CausalSmoother:
    """Smooths the landmarks of a live face, frame after frame. Not for use from several threads at once."""

    def __init__(self, method: Literal["kalman", "one_euro"], coefficient: float, *, rate_hz: float = 25.0) -> None:
        """coefficient: in [0, 1], as of `smooth.smoothed`. rate_hz: frames a second."""
        self._method, self._coefficient, self._rate_hz = method, coefficient, rate_hz
        self.reset()

    def reset(self) -> None:
        """Forget the past, at a cut or for another face."""
        cutoff = 12.0 * (1 - self._coefficient) + 0.5
        self._euro = OneEuroFilter(rate_hz=self._rate_hz, cutoff_hz=cutoff, beta=30.0)
        self._kalman: KalmanState | None = None

    def push(self, points: Float32, confidence: float = 1.0) -> Float32:
        """The smoothed landmarks of the next frame.

        points: (K, D) float32. confidence: in [0, 1]; at 0 the face goes on as it moved (kalman) or stays (one_euro).
        """
        width = max(float(np.ptp(points[:, 0])), 1e-6)
        if self._method == "one_euro":
            return self._euro.filter(points, unit=width) if confidence > 0 else self._euro_held(points)
        if self._kalman is None:
            self._kalman = KalmanState.at(points, width)
        else:
            self._kalman = self._kalman.after(points, confidence, self._coefficient, width)
        return self._kalman.position.astype(np.float32)

    def run(self, points: Float32, confidence: Float32) -> Float32:
        """`push` for each of (n, K, D)."""
        return np.stack([self.push(one, float(sure)) for one, sure in zip(points, confidence, strict=True)])

    def _euro_held(self, points: Float32) -> Float32:
        held = self._euro.value
        return points if held is None else held


@dataclass(frozen=True, slots=True, eq=False)
class KalmanState:
    """Position and speed (K, D) of points that move evenly, and their (K,) variances and covariance."""

    position: Float64
    speed: Float64
    position_variance: Float64
    covariance: Float64
    speed_variance: Float64

    @staticmethod
    def at(points: Float32, width: float) -> KalmanState:
        """The beginning: where the points are read, at rest."""
        count = len(points)
        start = np.full(count, (_READING * width) ** 2)
        return KalmanState(points.astype(np.float64), np.zeros(points.shape), start, np.zeros(count), start)

    def after(self, points: Float32, confidence: float, coefficient: float, width: float) -> KalmanState:
        """One frame later. Process noise rises where a reading surprises: a manoeuvre is followed at once."""
        reading = (_READING * width * max(2 * coefficient, 1e-3)) ** 2 / max(confidence, 1e-9)
        expected = self.position + self.speed
        calm = self._predicted((_REST * width) ** 2)
        error = np.linalg.norm(points - expected, axis=1) / np.sqrt(points.shape[1])
        is_moving = error > _SURPRISE * np.sqrt(calm[0] + reading)
        moving = self._predicted((_MANOEUVRE * width) ** 2)
        variance, covariance, speed_variance = (np.where(is_moving, m, c) for m, c in zip(moving, calm, strict=True))
        gain, speed_gain = variance / (variance + reading), covariance / (variance + reading)
        innovation = points - expected
        return KalmanState(
            expected + gain[:, None] * innovation,
            self.speed + speed_gain[:, None] * innovation,
            (1 - gain) * variance,
            (1 - gain) * covariance,
            speed_variance - speed_gain * covariance,
        )

    def _predicted(self, change: float) -> tuple[Float64, Float64, Float64]:
        """Variances one frame ahead when the speed changes with this variance."""
        position = self.position_variance + 2 * self.covariance + self.speed_variance + change / 4
        return position, self.covariance + self.speed_variance + change / 2, self.speed_variance + change
