"""What a user can say about masks and blending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option

BlendMode = Literal["multiband", "poisson", "plain"]
Area = Literal["upper", "lower", "eyes", "mouth"]
ALL_AREAS: tuple[Area, ...] = ("upper", "lower", "eyes", "mouth")


@dataclass(frozen=True, slots=True)
class BlendSettings:
    """How a patch meets the picture."""

    blend_mode: BlendMode = option(
        "multiband",
        why="multiband blends colour over a wide band and detail over a narrow one, so that no seam shows; "
        "poisson fits colour to the edge; plain is a straight mix",
    )
    blend_strength: float = option(
        1.0, low=0.0, high=1.0, why="how much of the result replaces the original; 1 shows only the result"
    )


@dataclass(frozen=True, slots=True)
class MaskSettings:
    """Which part of the face an effect may touch."""

    mask_areas: tuple[Area, ...] = option(
        ALL_AREAS, why="parts of the face that are changed; upper is above the nose's tip, eyes and mouth are windows"
    )
    mask_blur: float = option(
        0.3,
        low=0.0,
        high=1.0,
        why="width of the soft edge, in eye distances; wider hides tone steps, narrower keeps more",
    )
    mask_padding_top: float = option(0.0, low=-0.5, high=0.5, why="moves the mask's upper edge in (+) by eye distances")
    mask_padding_bottom: float = option(
        0.0, low=-0.5, high=0.5, why="moves the mask's chin edge in (+) by eye distances"
    )
    mask_padding_sides: float = option(
        0.0, low=-0.5, high=0.5, why="moves the mask's side edges in (+) by eye distances"
    )
    mask_occlusion: bool = option(
        True, why="keeps whatever is in front of the face (hands, hair, glasses, microphones) in front; off is faster"
    )
    mask_occlusion_model: str = option(
        "own",
        why="what looks for things in front of the face: own needs no weights; else an occluder's or a parser's name "
        "(`facefusion models list`)",
    )
    mask_image: str = option(
        "", why="a hand-painted mask of the target's size: white is changed, black stays; empty means none"
    )
