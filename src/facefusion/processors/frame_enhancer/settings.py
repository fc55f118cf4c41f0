"""What a user can say about making frames larger."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """How much larger, and how crisp."""

    model: str = option(
        "own",
        why="what makes frames larger: own needs no weights; else a learned upscaler's name (`facefusion models list`)",
    )
    scale: int = option(
        2, low=1, high=4, why="how many times as wide and high the result is; 1 keeps the size and only sharpens edges"
    )
    crispness: float = option(
        0.5,
        low=0.0,
        high=1.0,
        why="how steep edges become, never beyond the lightest and darkest pixel beside them, so without halos; noise "
        "and compression are lifted less than edges",
    )
