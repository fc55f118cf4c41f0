"""The second pass, one frame at a time: a pure function of the frame, its faces and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import cast

import numpy as np

from facefusion.blend import BlendSettings, MaskSettings, paste, restrict
from facefusion.blend.layers import lay
from facefusion.core import (
    AlignedFace,
    Box,
    Face,
    FaceProcessor,
    Float32,
    Frame,
    Landmarks,
    Patch,
    Pixels,
    TemplateProcessor,
    to_unit,
)
from facefusion.pipeline.cascade import Seen, cascade, crop_box, matrix_of
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.edits import Values
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.steady import SteadyFaces

LEFT_ALONE = "left_alone"
Visible = Callable[[Pixels, Landmarks], Float32]
"""(h, w, 3) crop and landmarks in its pixels → (h, w) float32 in [0, 1], 0 where something is in front of the face."""


Laid = Callable[[int, Face, Patch], None]
"""Takes the number of a frame, a face of it and what is laid on that face."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderContext:
    """What every frame of a run shares; read-only and safe in threads.

    painted: (H, W) float32 in [0, 1], a hand-painted mask of the frame's size, or None.
    visible: looks for what is in front of a face, or None to look for nothing.
    overrides: what edits ask of single faces and frames. variants: a context for every set of settings they ask for.
    laid: is told every patch before it is laid down; called from several threads.
    steady: the faces as they are to be drawn, smoothed over time; None: take them as they were measured.
    """

    casting: Casting
    mask: MaskSettings = MaskSettings()
    blend: BlendSettings = BlendSettings()
    painted: Float32 | None = None
    visible: Visible | None = None
    overrides: Overrides = Overrides()
    variants: Mapping[Values, RenderContext] = field(default_factory=dict)
    steady: SteadyFaces | None = None
    laid: Laid | None = None


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
        touch = context.overrides.touch(face, frame.index)
        look = context.variants[touch.values] if touch.values else context
        effects = () if touch.is_excluded or touch.strength <= 0 else look.casting.effects_for(face)
        if effects:
            pixels, note = change_face(pixels, face, effects, frame.index, look, strength=touch.strength)
            notes.append(note)
    return Rendered(replace(frame, pixels=pixels), tuple(notes))


def change_face(
    pixels: Pixels,
    face: Face,
    effects: Sequence[FaceProcessor],
    index: int,
    context: RenderContext,
    *,
    strength: float = 1.0,
) -> tuple[Pixels, str]:
    """`pixels` with `effects` applied to one face in order, and one word on what the first of them did.

    strength: how much of the change shows, 0 to 1.
    """
    before = pixels
    boxes = [_whole(_box_of(effect, face, pixels)) for effect in effects]
    seen = _visible(pixels, face, boxes, context)
    notes: list[str] = []
    for aligned, group in groupby(zip(effects, boxes, strict=True), key=lambda pair: pair[0].crop_kind == "template"):
        pair = list(group)
        if aligned:
            pixels, said = _in_cascade(pixels, before, face, [effect for effect, _ in pair], seen, index, context)
            notes += said
            continue
        for effect, box in pair:
            patch = _patch(pixels, face, effect, box, seen, index, context)
            if patch is not None:
                pixels = paste(pixels, patch, context.blend)
            notes.append(LEFT_ALONE if patch is None else patch.note)
    return (pixels if strength >= 1 else _weakened(before, pixels, _around(boxes), strength)), notes[0]


def _box_of(effect: FaceProcessor, face: Face, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    if effect.crop_kind == "native":
        return effect.crop_box(face, width, height)
    aligned = cast(TemplateProcessor, effect)
    return crop_box(matrix_of(aligned, face), aligned.crop_size, width, height)


def _in_cascade(
    pixels: Pixels,
    before: Pixels,
    face: Face,
    effects: Sequence[FaceProcessor],
    seen: _Seen | None,
    index: int,
    context: RenderContext,
) -> tuple[Pixels, list[str]]:
    """`pixels` with aligned `effects` on them; a copy, unless they are no longer `before`."""
    hidden = None if seen is None else Seen(seen.mask, seen.span.x0, seen.span.y0)
    aligned = [cast(TemplateProcessor, effect) for effect in effects]
    layer, notes = cascade(pixels, face, aligned, index, context, hidden)
    if layer is None:
        return pixels, notes
    result = pixels.copy() if pixels is before else pixels
    lay(result, layer)
    return result, notes


def _weakened(before: Pixels, after: Pixels, span: _Span, strength: float) -> Pixels:
    """`before`, moved towards `after` by `strength` inside `span`, outside which they are equal; rounded to even."""
    if after is before or span.is_empty:
        return after
    result = after.copy()
    under = before[span.part].astype(np.float32)
    mixed = under + np.float32(strength) * (after[span.part].astype(np.float32) - under)
    result[span.part] = np.rint(mixed) if np.issubdtype(before.dtype, np.integer) else mixed
    return result


def _patch(
    pixels: Pixels,
    face: Face,
    effect: FaceProcessor,
    box: _Span,
    seen: _Seen | None,
    index: int,
    context: RenderContext,
) -> Patch | None:
    if face.landmarks is None or box.is_empty:
        return None
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    visible = None if seen is None else seen.mask[box.within(seen.span)]
    patch = effect.process_face(AlignedFace(to_unit(pixels[box.part]), matrix, face, index, visible))
    if patch is None:
        return None
    painted = None if context.painted is None else context.painted[box.part]
    narrowed = restrict(patch, face.landmarks, context.mask, painted)
    if context.laid is not None:
        context.laid(index, face, narrowed)
    return narrowed


def _visible(pixels: Pixels, face: Face, boxes: Sequence[_Span], context: RenderContext) -> _Seen | None:
    """What is in front of the face, looked for once, in the untouched picture, for all effects."""
    span = _around(boxes)
    if context.visible is None or not context.mask.mask_occlusion or face.landmarks is None or span.is_empty:
        return None
    moved = Landmarks(face.landmarks.xy - np.array([span.x0, span.y0], np.float32), face.landmarks.z)
    return _Seen(span, context.visible(pixels[span.part], moved))


@dataclass(frozen=True, slots=True)
class _Span:
    """A box of whole pixels."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def is_empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def within(self, outer: _Span) -> tuple[slice, slice]:
        return slice(self.y0 - outer.y0, self.y1 - outer.y0), slice(self.x0 - outer.x0, self.x1 - outer.x0)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    span: _Span
    mask: Float32


def _whole(box: Box) -> _Span:
    return _Span(int(box.x0), int(box.y0), int(box.x1), int(box.y1))


def _around(spans: Sequence[_Span]) -> _Span:
    """The smallest span that holds all of those that are not empty; empty when all are."""
    full = [span for span in spans if not span.is_empty]
    if not full:
        return _Span(0, 0, 0, 0)
    return _Span(
        min(span.x0 for span in full),
        min(span.y0 for span in full),
        max(span.x1 for span in full),
        max(span.y1 for span in full),
    )
