"""Rendering a range of frames: the one way for whole runs, segments and previews."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from facefusion.core import Analysis, Frame, FrameRange, Progress
from facefusion.media import MediaReader
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.editing import edited
from facefusion.pipeline.fingerprint import measured_digest
from facefusion.pipeline.flow import Flow, mapped
from facefusion.pipeline.labels import FrameLabels, labelled
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import Given, prepare
from facefusion.pipeline.recipes import painted_digest, recipe_of
from facefusion.pipeline.render import RenderContext, Rendered, render_frame

_FRAMES_AHEAD = 2
"""Frames on their way beyond those that are being rendered: enough that no side waits, few enough to stay small."""


class Source(Protocol):
    """Where frames come from."""

    def frames(self, part: FrameRange) -> Iterator[Frame]: ...


@dataclass(frozen=True, slots=True, eq=False)
class RangeRenderer:
    """Finished frames of any range: a pure function of the medium, its analysis and the plan. Safe in threads.

    analysis: as it was measured; labels are placed by it, so that no edit moves them elsewhere. cast: as edits make it.
    first_seconds: time of the first frame that is written; the label counts from there.
    """

    analysis: Analysis
    cast: Analysis
    context: RenderContext
    labels: FrameLabels
    is_clip: bool
    first_seconds: Fraction
    measured_digest: str

    @staticmethod
    def prepared(
        plan: Plan, reader: MediaReader, part: FrameRange, analysis: Analysis, given: Given, progress: Progress
    ) -> RangeRenderer:
        """The renderer of a run over `part`; raises as `prepare`."""
        cast, overrides = edited(analysis, EditLog.from_plain(analysis.edits))
        context = prepare(plan, reader, cast, given, progress, overrides)
        return RangeRenderer(
            analysis=analysis,
            cast=cast,
            context=context,
            labels=FrameLabels(plan.label, analysis, is_clip=reader.info.is_clip, color=reader.info.color),
            is_clip=reader.info.is_clip,
            first_seconds=reader.timestamps()[part.start].seconds,
            measured_digest=measured_digest(analysis) + painted_digest(context),
        )

    @property
    def margin(self) -> int:
        """Frames on each side that a frame looks at when it is rendered."""
        return 0

    def recipe(self, part: FrameRange) -> str:
        """A digest of what the pixels of `part` depend on beside the plan and the clip: measurements and edits."""
        edits = recipe_of(part, self.cast, self.context.overrides, self.context.casting, margin=self.margin)
        return f"{self.measured_digest}-{edits}"

    def finished(self, frame: Frame) -> Rendered:
        """One frame, rendered and labelled."""
        drawn = render_frame(frame, (self.context.steady or self.cast).faces_in(frame.index), self.context)
        seconds = float(frame.timestamp.seconds - self.first_seconds) if self.is_clip else None
        is_own = drawn.frame.pixels is not frame.pixels
        return Rendered(labelled(drawn.frame, self.labels.of(frame), is_own=is_own, seconds=seconds), drawn.notes)

    def rendered(
        self, source: Source, part: FrameRange, flow: Flow, *, threads: int = 1
    ) -> Generator[Rendered, None, None]:
        """The frames of `part` in order, `threads` at once; one thread works in the caller's own."""
        if threads == 1:
            for frame in source.frames(part):
                flow.check()
                yield self.finished(frame)
            return
        ahead = threads + _FRAMES_AHEAD
        with closing(mapped(flow, self.finished, source.frames(part), workers=threads, ahead=ahead)) as results:
            yield from results


def rendered_frames(
    renderer: RangeRenderer, source: Source, part: FrameRange, progress: Progress, *, threads: int
) -> Generator[Rendered, None, None]:
    """Frames of `part` as a run of their own, with progress; memory does not grow with the length."""
    progress.start("render", total=len(part))
    with Flow(progress) as flow, closing(renderer.rendered(source, part, flow, threads=threads)) as results:
        for rendered in results:
            yield rendered
            progress.advance(faces=len(rendered.notes))
