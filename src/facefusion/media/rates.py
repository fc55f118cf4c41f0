"""Frame rates: as people write them, and which frame is seen when a clip is shown at another one."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil

from facefusion.errors import UsageError

_FASTEST = 1000
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\d+/\d+")
_NTSC = {"23.976": 24, "23.98": 24, "29.97": 30, "47.952": 48, "47.95": 48, "59.94": 60, "119.88": 120}
"""What is written in decimals and meant as thousands over 1001."""
_FEWEST_TICKS = 10_000


def parse_rate(text: str, *, option: str) -> Fraction:
    """Frames a second of `25`, `23.976` (24000/1001 exactly) or `24000/1001`. Raises UsageError."""
    words = text.strip()
    if words in _NTSC:
        return Fraction(_NTSC[words] * 1000, 1001)
    try:
        rate = Fraction(words) if _NUMBER.fullmatch(words) else Fraction(0)
    except ZeroDivisionError:
        rate = Fraction(0)
    if not 0 < rate <= _FASTEST:
        raise UsageError(f"{option}: got {text!r}, supported is a number such as 25, 23.976 or 24000/1001")
    return rate


def places(begin_seconds: Fraction, end_seconds: Fraction, rate: Fraction) -> range:
    """Numbers k of the frames, at k ÷ rate seconds, whose middle lies in [begin, end); at or after 0.

    A frame shown from `begin` to `end` is shown at these places. Frames that follow one another without a gap fill
    the places without a gap, and none twice.
    """
    first, stop = (ceil(seconds * rate - Fraction(1, 2)) for seconds in (begin_seconds, end_seconds))
    return range(max(0, first), max(0, stop))


def ticks_for(rate: Fraction) -> Fraction:
    """The length of a tick in which every frame of `rate` begins at a whole number."""
    return Fraction(1, rate.numerator * ceil(Fraction(_FEWEST_TICKS, rate.numerator)))
