"""Runs a plan: read, analyse, render, deliver. Every side of it stops at the first error or when cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from facefusion.core import Analysis, FrameRange, Progress
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import MediaReader, open_media
from facefusion.media.paths import folder_of_sequence
from facefusion.models import dead_cards
from facefusion.pipeline.analyse import analysed_range, range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import check_belongs, check_covers
from facefusion.pipeline.anonymity import Anonymity
from facefusion.pipeline.anonymity_report import anonymity_of, check_report, complete_sheet, lines_of, write_along
from facefusion.pipeline.auditing import RunAudit
from facefusion.pipeline.content_check import ContentWatch
from facefusion.pipeline.deliver import ClipSink, SequenceSink, open_sink
from facefusion.pipeline.device_lines import asked_lines, opened_lines
from facefusion.pipeline.finding import analyser_of, check_networks
from facefusion.pipeline.fingerprint import request_key
from facefusion.pipeline.finished import finished_before, remember
from facefusion.pipeline.frame_source import SeekingSource, source_of
from facefusion.pipeline.inputs import check_paths
from facefusion.pipeline.labels import check_label
from facefusion.pipeline.marking import Facts, Marking, marks_of
from facefusion.pipeline.parallel import Parallel, frames_at_once, single_threaded_opencv
from facefusion.pipeline.people_found import PeopleFinder
from facefusion.pipeline.permission import Permission, as_policy_asks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer, rendered_frames
from facefusion.pipeline.render_context import Rendered
from facefusion.pipeline.report import Made, RunReport, Tally, left_out_lines
from facefusion.pipeline.segment_run import SegmentRun
from facefusion.pipeline.segments import segments_of
from facefusion.pipeline.sinks import Sink
from facefusion.pipeline.warming import warming
from facefusion.pipeline.weights import check_models
from facefusion.pipeline.workfolder import WorkFolder, known_work
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.policy import Decision

OpenOutput = Callable[[Plan, MediaReader, FrameRange, Marking], Sink]


def run(
    plan: Plan,
    progress: Progress | None = None,
    *,
    models_folder: Path | None = None,
    created: datetime | None = None,
    analysis: Analysis | None = None,
    cache: AnalysisCache | None = None,
    open_output: OpenOutput = open_sink,
) -> RunReport:
    """Do what `plan` says; the output appears whole and marked, or not at all.

    A clip is made in segments, and finished ones are kept beside the output when the run is stopped: the same request
    continues, and gives the same bytes. models_folder: where the user's own weights lie, instead of the plan's.
    created: the time that the marks carry, by default when the first run of this request began. analysis: what
    was measured before, with its edits; by default the target is measured now. cache: where analyses are looked for
    and kept. open_output: what takes the frames, by default a file that fits target and output.
    Raises InvalidInput when the analysis is of another clip, and the errors of `facefusion.errors`.
    """
    plan = as_policy_asks(plan)
    if models_folder is not None:
        plan = replace(plan, job=replace(plan.job, models_folder=str(models_folder)))
    with folder_of_sequence(plan.output), RunAudit.of(plan).telling() as audit:
        return _run(plan, audit, progress or Progress(), created, analysis, cache, open_output)


def _run(
    plan: Plan,
    audit: RunAudit,
    progress: Progress,
    created: datetime | None,
    analysis: Analysis | None,
    cache: AnalysisCache | None,
    open_output: OpenOutput,
) -> RunReport:
    begun = time.monotonic()
    check_paths(plan)
    check_models(plan)
    progress.start("prepare")
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        part = range_of(reader, plan.start, plan.end)
        check_label(plan, reader)
        if analysis is not None:
            check_belongs(analysis, reader)
        before = finished_before(plan, reader, progress, created=created, analysis=analysis)
        if before is not None:
            audit.found()
            complete_sheet(before.anonymity, plan, part)
            return before
        with (
            single_threaded_opencv(len(part) > 1),
            _opened(plan, reader, part, progress, created, open_output) as (sink, work),
        ):
            audit.begun(sink.marking)
            with warming(plan):
                done = _Run(plan, reader, part, progress, sink, work).done(analysis, cache)
            if done.anonymity is not None:
                write_along(done.anonymity, plan, part, sink)
            if isinstance(sink, ClipSink) and work is not None:
                sink.remember = lambda complete: remember(
                    work, complete, done.report(plan, reader, sink, begun), analysis
                )
            progress.start("finish")
    audit.done(sink.marking, done.decision)
    return done.report(plan, reader, sink, begun)


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """What a run did before its output was closed. told: lines that come after all warnings."""

    analysis: Analysis
    tally: Tally
    made: Made
    warnings: Sequence[str]
    told: Sequence[str]
    decision: Decision
    anonymity: Anonymity | None

    def report(self, plan: Plan, reader: MediaReader, sink: Sink, begun: float) -> RunReport:
        """What is told of it. begun: when, of `time.monotonic`."""
        hidden = () if self.anonymity is None else lines_of(self.anonymity, plan)
        warnings = tuple(
            dict.fromkeys((*self.warnings, *reader.warnings, *sink.warnings, *self.told, *hidden, *dead_cards()))
        )
        seconds = time.monotonic() - begun
        return RunReport.of(
            plan,
            self.analysis,
            self.tally,
            seconds=seconds,
            warnings=warnings,
            made=self.made,
            decision=self.decision,
            anonymity=self.anonymity,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One run whose output is open; `work` is None for pictures."""

    plan: Plan
    reader: MediaReader
    part: FrameRange
    progress: Progress
    sink: Sink
    work: WorkFolder | None

    def done(self, analysis: Analysis | None, cache: AnalysisCache | None) -> _Done:
        """Analyse and render everything into the sink."""
        plan, progress, tally = self.plan, self.progress, Tally()
        warnings = _said(asked_lines(plan), progress)
        analyser = analyser_of(plan.job, plan.finder)
        if analysis is not None:
            check_networks(analysis, analyser)
        given = load_given(plan, analyser, progress)
        watch = ContentWatch(self.reader, self.part, kept=None if self.work is None else self.work.content)
        permission = Permission.asked(plan, given, watch, progress)
        if analysis is None:
            analysis = self._measured(watch.watched(), analyser, cache)
        check_covers(analysis, self.part, plan.target)
        number = asset_id_of(self.sink.marking.marks)
        prepared = RangeRenderer.prepared(plan, self.reader, self.part, analysis, given, progress, asset_id=number)
        granted, decision = permission.granted(prepared)
        self.sink.marking.decide(decision)
        warnings += [*_said(opened_lines(plan, warnings), progress), *self.sink.warnings]
        renderer = self.sink.watching(granted)
        if isinstance(self.sink, ClipSink) and self.work is not None:
            made, told = self._by_segments(self.sink, self.work, renderer, tally), []
        else:
            made, told = Made(0, 0), left_out_lines(self._by_frames(renderer, tally))
        told += [*tally.lines, *([] if renderer.cutting is None else renderer.cutting.lines)]
        hidden = anonymity_of(plan, renderer, self.reader, self.part) if plan.hides_people else None
        return _Done(analysis, tally, made, warnings, told, decision, hidden)

    def _measured(self, reader: MediaReader, analyser: FaceAnalyser, cache: AnalysisCache | None) -> Analysis:
        return survey(
            reader,
            analysed_range(self.plan, self.reader),
            analyser,
            self.progress,
            workers=frames_at_once(self.plan.job),
            cache=cache,
            chunks=None if self.work is None else self.work.analysis,
            temporal=self.plan.temporal,
            people=PeopleFinder.of(self.plan),
        )

    def _by_segments(self, sink: ClipSink, work: WorkFolder, renderer: RangeRenderer, tally: Tally) -> Made:
        segments = segments_of(self.part, renderer.analysis.shots, self.reader.info.average_fps)
        with closing(source_of(self.reader, overlap=2 * renderer.span)) as source:
            run = SegmentRun(
                output=self.plan.output,
                segments=segments,
                folder=work.segments,
                renderer=renderer,
                reader=self.reader,
                source=source,
                write_plan=sink.write_plan,
                parallel=lambda count: Parallel.of(self.plan.job, segments=count, reader=self.reader),
            )
            kept = run.run(self.progress, tally)
        sink.join(run.paths(), self.reader.timestamps()[self.part.start : self.part.stop], self.progress.check)
        return Made(len(segments), kept)

    def _by_frames(self, renderer: RangeRenderer, tally: Tally) -> list[str]:
        """Hand frames to the sink; the names of those pictures of a folder that are left out."""
        left_out, threads = [], frames_at_once(self.plan.job)
        before = self.sink.resumed(renderer)
        for notes in before:
            tally.add(notes)
        part = FrameRange(self.part.start + len(before), self.part.stop)
        frames = rendered_frames(renderer, SeekingSource(self.reader), part, self.progress, threads=threads)
        with closing(frames):
            for rendered in frames:
                tally.add(rendered.notes)
                if _is_kept(rendered, self.reader, self.plan):
                    self.sink.take(rendered)
                else:
                    left_out.append(self.reader.path_of(rendered.frame.index).name)
        return left_out


