"""What a user can say about the face enhancer."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is done to a face; 0 leaves that property as it is."""

    model: str = option(
        "own",
        why="what clears the face: own needs no weights and invents nothing; else a learned restorer's name "
        "(`facefusion models list`)",
    )
    fidelity: float = option(
        0.5, low=0.0, high=1.0, why="learned restorers that can choose: 1 keeps to the face, 0 draws more of its own"
    )
    blend: float = option(
        0.8, low=0.0, high=1.0, why="how much of the enhanced face shows; a little of the original keeps it natural"
    )
    restore: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="takes back what enlarging, blur and compression did, by a small bundled network that draws no "
        "features of its own; sharp pictures hardly change",
    )
    carry: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="how much detail of the person's sharpest frames in the clip, and of --face-enhancer-reference, is carried "
        "over where a frame is blurred; faces that are changed into somebody else get none",
    )
    reference: tuple[str, ...] = option(
        (),
        why="a sharp photo of the very person whose face is made clearer; repeat it; somebody else's is refused, and "
        "consent is asked for as for a source",
    )
    detail: float = option(
        0.3,
        low=0.0,
        high=1.0,
        why="lifts lashes, brows, lips and pores; more than 0.7 looks sharpened on clean pictures",
    )
    denoise: float = option(
        0.5,
        low=0.0,
        high=1.0,
        why="takes noise away in proportion to how much is measured; clean pictures keep everything at any value",
    )
    contrast: float = option(
        0.0,
        low=0.0,
        high=1.0,
        why="shapes light and shade across the face; more makes flat light livelier and skin older",
    )
    colour: float = option(
        0.3,
        low=0.0,
        high=1.0,
        why="pulls a colour cast back to the hues that skin of any tone has; lower it where coloured light is meant",
    )
