"""Places in a clip as people write them: a time, or a frame number with an f."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from facefusion.errors import UsageError

_FRAME = re.compile(r"(\d+)f")
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)s?")


@dataclass(frozen=True, slots=True)
class Cue:
    """Either `frame`, counted from 0, or exact `seconds` from the clip's start."""

    frame: int | None = None
    seconds: Fraction | None = None

    def __post_init__(self) -> None:
        if (self.frame is None) == (self.seconds is None):
            raise ValueError("cue: got both or neither, supported is either a frame or seconds")


def parse_cue(text: str, *, option: str) -> Cue | None:
    """`12.5`, `12.5s`, `1:02.5`, `0:01:02.5` or `250f`; None for an empty text. Raises UsageError otherwise."""
    words = text.strip()
    if not words:
        return None
    if found := _FRAME.fullmatch(words):
        return Cue(frame=int(found[1]))
    if found := _TIME.fullmatch(words):
        hours, minutes, seconds = found[1] or "0", found[2] or "0", found[3]
        return Cue(seconds=Fraction(seconds) + 60 * int(minutes) + 3600 * int(hours))
    raise UsageError(f"{option}: got {text!r}, supported is a time (12.5, 1:02.5, 0:01:02.5) or a frame (250f)")
