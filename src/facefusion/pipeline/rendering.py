"""The finished frames of a plan, one after another, for whoever writes them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from datetime import datetime

from facefusion.core import Analysis, Frame, Progress
from facefusion.media import MediaReader
from facefusion.pipeline.analyse import range_of
from facefusion.pipeline.analysis_file import check_belongs, check_covers
from facefusion.pipeline.content_check import ContentWatch
from facefusion.pipeline.finding import analyser_of, check_networks
from facefusion.pipeline.frame_source import SeekingSource
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.parallel import frames_at_once, single_threaded_opencv
from facefusion.pipeline.permission import Permission, as_policy_asks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer, rendered_frames
from facefusion.provenance.asset import asset_id_of


def render(
    reader: MediaReader,
    analysis: Analysis,
    plan: Plan,
    progress: Progress | None = None,
    *,
    created: datetime | None = None,
) -> Generator[Frame, None, None]:
    """The finished frames of `plan` in order, each with its visible label and its watermark.

    Metadata is the writer's part: `marks_of(plan, created)` of the same `created` has the watermark's number.
    analysis: as it was measured; the edits it carries are applied. The label is left out only where a consent record
    allows that. Raises InvalidInput when the analysis is of another clip, RefusedByPolicy, NoFaceFound when nobody who
    is meant is there, Cancelled, and what reading raises.
    """
    progress, plan = progress or Progress(), as_policy_asks(plan)
    analyser = analyser_of(plan.job, plan.finder)
    part = range_of(reader, plan.start, plan.end)
    check_belongs(analysis, reader)
    check_covers(analysis, part, plan.target)
    check_networks(analysis, analyser)
    given = load_given(plan, analyser, progress)
    permission = Permission.asked(plan, given, ContentWatch(reader, part), progress)
    number = asset_id_of(marks_of(plan, created))
    prepared = RangeRenderer.prepared(plan, reader, part, analysis, given, progress, asset_id=number)
    renderer, _ = permission.granted(prepared)
    frames = rendered_frames(renderer, SeekingSource(reader), part, progress, threads=frames_at_once(plan.job))
    with single_threaded_opencv(len(part) > 1), closing(frames):
        for rendered in frames:
            yield rendered.frame
