"""What a user can say about colouring frames."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """Which network colours, and how much of that shows."""

    model: str = option(
        "ddcolor",
        why="the learned colouriser, by name or path; none comes with the package (`facefusion models pull ddcolor`)",
    )
    blend: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="how much of the new colour shows; 0 leaves frames as they are; lightness is kept always",
    )
