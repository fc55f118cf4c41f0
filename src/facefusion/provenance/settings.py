"""What a user can say about the visible label. There is no way to switch it off."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from facefusion.core.settings import SettingsError, check_settings, option, options_of

LabelPosition = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"]

LabelPreset = Literal["own", "gb45438", "quiet", "card"]

PRESETS: dict[LabelPreset, dict[str, float]] = {
    "own": {},
    "gb45438": {"size": 0.05, "opening_seconds": 3.0, "opening_size": 0.05, "corner_size": 0.025},
    "quiet": {"size": 0.05, "opening_seconds": 2.0, "opening_size": 0.05, "corner_size": 0.02},
    "card": {"size": 0.07, "opening_seconds": 4.0, "opening_size": 0.1, "corner_size": 0.025},
}
"""Sizes and times by name; none goes below the rule's limits. "own" leaves what was said or the defaults."""

FEWEST_LETTERS = 2
"""A label with fewer letters or digits says nothing; that would be a way to switch it off."""


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """The visible label that every output carries.

    Sizes are heights of a capital letter. The 5 % and 2 s limits are those of GB 45438-2025.
    """

    text: str = option(
        "AI-generated",
        why="what the label says; for China take a text with AI or 人工智能 and 生成 or 合成, such as AI生成",
    )
    position: LabelPosition = option(
        "bottom-right", why="where the label goes unless a face is there; then it takes the nearest free corner"
    )
    size: float = option(
        0.05,
        low=0.05,
        high=0.2,
        why="letter height on pictures, fraction of the shorter side; 0.05 is the rule's least",
    )
    opening_seconds: float = option(
        3.0, low=2.0, high=60.0, why="how long the large opening label of a clip stays; the rule's minimum is 2 s"
    )
    opening_size: float = option(
        0.05, low=0.05, high=0.2, why="letter height of the opening label, fraction of the clip's height"
    )
    corner_size: float = option(
        0.025,
        low=0.02,
        high=0.2,
        why="letter height of the mark that stays afterwards, fraction of the shorter side; small keeps it quiet",
    )
    preset: LabelPreset = option(
        "own",
        why="sizes and times together: gb45438 as that rule asks, quiet as small and short as it allows, card a large "
        "opening; a size or time that is given as well wins; own takes them one by one",
    )
    font: str = option(
        "", why="font file for the text; empty takes the built-in one, or a system font when the text needs it"
    )

    def __post_init__(self) -> None:
        check_settings(self)
        defaults = {one.name: one.default for one in options_of(LabelSettings)}
        for name, value in PRESETS[self.preset].items():
            if getattr(self, name) == defaults[name]:
                object.__setattr__(self, name, value)
        _check_text(self.text)


def _check_text(text: str) -> None:
    letters = sum(character.isalnum() for character in text)
    if letters < FEWEST_LETTERS:
        raise SettingsError(
            f"label-text: got {text!r}, supported is a text of at least {FEWEST_LETTERS} letters; "
            "the label cannot be switched off"
        )
    hidden = [character for character in text if unicodedata.category(character).startswith("C")]
    if hidden:
        raise SettingsError(f"label-text: got invisible character U+{ord(hidden[0]):04X}, supported is printable text")
