"""SMPTE timecode arithmetic (ST 12-1): where the clock stands after some frames."""

from __future__ import annotations

import re
from fractions import Fraction

_SHAPE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")


def advanced(timecode: str, frames: int, fps: Fraction) -> str:
    """`timecode` moved on by `frames`, wrapping at 24 hours; drop-frame codes (with `;`) skip the numbers they drop.

    Raises ValueError for text that is no timecode.
    """
    separator = _matched(timecode)[4]
    rate = round(fps)
    return _written(frame_count(timecode, fps) + frames, rate, _dropped(separator, rate), separator)


def frame_count(timecode: str, fps: Fraction) -> int:
    """Frames since 00:00:00:00; drop-frame codes do not count the numbers they skip. Raises ValueError."""
    found = _matched(timecode)
    hours, minutes, seconds, number = (int(found[n]) for n in (1, 2, 3, 5))
    rate = round(fps)
    total_minutes = hours * 60 + minutes
    skipped = _dropped(found[4], rate) * (total_minutes - total_minutes // 10)
    return (total_minutes * 60 + seconds) * rate + number - skipped


def counted_at(timecode: str, old_fps: Fraction, fps: Fraction) -> str:
    """`timecode` of a clip at `old_fps`, counted in frames of `fps`: the same second, the frame that is seen there.

    Drop-frame codes (`;`) stay so at 30 or 60 × 1000/1001. Raises ValueError for text that is no timecode.
    """
    if old_fps == fps:
        return timecode
    found = _matched(timecode)
    number = int(found[5]) * round(fps) // round(old_fps)
    drops = found[4] != ":" and round(fps) % 30 == 0 and fps.denominator == 1001
    if drops and int(found[3]) == 0 and int(found[2]) % 10:
        number = max(number, round(round(fps) / 15))
    return f"{found[1]}:{found[2]}:{found[3]}{';' if drops else ':'}{number:02}"


def _dropped(separator: str, rate: int) -> int:
    return round(rate / 15) if separator != ":" and rate % 30 == 0 else 0


def _matched(timecode: str) -> re.Match[str]:
    found = _SHAPE.fullmatch(timecode.strip())
    if found is None:
        raise ValueError(f"timecode: got {timecode!r}, supported is HH:MM:SS:FF or HH:MM:SS;FF")
    return found


def _written(count: int, rate: int, drop: int, separator: str) -> str:
    in_ten_minutes = 600 * rate - 9 * drop
    count %= 144 * in_ten_minutes
    tens, rest = divmod(count, in_ten_minutes)
    if drop and rest >= 60 * rate:
        rest += drop * ((rest - 60 * rate) // (60 * rate - drop) + 1)
    seconds, number = divmod(tens * 600 * rate + rest, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{number:02}"
