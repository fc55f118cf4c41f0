"""Exact time: rational timestamps and half-open ranges."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, order=False)
class Timestamp:
    """A presentation time `pts × time_base`, in seconds when multiplied. Never stored as a float."""

    pts: int
    time_base: Fraction

    def __post_init__(self) -> None:
        if self.time_base <= 0:
            raise ValueError(f"time_base: got {self.time_base}, supported is above 0")

    @property
    def seconds(self) -> Fraction:
        """Exact seconds."""
        return self.pts * self.time_base

    def __lt__(self, other: Timestamp) -> bool:
        return self.seconds < other.seconds

    def __le__(self, other: Timestamp) -> bool:
        return self.seconds <= other.seconds

    def rescaled(self, time_base: Fraction) -> Timestamp:
        """The nearest timestamp in another time base."""
        return Timestamp(round(self.seconds / time_base), time_base)


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Half-open range of frame indices [start, stop)."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"frame range: got [{self.start}, {self.stop}), supported is 0 ≤ start ≤ stop")

    def __len__(self) -> int:
        return self.stop - self.start

    def __contains__(self, index: int) -> bool:
        return self.start <= index < self.stop


Shot = FrameRange
"""Frames between two cuts."""
Segment = FrameRange
"""The range that one worker renders."""
