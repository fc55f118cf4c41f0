"""The second pass, one frame at a time: a pure function of the frame, its faces and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facefusion.blend import BlendSettings, MaskSettings, paste, restrict
from facefusion.core import AlignedFace, Face, FaceProcessor, Float32, Frame, Landmarks, Patch, Pixels, to_unit
from facefusion.pipeline.casting import Casting

LEFT_ALONE = "left_alone"
Visible = Callable[[Pixels, Landmarks], Float32]
"""(h, w, 3) crop and landmarks in its pixels → (h, w) float32 in [0, 1], 0 where something is in front of the face."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderContext:
    """What every frame of a run shares; read-only and safe in threads.

    painted: (H, W) float32 in [0, 1], a hand-painted mask of the frame's size, or None.
    visible: looks for what is in front of a face, or None to look for nothing.
    """

    casting: Casting
    mask: MaskSettings = MaskSettings()
    blend: BlendSettings = BlendSettings()
    painted: Float32 | None = None
    visible: Visible | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A finished frame, and for each face that was meant one word on what became of it."""

    frame: Frame
    notes: tuple[str, ...]


def render_frame(frame: Frame, faces: Sequence[Face], context: RenderContext) -> Rendered:
    """The frame with every chosen face changed; pixels outside the masks stay bit-identical.

    Without anything to change, the result holds the very array of `frame`.
    """
    pixels, notes = frame.pixels, []
    for face in faces:
        effects = context.casting.effects_for(face)
        if effects:
            pixels, note = change_face(pixels, face, effects, frame.index, context)
            notes.append(note)
    return Rendered(replace(frame, pixels=pixels), tuple(notes))


def change_face(
    pixels: Pixels, face: Face, effects: Sequence[FaceProcessor], index: int, context: RenderContext
) -> tuple[Pixels, str]:
    """`pixels` with `effects` applied to one face in order, and one word on what the first of them did."""
    notes = []
    for effect in effects:
        patch = _patch(pixels, face, effect, index, context)
        if patch is not None:
            pixels = paste(pixels, patch, context.blend)
        notes.append(LEFT_ALONE if patch is None else patch.note)
    return pixels, notes[0]


def _patch(pixels: Pixels, face: Face, effect: FaceProcessor, index: int, context: RenderContext) -> Patch | None:
    if face.landmarks is None:
        return None
    box = effect.crop_box(face, pixels.shape[1], pixels.shape[0])
    x0, y0, x1, y1 = (int(side) for side in (box.x0, box.y0, box.x1, box.y1))
    if x0 >= x1 or y0 >= y1:
        return None
    crop = to_unit(pixels[y0:y1, x0:x1])
    visible = _visible(pixels[y0:y1, x0:x1], face.landmarks, (x0, y0), context)
    matrix = np.array([[1, 0, -x0], [0, 1, -y0]], np.float32)
    patch = effect.process_face(AlignedFace(crop, matrix, face, index, visible))
    if patch is None:
        return None
    painted = None if context.painted is None else context.painted[y0:y1, x0:x1]
    return restrict(patch, face.landmarks, context.mask, painted)


def _visible(crop: Pixels, landmarks: Landmarks, origin: tuple[int, int], context: RenderContext) -> Float32 | None:
    if context.visible is None or not context.mask.mask_occlusion:
        return None
    return context.visible(crop, Landmarks(landmarks.xy - np.array(origin, np.float32), landmarks.z))
