"""What a user can say about cutting out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option

Screen = Literal["auto", "green", "blue", "none"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the foreground is told from its background."""

    model: str = option(
        "own",
        why="what tells people from their surroundings where there is no screen: own needs no weights; else a matting "
        "model's name or the path of its file (`facefusion models list`), like modnet or rvm_mobilenetv3",
    )
    screen: Screen = option(
        "auto",
        why="the colour of the screen behind the person; auto looks for one in every shot and takes people out of any "
        "background where there is none; none never keys",
    )
    garbage: bool = option(
        True, why="removes what stands beside the person without touching them: stands, lamps, the screen's edge"
    )
    holdout: bool = option(
        True, why="keeps what has the screen's colour inside of the person: a green shirt, a blue badge"
    )
    despill: float = option(
        1.0, low=0.0, high=1.0, why="how much of the screen's light is taken off hair, skin and clothes"
    )
    softness: float = option(
        1.0, low=0.0, high=2.0, why="how soft hair and blur are kept; below 1 the edge gets harder and noise vanishes"
    )
