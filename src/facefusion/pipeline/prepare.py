"""Between the passes: sources become effects, people are cast, the context of every frame is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from facefusion.core import Analysis, Face, Float32, Progress, to_unit
from facefusion.errors import InvalidInput, NoFaceFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.geometry.color import luma
from facefusion.media import MediaReader, read_image
from facefusion.pipeline.casting import Casting, Effects, check_people, chosen_tracks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.render import RenderContext
from facefusion.pipeline.sources import load_person, the_face

Photos = tuple[Face, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What was read before the target is looked at: photos of people, the embedding of the reference."""

    shared: Photos = ()
    own: Mapping[int, Photos] = field(default_factory=dict)
    reference: Float32 | None = None


def load_given(plan: Plan, analyser: FaceAnalyser, progress: Progress) -> Given:
    """Read every photo of `plan`. Raises InvalidInput, NoFaceFound and SeveralFacesFound, each naming the photo."""
    reference = None
    if plan.selector.face_selector_mode == "reference":
        path = Path(plan.selector.reference_image)
        reference = the_face(read_image(path).pixels, path, analyser).embedding
    if not plan.needs_source:
        return Given(reference=reference)
    own = {person: load_person(paths, analyser, progress) for person, paths in plan.assignments.items()}
    return Given(load_person(plan.sources, analyser, progress), own, reference)


def prepare(plan: Plan, reader: MediaReader, analysis: Analysis, given: Given, progress: Progress) -> RenderContext:
    """The context that `render_frame` needs. Raises NoFaceFound when nobody who is meant is there.

    With `allow_no_face` nobody may be there. Raises UsageError for an assignment to somebody unknown, and Cancelled.
    """
    is_empty = analysis.is_empty
    if is_empty and not plan.job.allow_no_face:
        raise NoFaceFound(f"{plan.target}: no face found anywhere; --allow-no-face writes it unchanged but marked")
    if plan.assignments and not is_empty:
        check_people(analysis, plan.assignments)
    parser = OcclusionParser(providers=plan.job.execution_provider) if plan.mask.mask_occlusion else None
    return RenderContext(
        casting=_casting(plan, reader, analysis, given, _Builder(plan, parser, progress)),
        mask=plan.mask,
        blend=plan.blend,
        painted=_painted(plan, analysis),
        visible=None if parser is None else parser.visible,
    )


def _casting(plan: Plan, reader: MediaReader, analysis: Analysis, given: Given, builder: _Builder) -> Casting:
    own = {person: builder.effects(given.own.get(person, ())) for person in plan.assignments}
    if plan.assignments and not plan.sources:
        return Casting(own=own)
    chosen = chosen_tracks(analysis, plan.selector, is_clip=reader.info.is_clip, reference=given.reference)
    return Casting(own=own, chosen=chosen, shared=builder.effects(given.shared))


@dataclass(frozen=True, slots=True, eq=False)
class _Builder:
    """Makes the effects of a plan for one person after another."""

    plan: Plan
    parser: OcclusionParser | None
    progress: Progress

    def effects(self, photos: Photos) -> Effects:
        """The effects that put the person of `photos` on; raises Cancelled between two."""
        clear, effects = [], []
        for face in photos:
            self.progress.check()
            clear.append(unhidden(face, self.parser))
        for entry in self.plan.entries:
            self.progress.check()
            effects.append(entry.build(self.plan.effects[entry.name], photos=clear))
        return tuple(effects)


def unhidden(face: Face, parser: OcclusionParser | None) -> Face:
    """`face` with the mask of what is not hidden in its own picture."""
    if parser is None or face.picture is None or face.landmarks is None:
        return face
    return replace(face, visible=parser.visible(face.picture, face.landmarks))


def _painted(plan: Plan, analysis: Analysis) -> Float32 | None:
    """(H, W) float32 of the hand-painted mask, white is 1. Raises InvalidInput when its size is not the target's."""
    if not plan.mask.mask_image:
        return None
    pixels = read_image(plan.mask.mask_image).pixels
    height, width = pixels.shape[:2]
    if (width, height) != (analysis.width, analysis.height):
        raise InvalidInput(
            f"{plan.mask.mask_image}: is {width}×{height}, the target is {analysis.width}×{analysis.height}; "
            "a painted mask has the target's size"
        )
    return luma(to_unit(pixels))
