"""Between the passes: sources become effects, people are cast, the context of every frame is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from facefusion.core import Analysis, Face, Float32, Progress, to_unit
from facefusion.errors import InvalidInput, NoFaceFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.geometry.color import luma
from facefusion.media import MediaReader, read_image
from facefusion.models.adapters.speech import Speech
from facefusion.pipeline.casting import Casting, Effects, chosen_tracks, people_called
from facefusion.pipeline.face_memory import remembered
from facefusion.pipeline.occlusion import Occlusion, occlusion_of
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.render_context import RenderContext
from facefusion.pipeline.sources import load_person, the_face
from facefusion.pipeline.speaking import speech_of
from facefusion.pipeline.steady import SteadyFaces
from facefusion.processors.face_enhancer.memory import FaceMemory

Photos = tuple[Face, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What was read before the target is looked at: photos of people, embeddings of those who are looked for.

    own: by the word that the request has for a person. references, spared: of whoever is changed, and is not.
    detail: of the person whose own photos make the face clearer.
    """

    shared: Photos = ()
    own: Mapping[str, Photos] = field(default_factory=dict)
    references: tuple[Float32, ...] = ()
    spared: tuple[Float32, ...] = ()
    detail: Photos = ()


def load_given(plan: Plan, analyser: FaceAnalyser, progress: Progress) -> Given:
    """Read every photo of `plan`. Raises InvalidInput, NoFaceFound and SeveralFacesFound, each naming the photo."""
    is_looked_for = plan.selects.face_selector_mode == "reference"
    references = _embeddings(plan.selector.reference_image if is_looked_for else (), analyser, progress)
    spared = _embeddings(plan.selector.except_image, analyser, progress)
    if not plan.needs_source:
        detail = load_person(plan.face_photos, analyser, progress)
        return Given(references=references, spared=spared, detail=detail)
    own = {person: load_person(paths, analyser, progress) for person, paths in plan.assignments.items()}
    return Given(load_person(plan.sources, analyser, progress), own, references, spared)


def _embeddings(photos: Sequence[str], analyser: FaceAnalyser, progress: Progress) -> tuple[Float32, ...]:
    """Of the one person on each of `photos`."""
    found = []
    for path in map(Path, photos):
        progress.check()
        embedding = the_face(read_image(path).pixels, path, analyser).embedding
        found += [] if embedding is None else [embedding]
    return tuple(found)


def prepare(
    plan: Plan,
    reader: MediaReader,
    analysis: Analysis,
    given: Given,
    progress: Progress,
    overrides: Overrides = Overrides(),
) -> RenderContext:
    """The context that `render_frame` needs. Raises NoFaceFound when nobody who is meant is there.

    analysis, overrides: as `editing.edited` gives them. With `allow_no_face` nobody may be there. Raises UsageError for
    an assignment to somebody unknown, and Cancelled.
    """
    if analysis.is_empty and plan.changes_faces and not plan.job.allow_no_face:
        raise NoFaceFound(f"{plan.target}: no face found anywhere; --allow-no-face writes it unchanged but marked")
    words = {} if analysis.is_empty else people_called(plan.assignments, analysis, overrides)
    asked = {
        values: (Plan.from_mapping(plan.to_mapping() | dict(values)), people)
        for values, people in overrides.values_in(analysis.tracks).items()
    }
    parser = _parser([plan, *(varied for varied, _ in asked.values())])
    cast = _Cast(
        words=words,
        chosen=_chosen(plan, reader, analysis, given),
        own={word: unhidden_all(given.own.get(word, ()), parser, progress) for word in words.values()},
        shared=unhidden_all(given.shared, parser, progress),
        parser=parser,
        progress=progress,
        speech=speech_of(plan, reader),
    )
    own = {track.track_id for track in analysis.tracks if track.person_id in words}
    memory = remembered(plan, reader, analysis, given.detail, own | cast.chosen, progress)
    cast = replace(cast, memory=memory)
    variants = {values: cast.context(varied, analysis, people) for values, (varied, people) in asked.items()}
    steady = SteadyFaces(analysis, plan.temporal)
    return replace(cast.context(plan, analysis), overrides=overrides, variants=variants, steady=steady)


@dataclass(frozen=True, slots=True, eq=False)
class _Cast:
    """Who is changed into whom, however that is done. words: what the request calls people, by id."""

    words: Mapping[int, str]
    chosen: frozenset[int]
    own: Mapping[str, Photos]
    shared: Photos
    parser: Occlusion | None
    progress: Progress
    memory: FaceMemory | None = None
    speech: Speech | None = None

    def context(self, plan: Plan, analysis: Analysis, people: Collection[int | None] | None = None) -> RenderContext:
        """How `plan` changes the faces of `people`, of everybody by default."""
        meant = [person for person in self.words if people is None or person in people]
        own = {person: self._effects(plan, self.own[self.words[person]], analysis) for person in meant}
        shared = self._effects(plan, self.shared, analysis) if self.chosen else ()
        return RenderContext(
            casting=Casting(own, self.chosen, shared, self.words),
            mask=plan.mask,
            blend=plan.blend,
            painted=_painted(plan, analysis),
            visible=None if self.parser is None else self.parser.visible,
            parser=self.parser if isinstance(self.parser, OcclusionParser) else None,
            memory_digest="" if self.memory is None else self.memory.digest(),
            skips_unusable=plan.skips_unusable,
            faces_at_once=plan.job.execution_batch,
        )

    def _effects(self, plan: Plan, photos: Photos, analysis: Analysis) -> Effects:
        return effects_of(plan, photos, self.progress, analysis, memory=self.memory, speech=self.speech)


def _parser(plans: Sequence[Plan]) -> Occlusion | None:
    """What looks for things in front of faces, where one of `plans` wants that."""
    if not any(plan.mask.mask_occlusion for plan in plans):
        return None
    return occlusion_of(plans[0].mask.mask_occlusion_model, plans[0].zoo)


def _chosen(plan: Plan, reader: MediaReader, analysis: Analysis, given: Given) -> frozenset[int]:
    """The tracks that get the one source; none when only people by name get one."""
    if (plan.assignments and not plan.sources) or not plan.changes_faces:
        return frozenset()
    return chosen_tracks(
        analysis, plan.selects, is_clip=reader.info.is_clip, references=given.references, spared=given.spared
    )


def unhidden_all(photos: Photos, parser: Occlusion | None, progress: Progress) -> Photos:
    """`photos`, each with the mask of what is not hidden in it; raises Cancelled between two."""
    clear = []
    for face in photos:
        progress.check()
        clear.append(unhidden(face, parser))
    return tuple(clear)


def effects_of(
    plan: Plan,
    photos: Photos,
    progress: Progress,
    analysis: Analysis | None = None,
    *,
    memory: FaceMemory | None = None,
    speech: Speech | None = None,
) -> Effects:
    """The effects of `plan` that put the person of `photos` on, for the medium of `analysis`; raises Cancelled.

    memory: what is known of the faces that stay who they are. speech: what is said over the medium.
    """
    effects = []
    for entry in plan.entries:
        progress.check()
        if entry.shape != "face":
            continue
        settings = plan.effects[entry.name]
        effects.append(
            entry.build(settings, photos=photos, analysis=analysis, zoo=plan.zoo, memory=memory, speech=speech)
        )
    return tuple(effects)


def unhidden(face: Face, parser: Occlusion | None) -> Face:
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
