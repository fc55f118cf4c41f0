"""What a user can say about restoring film."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """How much of each kind of damage is taken away; 0 leaves that kind alone."""

    deflicker: float = option(
        1.0, low=0.0, high=1.0, why="evens out brightness that jumps from frame to frame; slow changes and fades stay"
    )
    dust: float = option(
        0.5,
        low=0.0,
        high=1.0,
        why="how faint a spot may be that is found and filled from the frames before and after; what flies stays; more "
        "finds fainter ones, and takes some glints, sparks and fast fingers for dust",
    )
    scratches: float = option(
        0.5, low=0.0, high=1.0, why="how faint an upright line through the whole frame may be that is found and filled"
    )
    grain: float = option(
        0.5,
        low=0.0,
        high=1.0,
        why="how much of the grain is averaged away along the movement; what stays keeps skin from looking like wax",
    )
    deblock: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="makes ramps of the steps between the 8 × 8 blocks of JPEG, MPEG and DV, as high as they are measured; "
        "clips without such a grid, and enlarged ones, stay",
    )
    stabilise: float = option(
        0.0,
        low=0.0,
        high=1.0,
        why="takes out the trembling of the film in its gate; off because it moves every picture a little and repeats "
        "the pixels at its rim",
    )
    levels: float = option(
        0.0,
        low=0.0,
        high=1.0,
        why="stretches faded film to full black and white, alike for a whole shot; off because fading may be meant",
    )
