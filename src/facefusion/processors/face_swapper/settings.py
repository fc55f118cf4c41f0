"""Options of the face swapper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option

SkinTone = Literal["target", "source"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can say about the swap. Those that name the mesh's parts leave learned swappers as they are."""

    model: str = option(
        "mesh",
        why="what draws the face: mesh needs no weights; else a learned swapper's name (`facefusion models list`)",
    )
    pixel_boost: int = option(
        1,
        low=1,
        high=8,
        why="learned swappers: how many times finer than the model's own picture the face is drawn, by as many "
        "interleaved pictures squared in one batch; more is slower and keeps more of a large face's detail",
    )
    swap_weight: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="learned swappers that are told who somebody is by numbers: 1 is the source, less mixes in the identity of "
        "whoever is changed; for DFM files, their morph value",
    )
    shape_strength: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="how far the face's own proportions move towards the source; the outline moves less so that hair, ears "
        "and neck still fit",
    )
    skin_tone: SkinTone = option(
        "target", why="target keeps the tone of neck and ears; source brings the source's own hue and saturation"
    )
    light_strength: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="how much of the target's light falls on the source's face; 0 keeps the photo's light",
    )
    iris_strength: float = option(
        0.85, low=0.0, high=1.0, why="how much of the source's eye colour shows at the target's gaze"
    )
    detail_match: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="how closely sharpness, contrast of the skin and grain follow the target; 0 keeps the photo's own",
    )
    max_yaw_deg: float = option(
        70.0,
        low=30.0,
        high=90.0,
        why="faces turned further than this are left alone, and reported; it fades out before",
    )
