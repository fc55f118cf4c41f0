"""The first pass: measure everything about a medium that the second one needs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from facefusion.core import Analysis, Face, Frame, FrameRange, Progress, Shot, Track
from facefusion.errors import InvalidInput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.evidence import Evidence, Sample
from facefusion.faces.people import join
from facefusion.faces.track import FaceTracker, fill_gaps
from facefusion.media import MediaReader, prefetch
from facefusion.pipeline.cues import Cue
from facefusion.pipeline.plan import Plan
from facefusion.temporal.shots import ShotFinder, with_cuts

_READ_AHEAD = 6


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """An analysis, and for each person (by id) the view that shows best who it is."""

    analysis: Analysis
    samples: Mapping[int, Sample]


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...]
    evidence: Mapping[int, Evidence]


def analyse(
    reader: MediaReader, plan: Plan, progress: Progress | None = None, *, analyser: FaceAnalyser | None = None
) -> Analysis:
    """Measure what `plan` is about to change in the medium of `reader`.

    Frame indices count from the medium's first frame. Raises InvalidInput, MediaUnreadable, Cancelled.
    """
    chosen = analyser or FaceAnalyser(providers=plan.job.execution_provider)
    return survey(reader, analysed_range(plan, reader), chosen, progress or Progress()).analysis


def survey(reader: MediaReader, part: FrameRange, analyser: FaceAnalyser, progress: Progress) -> Survey:
    """Measure the frames of `part`: faces, tracks and people; pictures that are no clip are looked at one by one."""
    progress.start("analyse", total=len(part))
    measured = (_clip if reader.info.is_clip else _pictures)(reader, part, analyser, progress)
    cast = join(measured.tracks, measured.evidence)
    longest = 12 if reader.info.is_clip else 0
    tracks = tuple(fill_gaps(track, longest=longest) for track in cast.tracks)
    analysis = Analysis(
        num_frames=reader.num_frames,
        width=reader.info.width,
        height=reader.info.height,
        shots=measured.shots,
        tracks=tracks,
        people=cast.people,
    )
    return Survey(analysis, cast.samples)


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


def _clip(reader: MediaReader, part: FrameRange, analyser: FaceAnalyser, progress: Progress) -> _Measured:
    tracker, begins = FaceTracker(analyser), [part.start]
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop), depth=_READ_AHEAD)) as frames:
        for frame, is_cut in with_cuts(frames, ShotFinder()):
            if is_cut:
                tracker.reset()
                begins.append(frame.index)
            progress.advance(faces=len(tracker.update(frame.pixels, frame.index)))
    ends = [*begins[1:], part.stop]
    shots = tuple(Shot(start, stop) for start, stop in zip(begins, ends, strict=True) if start < stop)
    return _Measured(shots, tracker.tracks(), tracker.evidence())


def _pictures(reader: MediaReader, part: FrameRange, analyser: FaceAnalyser, progress: Progress) -> _Measured:
    tracks: list[Track] = []
    evidence: dict[int, Evidence] = {}
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop), depth=2)) as frames:
        for frame in frames:
            faces = analyser.find(frame.pixels)
            for face in faces:
                number = len(tracks) + 1
                tracks.append(Track.of(number, {frame.index: replace(face, picture=None, track_id=number)}))
                evidence[number] = _evidence(frame, face, analyser)
            progress.advance(faces=len(faces))
    shots = tuple(Shot(index, index + 1) for index in range(part.start, part.stop))
    return _Measured(shots, tuple(tracks), evidence)


def _evidence(frame: Frame, face: Face, analyser: FaceAnalyser) -> Evidence:
    found = Evidence()
    found.consider(frame.index, face, frame.pixels, analyser.encoder)
    return found
