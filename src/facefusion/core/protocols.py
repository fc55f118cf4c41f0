"""The three shapes of processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol, runtime_checkable

from facefusion.core.cutout import Cutout
from facefusion.core.face import Box, Face
from facefusion.core.frame import Frame
from facefusion.core.patch import AlignedFace, FaceLight, Patch

CropKind = Literal["native", "template"]


class FaceProcessor(Protocol):
    """`AlignedFace → Patch`. Never writes into its input."""

    name: ClassVar[str]
    crop_kind: CropKind
    """"native": an unscaled cut-out; "template": warped to `template` at `crop_size` pixels."""

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole-pixel part of a `width` × `height` picture that an edit of `face` may change or must see."""

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The patch to paste, or None when the face is to be left alone."""


@runtime_checkable
class LitProcessor(FaceProcessor, Protocol):
    """A face processor that draws under the target's light, and takes one that is held steady over time."""

    def light_on(self, aligned: AlignedFace) -> FaceLight | None:
        """The light on the face; None where hardly any skin is seen."""


class TemplateProcessor(FaceProcessor, Protocol):
    """A face processor of the crop kind "template": it gets the face aligned, and gives a patch of that very crop."""

    template: str
    """A name of `geometry.templates`."""
    crop_size: int
    """Side of the crop in pixels."""


class FrameProcessor(Protocol):
    """`Frame → Frame`, `scale` times as large."""

    name: ClassVar[str]
    scale: int

    def process_frame(self, frame: Frame) -> Frame: ...


class Survey(Protocol):
    """What was measured of a whole clip for one processor."""

    def digest(self) -> bytes:
        """Equal for two that measured the same."""


class Surveyor(Protocol):
    """Looks at every frame of a clip, in order, before any is rendered."""

    def look(self, frame: Frame) -> None: ...

    def found(self) -> Survey: ...


class WindowProcessor(Protocol):
    """`Frame → Frame` of the same size, with the frames before and after it in view. Safe in threads."""

    name: ClassVar[str]
    margin: int
    """Frames on each side that are wanted; there are fewer at the ends of a shot."""

    def process_window(self, frames: Sequence[Frame], at: int) -> Frame:
        """`frames[at]` restored. frames: of one shot, one after another. Never writes into its input."""


class MatteProcessor(Protocol):
    """`Frame → Cutout`: the foreground's opacity and its own colour. Never writes into its input; safe in threads."""

    name: ClassVar[str]

    @property
    def lines(self) -> Sequence[str]:
        """What it found out about the medium, one line each, for the report."""

    def cut_out(self, frame: Frame, faces: Sequence[Face] = ()) -> Cutout:
        """The foreground of `frame`. faces: those seen in it, which are never cut away."""
