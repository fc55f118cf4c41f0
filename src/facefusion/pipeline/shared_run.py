"""One request whose segments are made by several processes, each prepared as the whole run would be.

`SharedRun.opened` prepares; `make` renders one segment into a file; `joined` hands the files of all segments to
`engine.run`, which finds nothing left to render and joins, marks and signs them. The bytes are those of a single run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from facefusion.core import Analysis, Frame, FrameRange, Progress, Segment
from facefusion.media import MediaReader, open_media
from facefusion.media.joining import segment_details
from facefusion.media.write_plan import WritePlan
from facefusion.pipeline.analyse import analysed_range, range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import check_belongs, check_covers
from facefusion.pipeline.content_check import ContentWatch
from facefusion.pipeline.deliver import ClipSink, open_sink
from facefusion.pipeline.durable import DurableFolder
from facefusion.pipeline.engine import run
from facefusion.pipeline.finding import analyser_of, check_networks
from facefusion.pipeline.fingerprint import request_key
from facefusion.pipeline.flow import Flow
from facefusion.pipeline.frame_source import source_of
from facefusion.pipeline.inputs import check_paths
from facefusion.pipeline.labels import check_label
from facefusion.pipeline.marking import Facts, Marking, marks_of
from facefusion.pipeline.parallel import Parallel, frames_at_once
from facefusion.pipeline.permission import Permission, as_policy_asks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer, Source
from facefusion.pipeline.render_context import Rendered
from facefusion.pipeline.report import RunReport, Tally
from facefusion.pipeline.segment_run import SegmentRun
from facefusion.pipeline.segments import segments_of
from facefusion.pipeline.workfolder import WorkFolder
from facefusion.provenance.asset import asset_id_of


@dataclass(frozen=True, slots=True)
class Outline:
    """What a request comes down to. segments: empty for what is not rendered in segments; num_frames: to be written."""

    request_key: str
    num_frames: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SharedRun:
    """A request that is ready to be rendered here."""

    outline: Outline
    run: SegmentRun

    @staticmethod
    @contextmanager
    def opened(plan: Plan, analysis: Analysis, progress: Progress, *, created: datetime) -> Iterator[SharedRun]:
        """Prepare as `engine.run` does, permission and all. created: the time that the marks carry.

        Raises what `engine.run` raises before it renders.
        """
        plan = as_policy_asks(plan)
        with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
            part = range_of(reader, plan.start, plan.end)
            check_belongs(analysis, reader)
            check_covers(analysis, part, plan.target)
            renderer = _granted(plan, reader, part, analysis, progress, created)
            segments = segments_of(part, analysis.shots, reader.info.average_fps)
            with closing(source_of(reader, overlap=2 * renderer.span)) as source:
                yield SharedRun(
                    Outline(request_key(plan, reader), len(part), segments),
                    SegmentRun(
                        output=plan.output,
                        segments=segments,
                        folder=DurableFolder(plan.output.parent, ".seg"),
                        renderer=renderer,
                        reader=reader,
                        source=source,
                        write_plan=_write_plan(plan, reader, part, created),
                        parallel=lambda count: Parallel.of(plan.job, segments=count, reader=reader),
                    ),
                )

    def recipe(self, segment: Segment) -> str:
        """What the pixels of a segment depend on beside the request; equal recipes of one request, equal files."""
        return self.run.renderer.recipe(segment)

    def make(self, segment: Segment, folder: Path, progress: Progress, seen: Callable[[Frame], None]) -> Path:
        """Render one segment into `folder`; gives back its file, whose name says what it is. Raises as `engine.run`.

        seen: is shown every finished frame, marked as it is.
        """
        shown = cast(RangeRenderer, _Shown(self.run.renderer, seen))
        alone = replace(self.run, segments=(segment,), folder=DurableFolder(folder, ".seg"), renderer=shown)
        alone.run(progress, Tally())
        return alone.paths()[0]


class _Shown:
    """A renderer that shows its finished frames to somebody on their way."""

    def __init__(self, renderer: RangeRenderer, seen: Callable[[Frame], None]) -> None:
        self._renderer, self._seen = renderer, seen
        self.recipe = renderer.recipe

    def rendered(
        self, source: Source, part: FrameRange, flow: Flow, *, threads: int = 1
    ) -> Generator[Rendered, None, None]:
        with closing(self._renderer.rendered(source, part, flow, threads=threads)) as frames:
            for rendered in frames:
                self._seen(rendered.frame)
                yield rendered


def outlined(plan: Plan, analysis: Analysis | None) -> Outline:
    """Whether and how a request is cut; cheap. Raises what `engine.run` raises at its beginning."""
    plan = as_policy_asks(plan)
    check_paths(plan)
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        part = range_of(reader, plan.start, plan.end)
        check_label(plan, reader)
        trial = open_sink(plan, reader, part, Marking.of(marks_of(plan), Facts.of(plan), plan.manifest, overwrite=True))
        trial.abort()
        if not isinstance(trial, ClipSink) or analysis is None:
            return Outline("", len(part), ())
        return Outline(request_key(plan, reader), len(part), segments_of(part, analysis.shots, reader.info.average_fps))


def is_clip(plan: Plan) -> bool:
    """Whether the target is moving pictures, which are analysed and cut. Raises what opening raises."""
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        return reader.info.is_clip


def measured(plan: Plan, progress: Progress, *, cache: AnalysisCache | None) -> Analysis:
    """The analysis that a run of `plan` needs, asked for permission first. Raises what `engine.run` raises."""
    plan = as_policy_asks(plan)
    check_paths(plan)
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        analyser = analyser_of(plan.job, plan.finder)
        given = load_given(plan, analyser, progress)
        part = range_of(reader, plan.start, plan.end)
        watch = ContentWatch(reader, part)
        Permission.asked(plan, given, watch, progress)
        return survey(
            watch.watched(),
            analysed_range(plan, reader),
            analyser,
            progress,
            workers=frames_at_once(plan.job),
            cache=cache,
            temporal=plan.temporal,
        )


def joined(
    plan: Plan, analysis: Analysis, files: Sequence[Path], progress: Progress, *, created: datetime
) -> RunReport:
    """The finished output of segments that were made elsewhere. Raises as `engine.run`; a bad segment is made again."""
    asked = as_policy_asks(plan)
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        key = request_key(asked, reader)
    with WorkFolder(plan.output, key, created=created, keep="always", say=progress.say) as work:
        work.segments.folder.mkdir(exist_ok=True)
        for file in files:
            shutil.copyfile(file, work.segments.folder / file.name)
    return run(plan, progress, created=created, analysis=analysis)


def details_of(segment_file: Path) -> Mapping[str, object]:
    """What a segment's file says of itself: frames, recipe, counts."""
    return segment_details(segment_file)


def _granted(
    plan: Plan, reader: MediaReader, part: FrameRange, analysis: Analysis, progress: Progress, created: datetime
) -> RangeRenderer:
    analyser = analyser_of(plan.job, plan.finder)
    check_networks(analysis, analyser)
    given = load_given(plan, analyser, progress)
    permission = Permission.asked(plan, given, ContentWatch(reader, part), progress)
    number = asset_id_of(marks_of(plan, created))
    prepared = RangeRenderer.prepared(plan, reader, part, analysis, given, progress, asset_id=number)
    return permission.granted(prepared)[0]


def _write_plan(plan: Plan, reader: MediaReader, part: FrameRange, created: datetime) -> WritePlan:
    marking = Marking.of(marks_of(plan, created), Facts.of(plan), plan.manifest, overwrite=True)
    sink = open_sink(plan, reader, part, marking)
    sink.abort()
    assert isinstance(sink, ClipSink)
    return sink.write_plan
