"""What the drawing of every frame of a run shares, and what one frame becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from facefusion.blend import BlendSettings, MaskSettings
from facefusion.core import Face, Float32, Frame, Landmarks, Patch, Pixels
from facefusion.faces.parse import OcclusionParser
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.edits import Values
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.steady import SteadyFaces

Visible = Callable[[Pixels, Landmarks], Float32]
"""(h, w, 3) crop and landmarks in its pixels → (h, w) float32 in [0, 1], 0 where something is in front of the face."""


Laid = Callable[[int, Face, Patch], None]
"""Takes the number of a frame, a face of it and what is laid on that face."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderContext:
    """What every frame of a run shares; read-only and safe in threads.

    painted: (H, W) float32 in [0, 1], a hand-painted mask of the frame's size, or None.
    visible: looks for what is in front of a face, or None to look for nothing.
    parser: what `visible` asks where that is our own network; other answers are not held steady over neighbours.
    overrides: what edits ask of single faces and frames. variants: a context for every set of settings they ask for.
    laid: is told every patch before it is laid down; called from several threads.
    memory_digest: of what the enhancer knows of faces from elsewhere; empty where that is nothing.
    skips_unusable: a face for which a network answers with no numbers is left as it was, else that ends the run.
    faces_at_once: faces of a frame that are changed side by side, where they do not touch.
    steady: the faces as they are to be drawn, smoothed over time; None: take them as they were measured.
    """

    casting: Casting
    mask: MaskSettings = MaskSettings()
    blend: BlendSettings = BlendSettings()
    painted: Float32 | None = None
    visible: Visible | None = None
    parser: OcclusionParser | None = None
    overrides: Overrides = Overrides()
    variants: Mapping[Values, RenderContext] = field(default_factory=dict)
    steady: SteadyFaces | None = None
    laid: Laid | None = None
    memory_digest: str = ""
    skips_unusable: bool = False
    faces_at_once: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A finished frame, and for each face that was meant one word on what became of it."""

    frame: Frame
    notes: tuple[str, ...]
