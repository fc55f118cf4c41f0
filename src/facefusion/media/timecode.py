"""SMPTE timecode arithmetic (ST 12-1): where the clock stands after some frames."""

from __future__ import annotations

import re
from fractions import Fraction

_SHAPE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")


def advanced(timecode: str, frames: int, fps: Fraction) -> str:
    """`timecode` moved on by `frames`, wrapping at 24 hours; drop-frame codes (with `;`) skip the numbers they drop.

    Raises ValueError for text that is no timecode.
    """
    found = _SHAPE.fullmatch(timecode.strip())
    if found is None:
        raise ValueError(f"timecode: got {timecode!r}, supported is HH:MM:SS:FF or HH:MM:SS;FF")
    hours, minutes, seconds, number = (int(found[n]) for n in (1, 2, 3, 5))
    rate = round(fps)
    drop = round(rate / 15) if found[4] != ":" and rate % 30 == 0 else 0
    total_minutes = hours * 60 + minutes
    count = (total_minutes * 60 + seconds) * rate + number - drop * (total_minutes - total_minutes // 10)
    return _written(count + frames, rate, drop, found[4])


def _written(count: int, rate: int, drop: int, separator: str) -> str:
    in_ten_minutes = 600 * rate - 9 * drop
    count %= 144 * in_ten_minutes
    tens, rest = divmod(count, in_ten_minutes)
    if drop and rest >= 60 * rate:
        rest += drop * ((rest - 60 * rate) // (60 * rate - drop) + 1)
    seconds, number = divmod(tens * 600 * rate + rest, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{number:02}"
