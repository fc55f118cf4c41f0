"""Rendering a range of frames: the one way for whole runs, segments and previews."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Protocol, TypeVar

from facefusion.core import Analysis, Frame, FrameRange, Progress
from facefusion.media import MediaReader
from facefusion.pipeline.analyse import with_scene
from facefusion.pipeline.borders import Borders
from facefusion.pipeline.coverage import covered
from facefusion.pipeline.cutting import Cutting
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.editing import edited
from facefusion.pipeline.fingerprint import measured_digest
from facefusion.pipeline.flow import Flow, mapped
from facefusion.pipeline.frame_steps import FrameSteps, Window, windows
from facefusion.pipeline.held import REACH, Ready, steadily_known
from facefusion.pipeline.labels import FrameLabels, labelled
from facefusion.pipeline.people_found import PeopleFinder
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import Given, prepare
from facefusion.pipeline.recipes import painted_words, recipe_of
from facefusion.pipeline.render import known_in, render_frame
from facefusion.pipeline.render_context import RenderContext, Rendered
from facefusion.pipeline.watermarks import watermarked
from facefusion.pipeline.windows import Drawn, margin_of, shots_around, steadied, widened
from facefusion.provenance.asset import asset_text
from facefusion.temporal.settings import TemporalSettings

S = TypeVar("S")
T = TypeVar("T")

_FRAMES_AHEAD = 2
"""Frames on their way beyond those that are being rendered: enough that no side waits, few enough to stay small."""


class Source(Protocol):
    """Where frames come from."""

    def frames(self, part: FrameRange) -> Iterator[Frame]: ...


@dataclass(frozen=True, slots=True, eq=False)
class RangeRenderer:
    """Finished frames of any range: a pure function of the medium, its analysis and the plan. Safe in threads.

    analysis: as it was measured; labels are placed by it, so that no edit moves them elsewhere. cast: as edits make it.
    labels: None only where a consent record allows that. first_seconds: time of the first frame that is written; the
    label counts from there. whole: the frames that were measured; a frame looks at its neighbours among them, whether
    they are written or not. asset_id: the number that the watermark of every frame carries. holds_still: light and
    occlusion are held steady over neighbouring frames. borders: what ranges beside one another share.
    """

    analysis: Analysis
    cast: Analysis
    context: RenderContext
    labels: FrameLabels | None
    is_clip: bool
    first_seconds: Fraction
    measured_digest: str
    whole: FrameRange
    temporal: TemporalSettings
    asset_id: int
    cutting: Cutting | None = None
    steps: FrameSteps = FrameSteps()
    holds_still: bool = False
    borders: Borders = field(default_factory=Borders)

    @staticmethod
    def prepared(
        plan: Plan,
        reader: MediaReader,
        part: FrameRange,
        analysis: Analysis,
        given: Given,
        progress: Progress,
        *,
        asset_id: int,
    ) -> RangeRenderer:
        """The renderer of a run over `part`, by an analysis that may cover more; raises as `prepare`."""
        people = PeopleFinder.of(plan)
        if people is not None and analysis.scene is None:
            analysis = with_scene(analysis, reader, people, plan.job.execution_provider, progress)
        whole = analysis.measured
        cast, overrides = edited(analysis, EditLog.from_plain(analysis.edits))
        if plan.hides_people and reader.info.is_clip:
            cast = covered(cast, whole)
        context = prepare(plan, reader, cast, given, progress, overrides)
        surveyed = shots_around(part, cast, whole) if reader.info.is_clip else part
        steps = FrameSteps.of(plan, reader, cast, surveyed, progress)
        color, is_clip = reader.info.color, reader.info.is_clip
        return RangeRenderer(
            analysis=analysis,
            cast=cast,
            context=context,
            labels=FrameLabels(plan.label, analysis, is_clip=is_clip, color=color, scale=plan.scale),
            is_clip=is_clip,
            first_seconds=reader.timestamps()[part.start].seconds,
            measured_digest=measured_digest(analysis) + context.memory_digest + steps.measured_digest,
            whole=whole,
            temporal=replace(plan.temporal, blend_strength=0.0) if plan.hides_people else plan.temporal,
            asset_id=asset_id,
            cutting=Cutting.of(plan, analysis, reader, part, whole),
            steps=steps,
            holds_still=plan.changes_faces and not plan.hides_people,
        )

    def without_label(self) -> RangeRenderer:
        """The same without the visible label. For `permission` alone, on a decision that rests on a consent record."""
        return replace(self, labels=None)

    @property
    def margin(self) -> int:
        """Drawn frames on each side that a finished one depends on."""
        return margin_of(self.temporal) if self.is_clip else 0

    @property
    def span(self) -> int:
        """Frames of the medium on each side that a finished one depends on."""
        return self.margin + self.known_reach + (self.steps.margin if self.is_clip else 0)

    @property
    def known_reach(self) -> int:
        """Frames on each side that say, with a frame, how light falls on its faces and what is in front of them."""
        return REACH if self.is_clip and self.temporal.smoothing > 0 and self.holds_still else 0

    def reach(self, part: FrameRange) -> FrameRange:
        """The frames that those of `part` look at."""
        return widened(part, self.span, self.cast, self.whole)

    def recipe(self, part: FrameRange) -> str:
        """A digest of what the pixels of `part` depend on beside plan and clip: measurements, edits, the number."""
        edits = recipe_of(
            part, self.cast, self.context.overrides, self.context.casting, margin=self.margin + self.known_reach,
            painted=painted_words(self.context),
        )  # fmt: skip
        digest = f"{self.measured_digest}-{edits}-{asset_text(self.asset_id)}"
        return digest + ("-unlabelled" if self.labels is None else "")

    def _drawn_in(self, window: Window) -> Drawn:
        return self.drawn(self._ready_in(window))

    def _ready_in(self, window: Window) -> Ready:
        return self.ready(self.steps.restored(window))

    def _ready_of(self, part: FrameRange, window: Window) -> Ready:
        """As `_ready_in`, for a window of `part`: what the range beside has measured is not measured again."""
        if self.steps.margin:
            return self._ready_in(window)
        ends = [end for end in (part.start, part.stop) if self.whole.start < end < self.whole.stop]
        return self.borders.ready(window.frame, ends, self.margin + self.known_reach, self.ready)

    def ready(self, frame: Frame) -> Ready:
        """One frame, cut out where that is asked for, and what it tells of its faces where that is held steady."""
        faces = (self.context.steady or self.cast).faces_in(frame.index)
        cutout, source = None, None
        if self.cutting is not None:
            cutout, source = self.cutting.cut(frame, faces), frame
            frame = replace(frame, pixels=cutout.pixels, alpha=None)
        known = known_in(frame, faces, self.context) if self.known_reach else {}
        return Ready(frame, faces, known, cutout, source)

    def drawn(self, ready: Ready) -> Drawn:
        """The frame with its faces changed."""
        sure = {} if ready.cutout is None else ready.cutout.sure
        rendered = render_frame(ready.frame, ready.faces, self.context, ready.known, sure)
        drawn = Drawn(
            rendered, ready.frame.pixels, ready.faces, self.context.overrides, cutout=ready.cutout, source=ready.source
        )
        return drawn.measured() if self.margin else drawn

    def _seconds(self, frame: Frame) -> Fraction:
        return frame.timestamp.seconds - self.first_seconds if self.is_clip else Fraction(0)

    def labelled(self, drawn: Drawn) -> Rendered:
        """The frame with its watermark, and its visible label where `permission` has not taken that away."""
        frame = drawn.rendered.frame
        is_own = frame.pixels is not drawn.before
        if self.labels is None:
            shown = frame if is_own else replace(frame, pixels=frame.pixels.copy())
        else:
            seconds = float(self._seconds(frame)) if self.is_clip else None
            shown = labelled(frame, self.labels.of(frame), is_own=is_own, seconds=seconds)
        return Rendered(watermarked(shown, self.asset_id), drawn.rendered.notes)

    def rendered(
        self, source: Source, part: FrameRange, flow: Flow, *, threads: int = 1
    ) -> Generator[Rendered, None, None]:
        """The frames of `part` in order, `threads` at once; one thread works in the caller's own."""
        with (
            closing(self._all_drawn(source, part, flow, threads)) as frames,
            nullcontext() if self.cutting is None else self.cutting.composing() as composing,
        ):
            for drawn in steadied(frames, self.cast, self.temporal) if self.margin else frames:
                if drawn.frame.index in part:
                    done = drawn if composing is None else composing.done(drawn, self._seconds(drawn.frame))
                    yield self.labelled(self.steps.enlarged(done))

    def _all_drawn(self, source: Source, part: FrameRange, flow: Flow, threads: int) -> Generator[Drawn, None, None]:
        """All that the frames of `part` depend on, drawn."""
        if not self.known_reach:
            yield from _mapped(flow, self._drawn_in, self._windows(source, part), threads)
            return
        frames = _mapped(flow, partial(self._ready_of, part), self._windows(source, part), threads)
        with closing(frames) if threads == 1 else nullcontext(frames) as ready:  # else another thread is reading it
            steady = (one for one in steadily_known(ready, self.cast) if one.frame.index in self._to_draw(part))
            yield from _mapped(flow, self.drawn, steady, threads)

    def _to_draw(self, part: FrameRange) -> FrameRange:
        return widened(part, self.margin, self.cast, self.whole)

    def _windows(self, source: Source, part: FrameRange) -> Iterator[Window]:
        return windows(source.frames(self.reach(part)), self.cast, self.steps.margin if self.is_clip else 0)


def _mapped(flow: Flow, work: Callable[[S], T], frames: Iterator[S], threads: int) -> Generator[T, None, None]:
    if threads == 1:
        for frame in frames:
            flow.check()
            yield work(frame)
        return
    with closing(mapped(flow, work, frames, workers=threads, ahead=threads + _FRAMES_AHEAD)) as results:
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
