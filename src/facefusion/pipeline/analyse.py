"""The first pass: measure everything about a medium that the second one needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from facefusion.core import Analysis, Face, Frame, FrameRange, MediaIdentity, Progress, Samples, Shot, Track
from facefusion.errors import InvalidInput, OutputFailed
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.evidence import Evidence
from facefusion.faces.measures import measured
from facefusion.faces.parse import OcclusionParser
from facefusion.media import MediaReader, prefetch
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_keys import keys_of, stale_parts
from facefusion.pipeline.chunk_store import ChunkStore
from facefusion.pipeline.clip_survey import measured_anew, survey_clip, with_people
from facefusion.pipeline.cues import Cue
from facefusion.pipeline.finding import analyser_of
from facefusion.pipeline.keypoints import with_keypoints
from facefusion.pipeline.measuring import Tools, measured_scene
from facefusion.pipeline.media_identity import identity_of
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.pipeline.people_found import PeopleFinder
from facefusion.pipeline.plan import Plan
from facefusion.processors.background_remover.people import Segmenter
from facefusion.temporal.settings import TemporalSettings


def analyse(
    reader: MediaReader,
    plan: Plan,
    progress: Progress | None = None,
    *,
    analyser: FaceAnalyser | None = None,
    workers: int = 1,
    cache: AnalysisCache | None = None,
) -> Analysis:
    """Measure what `plan` is about to change in the medium of `reader`.

    Frame indices count from the medium's first frame. workers, cache: as in `survey`. Raises InvalidInput,
    MediaUnreadable, Cancelled.
    """
    chosen = analyser or analyser_of(plan.job, plan.finder)
    part = analysed_range(plan, reader)
    return survey(reader, part, chosen, progress or Progress(), workers=workers, cache=cache, temporal=plan.temporal)


def survey(
    reader: MediaReader,
    part: FrameRange,
    analyser: FaceAnalyser,
    progress: Progress,
    *,
    workers: int = 1,
    cache: AnalysisCache | None = None,
    chunks: Path | None = None,
    temporal: TemporalSettings = TemporalSettings(),
    people: PeopleFinder | None = None,
) -> Analysis:
    """Measure the frames of `part`: shots, faces, tracks, people; pictures that are no clip are looked at one by one.

    workers: threads, 0 takes one for every core; any number gives the same analysis. cache: where analyses of clips are
    looked for and kept; of a known one only the parts are measured that depend on what has changed. chunks: a folder in
    which finished pieces are kept until the whole is done, for a run that continues after it was ended. temporal: how
    often faces are read. people: measure people and screens as well, for something that is cut out.
    """
    motion = _motion(temporal)
    media = identity_of(reader)
    digest = "" if people is None else people.digest
    wanted = keys_of(analyser.providers, motion=motion, reading=reader.policy, scene=digest, weights=analyser.weights)
    if not reader.info.is_clip:
        pictures = with_people(_pictures(reader, part, analyser, progress))
        pictures = with_scene(pictures, reader, people, analyser.providers, progress) if people else pictures
        return replace(pictures, media=media, made_with=wanted)
    known = None if cache is None else cache.load(media, part)
    if known is not None and people is None and known.scene is not None:
        wanted = {**wanted, "scene": known.made_with.get("scene", "")}
    store = None if chunks is None else ChunkStore(chunks, _chunk_key(media, part, wanted))
    tools = Tools(
        analyser,
        OcclusionParser(providers=analyser.providers),
        temporal,
        people.segmenter(analyser.providers) if people else None,
    )
    found = _brought_up_to_date(known, wanted, reader, part, tools, progress, workers, store)
    found = replace(found, media=media, made_with=wanted)
    if cache is not None and (known is None or known.made_with != wanted):
        _keep(found, cache, progress)
    return found


def _brought_up_to_date(
    known: Analysis | None,
    wanted: dict[str, str],
    reader: MediaReader,
    part: FrameRange,
    tools: Tools,
    progress: Progress,
    workers: int,
    store: ChunkStore | None,
) -> Analysis:
    """`known` with its stale parts measured again; everything where nothing is known."""
    stale = frozenset(wanted) if known is None else stale_parts(known.made_with, wanted)
    if known is not None and not stale:
        progress.start("analyse", total=len(part))
        progress.advance(frames=len(part))
        return known
    if known is None or stale & {"shots", "faces"}:
        found = survey_clip(reader, part, tools, progress, workers=workers, store=store)
        if tools.analyser.landmarker is not None:
            found = with_keypoints(found, reader, tools.analyser.landmarker, progress)
        return with_people(found)
    renewed = measured_anew(reader, known, tools, progress) if "measures" in stale else known
    if "scene" in stale and tools.segmenter is not None:
        renewed = _with_scene(renewed, reader, tools.segmenter, progress)
    return with_people(renewed) if "people" in stale else renewed


def with_scene(
    analysis: Analysis, reader: MediaReader, people: PeopleFinder, providers: Sequence[str], progress: Progress
) -> Analysis:
    """`analysis` with people and screens measured for its part of the clip."""
    return _with_scene(analysis, reader, people.segmenter(providers), progress)


def _with_scene(analysis: Analysis, reader: MediaReader, segmenter: Segmenter, progress: Progress) -> Analysis:
    part = analysis.measured
    progress.start("measure", total=len(part))
    with single_threaded_opencv(reader.info.is_clip):  # the numbers of the optical flow depend on it
        scene = measured_scene(reader, part, analysis.shots, segmenter, progress)
    return replace(analysis, scene=scene)


def _motion(temporal: TemporalSettings) -> list[float]:
    """What the tracks depend on, besides the frames."""
    interval = temporal.key_frame_interval
    return [interval, temporal.flow_confidence if interval > 1 else 0.0]


def _chunk_key(media: MediaIdentity, part: FrameRange, wanted: dict[str, str]) -> str:
    text = f"{media.digest} {part.start} {part.stop} {wanted['faces']} {wanted['measures']} {wanted.get('scene', '')}"
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def _keep(analysis: Analysis, cache: AnalysisCache, progress: Progress) -> None:
    """A cache that cannot be written costs time, not the run."""
    try:
        cache.keep(analysis)
    except OutputFailed as error:
        progress.say(f"the analysis is not kept for another run: {error}")


def analysed_range(plan: Plan, reader: MediaReader) -> FrameRange:
    """What is looked at: the part that is changed, or everything where ids must be those that `people` gives."""
    part = range_of(reader, plan.start, plan.end)
    return FrameRange(0, reader.num_frames) if plan.assignments else part


def range_of(reader: MediaReader, start: Cue | None, end: Cue | None) -> FrameRange:
    """The frames between two cues. Raises InvalidInput when the medium is empty or nothing lies between them."""
    total = reader.num_frames
    if total == 0:
        raise InvalidInput(f"{reader.info.path}: holds no pictures; export it again")
    first = 0 if start is None else _frame_of(reader, start)
    stop = total if end is None else min(_frame_of(reader, end), total)
    if first >= stop:
        raise InvalidInput(f"{reader.info.path}: has {total} frames, none of them between --start and --end")
    return FrameRange(first, stop)


def _frame_of(reader: MediaReader, cue: Cue) -> int:
    if cue.frame is not None:
        return cue.frame
    return reader.range_between(cue.seconds, None).start


def _pictures(reader: MediaReader, part: FrameRange, analyser: FaceAnalyser, progress: Progress) -> Analysis:
    progress.start("analyse", total=len(part))
    tracks: list[Track] = []
    samples: dict[int, Samples] = {}
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop), depth=2)) as frames:
        for frame in frames:
            faces = analyser.find(frame.pixels)
            for face in faces:
                number = len(tracks) + 1
                seen = replace(face, picture=None, track_id=number, measures=measured(frame.pixels, face))
                tracks.append(Track.of(number, {frame.index: seen}))
                samples[number] = _samples(frame, face, analyser)
            progress.advance(faces=len(faces))
    return Analysis(
        num_frames=reader.num_frames,
        width=reader.info.width,
        height=reader.info.height,
        shots=tuple(Shot(index, index + 1) for index in range(part.start, part.stop)),
        tracks=tuple(tracks),
        samples=samples,
        part=part,
    )


def _samples(frame: Frame, face: Face, analyser: FaceAnalyser) -> Samples:
    found = Evidence()
    found.consider(frame.index, face, frame.pixels, analyser.encoder)
    return found.as_samples()
