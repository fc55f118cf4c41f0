"""The second pass, one frame at a time: a pure function of the frame, its faces and what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import cast

import numpy as np

from facefusion.blend import paste, restrict
from facefusion.blend.layers import lay
from facefusion.core import (
    AlignedFace,
    Box,
    Face,
    FaceLight,
    FaceProcessor,
    Float32,
    Frame,
    Landmarks,
    LitProcessor,
    Patch,
    Pixels,
    TemplateProcessor,
    to_unit,
)
from facefusion.errors import UnusableOutput
from facefusion.faces.parse import Looked
from facefusion.pipeline.apart import Change, in_turn_or_at_once
from facefusion.pipeline.cascade import Seen, cascade, crop_box, matrix_of
from facefusion.pipeline.held import NOTHING, Known
from facefusion.pipeline.overrides import Touch
from facefusion.pipeline.render_context import RenderContext, Rendered
from facefusion.pipeline.spans import Span, around, whole
from facefusion.pipeline.unusable import unusable_note

LEFT_ALONE = "left_alone"
WEAKENED, DONE = "weakened", "done"


def render_frame(
    frame: Frame,
    faces: Sequence[Face],
    context: RenderContext,
    known: Mapping[int, Known] | None = None,
    sure: Mapping[int, float] = MappingProxyType({}),
) -> Rendered:
    """The frame with every chosen face changed; pixels outside the masks stay bit-identical.

    known: by track, what is known of its face beforehand. sure: by track, how much of a change is shown, where that is
    less than all. Without anything to change, the result holds the very array of `frame`.
    """
    changes: list[Change] = []
    spans: list[Span] = []
    for face in faces:
        touch, effects, look = _cast(face, frame.index, context)
        if not effects or touch.is_excluded or touch.strength <= 0:
            continue
        told = NOTHING if known is None or face.track_id is None else known.get(face.track_id, NOTHING)
        shown = 1.0 if face.track_id is None else sure.get(face.track_id, 1.0)
        changes.append(partial(_shown, face, effects, frame.index, look, touch.strength, shown, told))
        asks = context.faces_at_once > 1 and shown > 0
        spans.append(around([whole(_box_of(effect, face, frame.pixels)) for effect in effects] if asks else []))
    pixels, notes = in_turn_or_at_once(frame.pixels, changes, spans, context.faces_at_once)
    return Rendered(replace(frame, pixels=pixels), tuple(notes))


def _shown(
    face: Face,
    effects: Sequence[FaceProcessor],
    index: int,
    context: RenderContext,
    strength: float,
    shown: float,
    known: Known,
    pixels: Pixels,
) -> tuple[Pixels, str]:
    """As `change_face`; where that is asked for, a face is left as it was that gets no numbers for an answer."""
    if shown <= 0:
        return pixels, LEFT_ALONE
    try:
        pixels, note = change_face(pixels, face, effects, index, context, strength=strength * shown, known=known)
    except UnusableOutput as error:
        if not context.skips_unusable:
            raise UnusableOutput(f"frame {index}: {error}") from None
        note = unusable_note(index)
    return pixels, WEAKENED if shown < 1 and note == DONE else note


def known_in(frame: Frame, faces: Sequence[Face], context: RenderContext) -> dict[int, Known]:
    """By track, what a frame tells of each face that is cast: what is in front of it, and its light.

    Faces that edits leave alone here are told of as well, so that leaving one alone changes no other frame.
    """
    found = {}
    for face in faces:
        _, effects, look = _cast(face, frame.index, context)
        if effects and face.track_id is not None and face.landmarks is not None:
            found[face.track_id] = _known(frame.pixels, face, effects, frame.index, look)
    return found


def _cast(face: Face, index: int, context: RenderContext) -> tuple[Touch, Sequence[FaceProcessor], RenderContext]:
    """What edits ask of a face, what is done to it, and in which context."""
    touch = context.overrides.touch(face, index)
    look = context.variants[touch.values] if touch.values else context
    return touch, look.casting.effects_for(face), look


def _known(pixels: Pixels, face: Face, effects: Sequence[FaceProcessor], index: int, context: RenderContext) -> Known:
    boxes = [whole(_box_of(effect, face, pixels)) for effect in effects]
    span, first = around(boxes), effects[0]
    if span.is_empty:
        return NOTHING
    looked = None
    if context.parser is not None and context.mask.mask_occlusion:
        looked = context.parser.look(pixels[span.part], _within(face, span))
    is_unsure = looked is None and context.visible is not None and context.mask.mask_occlusion
    if is_unsure or not isinstance(first, LitProcessor) or boxes[0].is_empty:
        return Known(looked)
    visible = None
    if context.parser is not None and looked is not None:
        rough = context.parser.roughly(looked, (span.y1 - span.y0, span.x1 - span.x0))
        visible = rough[boxes[0].within(span)]
    return Known(looked, first.light_on(_aligned(pixels, face, boxes[0], visible, index)))


def _within(face: Face, span: Span) -> Landmarks:
    """The face's landmarks in the pixels of `span`."""
    assert face.landmarks is not None
    return Landmarks(face.landmarks.xy - np.array([span.x0, span.y0], np.float32), face.landmarks.z)