@contextmanager
def _opened(
    plan: Plan,
    reader: MediaReader,
    part: FrameRange,
    progress: Progress,
    created: datetime | None,
    open_output: OpenOutput,
) -> Iterator[tuple[Sink, WorkFolder | None]]:
    """Where the result goes, and for a clip the folder of its unfinished work. Raises before any work what is wrong."""
    known = known_work(plan.output)
    begun = created or (known.created if known else None)
    marking = Marking.of(marks_of(plan, begun), Facts.of(plan), plan.manifest, overwrite=plan.job.overwrite)
    check_report(plan, marking)
    trial = open_output(plan, reader, part, marking)
    trial.abort()
    if not isinstance(trial, ClipSink | SequenceSink):
        with open_output(plan, reader, part, marking) as sink:
            yield sink, None
        return
    key = request_key(plan, reader)
    with WorkFolder(plan.output, key, created=created, keep=plan.job.keep_work, say=progress.say) as work:
        marking = replace(marking, marks=marks_of(plan, work.created))
        with work.telling(), open_sink(plan, reader, part, marking, workplace=work.folder) as sink:
            yield sink, work
        work.is_done = True


def _is_kept(rendered: Rendered, reader: MediaReader, plan: Plan) -> bool:
    """A picture of a folder in which nobody is changed is left out, unless unchanged ones are wanted."""
    return bool(rendered.notes) or reader.info.kind != "folder" or _needs_nobody(plan)


def _needs_nobody(plan: Plan) -> bool:
    return plan.job.allow_no_face or plan.cuts_out or plan.changes_frames


def _said(lines: list[str], progress: Progress) -> list[str]:
    for line in lines:
        progress.say(line)
    return lines
