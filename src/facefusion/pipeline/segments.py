"""Which frames are rendered and encoded together: a pure function of the shots and the length."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from facefusion.core import FrameRange, Segment, Shot

LONGEST_SECONDS = 4
SHORTEST_SECONDS = 1
_WANTED = 8
"""Segments that even a short clip is cut into, so that several workers have something to do."""


def segments_of(part: FrameRange, shots: Iterable[Shot], fps: Fraction) -> tuple[Segment, ...]:
    """`part` cut at shots and, where those are longer than 1 to 4 seconds (an eighth of all), into equal pieces.

    A shot shorter than a second stays with what comes before it. Never depends on how many workers there are.
    """
    shortest = max(1, round(SHORTEST_SECONDS * fps))
    longest = max(shortest, min(-(-len(part) // _WANTED), round(LONGEST_SECONDS * fps)))
    begins = [part.start]
    for cut in sorted({shot.start for shot in shots}):
        if cut - begins[-1] >= shortest and part.stop - cut >= shortest:
            begins.append(cut)
    ends = [*begins[1:], part.stop]
    return tuple(piece for begin, end in zip(begins, ends, strict=True) for piece in _pieces(begin, end, longest))


def _pieces(begin: int, end: int, longest: int) -> Iterable[Segment]:
    count = max(1, -(-(end - begin) // longest))
    bounds = [begin + (end - begin) * number // count for number in range(count + 1)]
    return [Segment(start, stop) for start, stop in pairwise(bounds) if start < stop]
