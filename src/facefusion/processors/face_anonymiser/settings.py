"""Options of the face anonymiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option

Method = Literal["person", "blur", "pixelate", "solid", "mask"]
Cover = Literal["blur", "pixelate", "solid", "mask"]
Region = Literal["face", "head"]
Looks = Literal["near", "any", "neutral"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can say about how somebody is hidden."""

    method: Method = option(
        "person",
        why="person puts on somebody who does not exist and keeps pose, expression, gaze and light; blur, pixelate, "
        "solid (one grey) and mask (a plain mask that turns with the head) hide the face itself",
    )
    region: Region = option(
        "face", why="what the classical forms cover: face with a margin, or the head with hair and ears"
    )
    strength: float = option(
        1.0,
        low=1.0,
        high=4.0,
        why="pixelate keeps 4 / strength cells across a face, blur 1, or 2 / strength across a head; 1 is the weakest "
        "that tells an encoder nothing",
    )
    cover: Cover = option(
        "blur", why="the classical form that person falls back to where the face is not measured surely enough"
    )
    looks: Looks = option(
        "near",
        why="whom person puts on: near takes somebody of a similar age and skin tone, any takes no account of them, "
        "neutral gives everybody the one mean face",
    )
    chosen: str = option("", why="the bundled person that everybody gets, by name (p01, p02 …); empty chooses by looks")
    seed: int = option(0, low=0, high=1_000_000, why="another number gives everybody somebody else")
    max_yaw_deg: float = option(
        60.0, low=30.0, high=75.0, why="faces turned further than this are covered; up to there person is drawn"
    )
