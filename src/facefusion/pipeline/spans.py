"""Boxes of whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facefusion.core import Box


@dataclass(frozen=True, slots=True)
class Span:
    """A box of whole pixels."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def is_empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def within(self, outer: Span) -> tuple[slice, slice]:
        return slice(self.y0 - outer.y0, self.y1 - outer.y0), slice(self.x0 - outer.x0, self.x1 - outer.x0)


def whole(box: Box) -> Span:
    return Span(int(box.x0), int(box.y0), int(box.x1), int(box.y1))


def around(spans: Sequence[Span]) -> Span:
    """The smallest span that holds all of those that are not empty; empty when all are."""
    full = [span for span in spans if not span.is_empty]
    if not full:
        return Span(0, 0, 0, 0)
    return Span(
        min(span.x0 for span in full),
        min(span.y0 for span in full),
        max(span.x1 for span in full),
        max(span.y1 for span in full),
    )
