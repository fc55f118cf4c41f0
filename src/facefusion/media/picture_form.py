"""How pictures are stored, where a format leaves a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from facefusion.media.scene_space import SceneSpace
from facefusion.media.timecode import advanced

AlphaChoice = Literal["auto", "straight", "premultiplied"]
"""auto: premultiplied in EXR, whose standard says so, straight in everything else."""
AlphaForm = Literal["straight", "premultiplied"]
ALPHA_TAG = "alpha_form"
"""Name of the tag of a clip that says how its transparency is stored."""
ExrCompression = Literal["zip", "zips", "piz", "rle", "none", "dwaa", "dwab"]
ExrDepth = Literal["half", "float"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where one picture stands in its sequence. timecode: HH:MM:SS:FF, or with ;FF for drop-frame codes."""

    number: int
    timecode: str | None = None
    frames_per_second: Fraction | None = None


@dataclass(frozen=True, slots=True)
class PictureForm:
    """Choices for pictures of one output.

    space: colour space of the stored pixels; None is sRGB, and linear Rec.709 in EXR. attributes: further texts for the
    header of EXR. stamp: of this picture.
    """

    alpha: AlphaChoice = "auto"
    space: SceneSpace | None = None
    exr_compression: ExrCompression = "zip"
    exr_depth: ExrDepth = "half"
    attributes: Mapping[str, str] = field(default_factory=dict)
    stamp: Stamp | None = None

    def alpha_of(self, suffix: str) -> AlphaForm:
        """How transparency is stored in files of `suffix`."""
        if self.alpha != "auto":
            return self.alpha
        return "premultiplied" if suffix.lower() == ".exr" else "straight"


def stamped(form: PictureForm, first_number: int, place: int) -> PictureForm:
    """`form` for the picture at `place` (from 0) of a sequence; the form's stamp is that of its first picture."""
    first = form.stamp or Stamp(first_number)
    code = first.timecode
    if code is not None and first.frames_per_second is not None:
        code = advanced(code, place, first.frames_per_second)
    return replace(form, stamp=replace(first, number=first_number + place, timecode=code))
