"""What a user can say about the new background, and what a background's name means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facefusion.core import option
from facefusion.errors import UsageError

Fit = Literal["fill", "fit", "stretch"]
AtItsEnd = Literal["loop", "hold", "mirror"]
Light = Literal["linear", "display"]
DEFAULT_BLUR = 0.03

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 177, 64),
    "blue": (0, 71, 187),
}
"""Colours by name; green and blue are those of a chroma-key screen."""


@dataclass(frozen=True, slots=True)
class BackgroundSettings:
    """What the cut-out is put on, and how it is made to belong there."""

    background: str = option(
        "",
        why="what is put behind the person: a picture, a clip, a numbered sequence, a colour (#rrggbb, black, white, "
        "grey, green, blue), or blur (blur:0.05 is blurred over 5 % of the height) for the old background out of "
        "focus; empty leaves transparency, for outputs that can hold it",
    )
    background_fit: Fit = option(
        "fill",
        why="how a background of another shape meets the frame: fill covers it and cuts what is over, fit shows all "
        "of it on black, stretch distorts",
    )
    background_end: AtItsEnd = option(
        "loop", why="what follows when a moving background is shorter: loop begins again, mirror runs back, hold stays"
    )
    background_wrap: float = option(
        0.25, low=0.0, high=1.0, why="light wrap: how much light of the new background spills round the person's edge"
    )
    background_soften: float = option(
        0.0, low=0.0, high=1.0, why="softens the edge, in thousandths of the picture's height; for plates out of focus"
    )
    background_match: float = option(
        0.25, low=0.0, high=1.0, why="how far the person's brightness and colour move to those of the new background"
    )
    background_grain: float = option(
        1.0, low=0.0, high=1.0, why="how far the cleaner of person and background gets the grain of the other"
    )
    background_shadow: float = option(
        0.0, low=0.0, high=1.0, why="darkness of a soft shadow that the person throws on the background"
    )
    background_light: Light = option(
        "linear",
        why="where edges are mixed: linear light, as a lens does it, or display values, as most picture viewers do",
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """A background as it was named: one of a colour, a blur or a file. color: RGB in [0, 1]. blur: of the height."""

    color: tuple[float, float, float] | None = None
    blur: float | None = None
    path: Path | None = None


def ground_of(text: str) -> Ground | None:
    """What `text` names; None when it is empty. Raises UsageError for a colour or blur that cannot be read."""
    word = text.strip().lower()
    if not word:
        return None
    if word.startswith("#"):
        return Ground(color=_hex(word))
    if word in COLOURS:
        red, green, blue = COLOURS[word]
        return Ground(color=(red / 255, green / 255, blue / 255))
    if word == "blur" or word.startswith("blur:"):
        return Ground(blur=_blur(word.partition(":")[2]))
    return Ground(path=Path(text))


def _hex(word: str) -> tuple[float, float, float]:
    if not re.fullmatch("#([0-9a-f]{3}|[0-9a-f]{6})", word):
        raise UsageError(f"background: got {word!r}, a colour is # and six hexadecimal digits, like #20304a")
    digits = word[1:] if len(word) == 7 else "".join(2 * digit for digit in word[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _blur(number: str) -> float:
    try:
        share = float(number) if number else DEFAULT_BLUR
    except ValueError:
        share = -1.0
    if not 0 < share <= 0.5:
        raise UsageError(f"background: got blur:{number}, supported is blur:0.001 to blur:0.5, a share of the height")
    return share