def _aligned(
    pixels: Pixels, face: Face, box: Span, visible: Float32 | None, index: int, light: FaceLight | None = None
) -> AlignedFace:
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    return AlignedFace(to_unit(pixels[box.part]), matrix, face, index, visible, light)


def change_face(
    pixels: Pixels,
    face: Face,
    effects: Sequence[FaceProcessor],
    index: int,
    context: RenderContext,
    *,
    strength: float = 1.0,
    known: Known = NOTHING,
) -> tuple[Pixels, str]:
    """`pixels` with `effects` applied to one face in order, and one word on what the first of them did.

    strength: how much of the change shows, 0 to 1. known: what is known of the face beforehand.
    """
    before = pixels
    boxes = [whole(_box_of(effect, face, pixels)) for effect in effects]
    seen = _visible(pixels, face, boxes, context, known.looked)
    notes: list[str] = []
    for aligned, group in groupby(zip(effects, boxes, strict=True), key=lambda pair: pair[0].crop_kind == "template"):
        pair = list(group)
        if aligned:
            pixels, said = _in_cascade(pixels, before, face, [effect for effect, _ in pair], seen, index, context)
            notes += said
            continue
        for effect, box in pair:
            patch = _patch(pixels, face, effect, box, seen, index, context, known.light)
            if patch is not None:
                pixels = paste(pixels, patch, context.blend)
            notes.append(LEFT_ALONE if patch is None else patch.note)
    return (pixels if strength >= 1 else _weakened(before, pixels, around(boxes), strength)), notes[0]


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


def _weakened(before: Pixels, after: Pixels, span: Span, strength: float) -> Pixels:
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
    box: Span,
    seen: _Seen | None,
    index: int,
    context: RenderContext,
    light: FaceLight | None,
) -> Patch | None:
    if face.landmarks is None or box.is_empty:
        return None
    visible = None if seen is None else seen.mask[box.within(seen.span)]
    patch = effect.process_face(_aligned(pixels, face, box, visible, index, light))
    if patch is None:
        return None
    painted = None if context.painted is None else context.painted[box.part]
    narrowed = restrict(patch, face.landmarks, context.mask, painted)
    if context.laid is not None:
        context.laid(index, face, narrowed)
    return narrowed


def _visible(
    pixels: Pixels, face: Face, boxes: Sequence[Span], context: RenderContext, looked: Looked | None
) -> _Seen | None:
    """What is in front of the face, looked for once, in the untouched picture, for all effects.

    looked: what is known to be there; None: to be looked for.
    """
    span = around(boxes)
    if context.visible is None or not context.mask.mask_occlusion or face.landmarks is None or span.is_empty:
        return None
    if looked is not None and context.parser is not None:
        return _Seen(span, context.parser.shown(pixels[span.part], looked))
    return _Seen(span, context.visible(pixels[span.part], _within(face, span)))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    span: Span
    mask: Float32
