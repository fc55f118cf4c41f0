"""Runs a plan: read, analyse, render, deliver. Every side of it stops at the first error or when cancelled."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2

from facefusion import __version__
from facefusion.core import Analysis, Frame, FrameRange, Progress
from facefusion.errors import InvalidInput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import MediaReader, open_media
from facefusion.media.description import DEFAULT_FPS
from facefusion.models import open_session
from facefusion.pipeline.analyse import analysed_range, range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.deliver import Sink, open_sink
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.editing import edited
from facefusion.pipeline.flow import Flow, mapped
from facefusion.pipeline.inputs import check_paths
from facefusion.pipeline.labels import FrameLabels, labelled
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given, prepare
from facefusion.pipeline.render import RenderContext, Rendered, render_frame
from facefusion.pipeline.report import RunReport, Tally
from facefusion.provenance import Labeller, Marks

_MOST_WORKERS = 16
"""More than this the encoder cannot take, and each holds a frame in memory; --threads can ask for more."""
_FRAMES_AHEAD = 2
"""Frames on their way beyond those that are being rendered: enough that no side waits, few enough to stay small."""


def run(
    plan: Plan,
    progress: Progress | None = None,
    *,
    models_folder: Path | None = None,
    created: datetime | None = None,
    analysis: Analysis | None = None,
    cache: AnalysisCache | None = None,
) -> RunReport:
    """Do what `plan` says; the output appears whole and marked, or not at all.

    models_folder: where the user's own weights lie; this version's effects need none. created: the time that the marks
    carry, now by default. analysis: what was measured before, with its edits; by default the target is measured now.
    cache: where analyses are looked for and kept. Raises the errors of `facefusion.errors`.
    """
    progress, begun, tally = progress or Progress(), time.monotonic(), Tally()
    check_paths(plan)
    progress.start("prepare")
    with open_media(plan.target, frame_rate=frame_rate_of(plan), policy=plan.read_policy) as reader:
        part = range_of(reader, plan.start, plan.end)
        check_label(plan, reader)
        with open_sink(plan, reader, part, marks_of(plan, created)) as sink:
            warnings = [*_provider_warnings(plan, progress), *sink.warnings]
            analyser = FaceAnalyser(providers=plan.job.execution_provider)
            given = load_given(plan, analyser, progress)
            if analysis is None:
                analysis = survey(reader, analysed_range(plan, reader), analyser, progress, cache=cache)
            check_covers(analysis, part, plan)
            cast, overrides = edited(analysis, EditLog.from_plain(analysis.edits))
            context = prepare(plan, reader, cast, given, progress, overrides)
            labels = FrameLabels(plan.label, analysis, is_clip=reader.info.is_clip, color=reader.info.color)
            with closing(rendered_frames(reader, part, cast, context, labels, plan, progress)) as frames:
                left_out = _written(frames, sink, reader, plan, tally)
            progress.start("finish")
        warnings += reader.warnings
    warnings += [line for line in sink.warnings if line not in warnings]
    if left_out:
        warnings.append(
            f"{_listed(left_out)}: left out, nobody there is changed; --allow-no-face writes them unchanged"
        )
    return RunReport.of(plan, analysis, tally, seconds=time.monotonic() - begun, warnings=tuple(warnings))


def render(
    reader: MediaReader, analysis: Analysis, plan: Plan, progress: Progress | None = None
) -> Generator[Frame, None, None]:
    """The finished frames of `plan` in order, each with its visible label. Metadata is the writer's part: `Marks`.

    analysis: as it was measured; the edits it carries are applied.
    Raises NoFaceFound when nobody who is meant is there, Cancelled, and what reading raises.
    """
    progress = progress or Progress()
    analyser = FaceAnalyser(providers=plan.job.execution_provider)
    part = range_of(reader, plan.start, plan.end)
    check_covers(analysis, part, plan)
    cast, overrides = edited(analysis, EditLog.from_plain(analysis.edits))
    context = prepare(plan, reader, cast, load_given(plan, analyser, progress), progress, overrides)
    labels = FrameLabels(plan.label, analysis, is_clip=reader.info.is_clip, color=reader.info.color)
    with closing(rendered_frames(reader, part, cast, context, labels, plan, progress)) as frames:
        for rendered in frames:
            yield rendered.frame


def rendered_frames(
    reader: MediaReader,
    part: FrameRange,
    analysis: Analysis,
    context: RenderContext,
    labels: FrameLabels,
    plan: Plan,
    progress: Progress,
) -> Generator[Rendered, None, None]:
    """Frames of `part`, rendered and labelled by several threads, in order; memory does not grow with the length.

    analysis: as edits make it; `labels` are placed by what was measured, so that no edit moves them elsewhere.
    """
    workers = plan.job.threads or min(os.cpu_count() or 1, _MOST_WORKERS)
    first = reader.timestamps()[part.start].seconds

    def finished(frame: Frame) -> Rendered:
        drawn = render_frame(frame, analysis.faces_in(frame.index), context)
        seconds = float(frame.timestamp.seconds - first) if reader.info.is_clip else None
        is_own = drawn.frame.pixels is not frame.pixels
        return Rendered(labelled(drawn.frame, labels.of(frame), is_own=is_own, seconds=seconds), drawn.notes)

    progress.start("render", total=len(part))
    frames = reader.frames(start=part.start, stop=part.stop)
    with (
        _single_threaded_opencv(len(part) > 1),
        Flow(progress) as flow,
        closing(mapped(flow, finished, frames, workers=workers, ahead=workers + _FRAMES_AHEAD)) as results,
    ):
        for rendered in results:
            yield rendered
            progress.advance(faces=len(rendered.notes))


def _written(frames: Iterable[Rendered], sink: Sink, reader: MediaReader, plan: Plan, tally: Tally) -> list[str]:
    """Hand `frames` to `sink` and count them; the names of those pictures of a folder that are left out."""
    left_out = []
    for rendered in frames:
        tally.add(rendered.notes)
        if _is_kept(rendered, reader, plan):
            sink.write(rendered.frame)
        else:
            left_out.append(reader.path_of(rendered.frame.index).name)
    return left_out


def check_label(plan: Plan, reader: MediaReader) -> None:
    """Raise before any work when the label cannot be drawn."""
    info = reader.info
    Labeller(plan.label, width=info.width, height=info.height, is_video=info.is_clip, color=info.color)


def check_covers(analysis: Analysis, part: FrameRange, plan: Plan) -> None:
    """Raise InvalidInput when `part` was not measured."""
    seen = analysis.part or FrameRange(0, analysis.num_frames)
    if part.start < seen.start or part.stop > seen.stop:
        raise InvalidInput(
            f"{plan.target}: frames {part.start} to {part.stop - 1} are wanted, the analysis covers {seen.start} to "
            f"{seen.stop - 1}; analyse the whole clip, or change --start and --end"
        )


def frame_rate_of(plan: Plan) -> Fraction:
    """The rate of a numbered sequence. Raises UsageError."""
    return plan.frame_rate or DEFAULT_FPS


def marks_of(plan: Plan, created: datetime | None = None) -> Marks:
    """The metadata that says what was done; its number is a digest of the plan and the time, now by default."""
    created = created or datetime.now(UTC)
    kinds = {entry.kind for entry in plan.entries}
    words = json.dumps([plan.to_mapping(), created.isoformat()], sort_keys=True)
    number = hashlib.sha256(words.encode()).hexdigest()[:32]
    return Marks.of(kinds, created=created, produce_id=number, version=__version__)


def _is_kept(rendered: Rendered, reader: MediaReader, plan: Plan) -> bool:
    """A picture of a folder in which nobody is changed is left out, unless unchanged ones are wanted."""
    return bool(rendered.notes) or reader.info.kind != "folder" or plan.job.allow_no_face


def _listed(names: Sequence[str], *, most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _provider_warnings(plan: Plan, progress: Progress) -> list[str]:
    session = open_session("face_mesh_attention", providers=plan.job.execution_provider)
    lines = [str(warning) for warning in session.warnings]
    for line in lines:
        progress.say(line)
    return lines


@contextmanager
def _single_threaded_opencv(is_wanted: bool) -> Iterator[None]:
    """Frames are rendered side by side, so OpenCV need not split each; the setting is the whole process's."""
    before = cv2.getNumThreads()
    if is_wanted:
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
