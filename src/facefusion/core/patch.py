"""What a face processor gives back: a processed crop, where it applies, and how to put it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facefusion.core.arrays import Float32, check_shape
from facefusion.core.face import Face


@dataclass(frozen=True, slots=True, eq=False)
class FaceLight:
    """The light on a face, told by the colour that its plain skin has under it, in texture space.

    skin: (S, S, 3) float32 linear light. lips: (3,) float32 linear light, or None where hardly any of them is seen.
    """

    skin: Float32
    lips: Float32 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AlignedFace:
    """A face cut out of a frame.

    pixels: (h, w, 3) float32 RGB in [0, 1].
    matrix: (2, 3) float32, frame pixels → crop pixels. A pure integer translation means a native crop.
    face: the detection, in frame coordinates.
    frame_index: position in the clip (0 for a still picture); seeds everything random.
    visible: (h, w) float32 in [0, 1], 1 where the face itself is seen and 0 where something is in front of it,
        or None when nothing was looked for.
    light: the light on the face, held steady over time, or None: to be measured in `pixels`.
    """

    pixels: Float32
    matrix: Float32
    face: Face
    frame_index: int = 0
    visible: Float32 | None = None
    light: FaceLight | None = None

    def __post_init__(self) -> None:
        check_shape("AlignedFace.pixels", self.pixels, (None, None, 3))
        check_shape("AlignedFace.matrix", self.matrix, (2, 3))
        if self.visible is not None:
            check_shape("AlignedFace.visible", self.visible, self.pixels.shape[:2])

    @property
    def is_native(self) -> bool:
        """True when the crop's pixels are the frame's own pixels, only shifted."""
        linear = self.matrix[:, :2]
        shift = self.matrix[:, 2]
        return bool(np.array_equal(linear, np.eye(2, dtype=np.float32)) and np.all(shift == np.round(shift)))


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A processed crop, ready to be pasted.

    pixels: (h, w, 3) float32 RGB in [0, 1]. mask: (h, w) float32 in [0, 1], where the edit applies.
    matrix: (2, 3) float32, frame pixels → crop pixels.
    base: (h, w, 3) float32, the target's own pixels after the processor moved them (a changed face shape moves the
        mouth's inside and the jaw line), or None when nothing was moved. The edit is blended over it.
    visible: (h, w) float32 in [0, 1], 0 where something in front of the face must stay untouched, or None.
    note: one word on what the processor decided ("done", "weakened", "covered", "left_alone").
    is_opaque: what is under the mask must not show: no option narrows the mask, keeps things in front or mixes.
    """

    pixels: Float32
    mask: Float32
    matrix: Float32
    base: Float32 | None = None
    visible: Float32 | None = None
    note: str = "done"
    is_opaque: bool = False

    def __post_init__(self) -> None:
        check_shape("Patch.pixels", self.pixels, (None, None, 3))
        check_shape("Patch.mask", self.mask, self.pixels.shape[:2])
        check_shape("Patch.matrix", self.matrix, (2, 3))
        if self.base is not None:
            check_shape("Patch.base", self.base, self.pixels.shape)
        if self.visible is not None:
            check_shape("Patch.visible", self.visible, self.pixels.shape[:2])
