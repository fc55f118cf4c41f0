"""What is done about pictures that are damaged, and about interlaced ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.media.scene_space import SceneSpace

DamagedFrames = Literal["hold", "pass", "stop"]
"""hold: the last whole picture stays on the screen. pass: what the decoder made of it. stop: an error."""
Interlaced = Literal["keep", "deinterlace", "stop"]
"""keep: both fields as one picture, flagged in the output. deinterlace: whole pictures, as many. stop: an error."""


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """Choices that change which pictures a reader gives, never how many or when."""

    damaged: DamagedFrames = "hold"
    interlaced: Interlaced = "keep"
    space: SceneSpace | None = None
    """Colour space of the stored pixels, where the file is not to be believed or cannot tell."""
