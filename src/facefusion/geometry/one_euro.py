"""The one-euro filter: smooth when the signal is slow, quick when it is fast (Casiez, Roussel and Vogel, CHI 2012)."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32


class OneEuroFilter:
    """Filters arrays of one fixed shape, sample by sample.

    rate_hz: samples a second. cutoff_hz: of a signal at rest; lower is smoother. beta: how fast the cutoff rises with
    speed, in 1/(units of the signal); higher is quicker.
    """

    def __init__(self, *, rate_hz: float = 25.0, cutoff_hz: float = 4.0, beta: float = 6.0) -> None:
        self._rate, self._cutoff, self._beta = rate_hz, cutoff_hz, beta
        self._value: Float32 | None = None
        self._speed: Float32 | None = None

    @property
    def value(self) -> Float32 | None:
        """The last filtered sample; None before the first."""
        return self._value

    def reset(self) -> None:
        """Forget the past: the next sample passes as it is."""
        self._value = self._speed = None

    def filter(self, sample: Float32, *, unit: float = 1.0) -> Float32:
        """The filtered sample. `unit`: speeds are measured in this (a face's size, say)."""
        if self._value is None or self._speed is None:
            self._value, self._speed = sample, np.zeros_like(sample)
            return sample
        raw_speed = (sample - self._value) * np.float32(self._rate / unit)
        self._speed = self._speed + _weight(1.0, self._rate) * (raw_speed - self._speed)
        cutoff = self._cutoff + self._beta * np.linalg.norm(self._speed, axis=-1, keepdims=True)
        self._value = (self._value + _weight(cutoff, self._rate) * (sample - self._value)).astype(np.float32)
        return self._value


def _weight(cutoff_hz: Float32 | float, rate_hz: float) -> Float32:
    """Weight of the new sample in a first-order low-pass with this cutoff."""
    step = 2 * np.pi * np.asarray(cutoff_hz, np.float32) / np.float32(rate_hz)
    weight: Float32 = step / (step + 1)
    return weight
