"""Some frames of a run, alone: the very pixels that the whole run would give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from facefusion.core import Analysis, Frame, FrameRange, Progress, Segment, UInt8, to_unit
from facefusion.errors import InvalidInput
from facefusion.media import MediaReader, open_media, write_image
from facefusion.pipeline.analyse import analysed_range, range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import check_belongs, check_covers
from facefusion.pipeline.contact_sheet import Portrait, contact_sheet
from facefusion.pipeline.content_check import ContentWatch
from facefusion.pipeline.cues import Cue
from facefusion.pipeline.finding import analyser_of, check_networks
from facefusion.pipeline.flow import Flow
from facefusion.pipeline.frame_source import SeekingSource
from facefusion.pipeline.inputs import check_paths
from facefusion.pipeline.labels import check_label
from facefusion.pipeline.marking import Facts, Marking, marks_of
from facefusion.pipeline.parallel import frames_at_once
from facefusion.pipeline.people_found import PeopleFinder
from facefusion.pipeline.permission import Permission, as_policy_asks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.segments import segments_of
from facefusion.pipeline.watermarks import watermarked
from facefusion.pipeline.weights import check_models
from facefusion.provenance import Marks
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.policy import Decision

CELL_PX = 400
"""Width of a frame on a contact sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """One frame as the run gives it, labelled and watermarked.

    seconds: when it is shown, from the clip's first frame. marks: the metadata that belongs to it. decision: of the
    policy, for the signed manifest.
    """

    frame: Frame
    seconds: Fraction
    marks: Marks
    decision: Decision


def preview(
    plan: Plan,
    cues: Sequence[Cue] = (),
    progress: Progress | None = None,
    *,
    number: int = 1,
    analysis: Analysis | None = None,
    cache: AnalysisCache | None = None,
    created: datetime | None = None,
) -> list[Preview]:
    """The frames at `cues`, or `number` frames evenly through what `plan` covers, rendered as the run would.

    analysis: measured before, with its edits, and checked to be of this clip; by default it is taken from `cache`, or
    measured now, as for the run. created: the time that the marks carry, by default now; a run of the same plan and
    time gives the very same pixels, another run the same but for the number in the watermark.
    Raises InvalidInput for a cue outside of what the plan covers, and what `run` raises.
    """
    progress, plan = progress or Progress(), as_policy_asks(plan)
    check_paths(plan)
    check_models(plan)
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        part = range_of(reader, plan.start, plan.end)
        wanted = [_frame_at(cue, reader, part) for cue in cues] or _spread(part, number)
        check_label(plan, reader)
        marks, watch = marks_of(plan, created), ContentWatch(reader, part, wanted)
        renderer, decision = prepared_renderer(plan, watch, reader, part, progress, analysis, cache, marks)
        progress.start("render", total=len(wanted))
        segments = segments_of(part, renderer.analysis.shots, reader.info.average_fps)
        frames = _rendered(renderer, reader, segments, wanted, progress)
        first = reader.timestamps()[0].seconds
        return [Preview(frame, frame.timestamp.seconds - first, marks, decision) for frame in frames]


def write_preview(path: Path, previews: Sequence[Preview], plan: Plan, *, overwrite: bool = False) -> None:
    """Write one frame as it is, several as a contact sheet, with the metadata of every result.

    Raises OutputExists, OutputFailed.
    """
    marks, frame = previews[0].marks, previews[0].frame
    if len(previews) > 1:
        frame = watermarked(Frame(sheet_of(previews)), asset_id_of(marks))
    marking = Marking.of(marks, Facts.of(plan), plan.manifest, overwrite=overwrite)
    marking.decide(previews[0].decision)
    with marking.appearing(path):
        write_image(path, frame, xmp=marks.xmp(), overwrite=overwrite, seal=marking.seal(path))


def sheet_of(previews: Sequence[Preview]) -> UInt8:
    """(H, W, 3) uint8 RGB: the frames side by side, each with its number and time."""
    cells = [Portrait(_eight_bits(one.frame), _time(one.seconds), f"frame {one.frame.index}") for one in previews]
    return contact_sheet(cells, width_px=CELL_PX, columns=4)


def _eight_bits(frame: Frame) -> UInt8:
    return (np.clip(to_unit(frame.pixels), 0, 1) * 255 + 0.5).astype(np.uint8)


def prepared_renderer(
    plan: Plan,
    watch: ContentWatch,
    reader: MediaReader,
    part: FrameRange,
    progress: Progress,
    analysis: Analysis | None,
    cache: AnalysisCache | None,
    marks: Marks,
) -> tuple[RangeRenderer, Decision]:
    analyser = analyser_of(plan.job, plan.finder)
    given = load_given(plan, analyser, progress)
    permission = Permission.asked(plan, given, watch, progress)
    if analysis is None:
        measured = analysed_range(plan, reader)
        workers = frames_at_once(plan.job)
        analysis = survey(
            reader,
            measured,
            analyser,
            progress,
            workers=workers,
            cache=cache,
            temporal=plan.temporal,
            people=PeopleFinder.of(plan),
        )
    else:
        check_belongs(analysis, reader)
        check_networks(analysis, analyser)
    check_covers(analysis, part, plan.target)
    prepared = RangeRenderer.prepared(plan, reader, part, analysis, given, progress, asset_id=asset_id_of(marks))
    return permission.granted(prepared)


def _rendered(
    renderer: RangeRenderer, reader: MediaReader, segments: Sequence[Segment], wanted: Sequence[int], progress: Progress
) -> Iterator[Frame]:
    with Flow(progress) as flow:
        for index in wanted:
            segment = next(segment for segment in segments if index in segment)
            source = _FromSegment(SeekingSource(reader), renderer.reach(segment).start)
            for rendered in renderer.rendered(source, FrameRange(index, index + 1), flow):
                yield rendered.frame
                progress.advance(faces=len(rendered.notes))


@dataclass(frozen=True, slots=True)
class _FromSegment:
    """Decodes from where a whole run begins with a segment: streams without true key frames look alike only then."""

    source: SeekingSource
    start: int

    def frames(self, part: FrameRange) -> Iterator[Frame]:
        """The frames of `part`, in order."""
        from_there = FrameRange(min(self.start, part.start), part.stop)
        return (frame for frame in self.source.frames(from_there) if frame.index in part)


def _frame_at(cue: Cue, reader: MediaReader, part: FrameRange) -> int:
    """The frame that is shown at a cue. Raises InvalidInput when the plan does not cover it."""
    if cue.frame is not None:
        index = cue.frame
    else:
        begun = reader.range_between(None, (cue.seconds or Fraction(0)) + Fraction(1, 10**9))
        index = max(begun.stop - 1, 0)
        last = reader.timestamps()[-1].seconds - reader.timestamps()[0].seconds + 1 / reader.info.average_fps
        if (cue.seconds or Fraction(0)) >= last:
            index = reader.num_frames
    if index not in part:
        raise InvalidInput(
            f"{reader.info.path}: at is frame {index}, frames {part.start} to {part.stop - 1} are there; "
            "choose another place, or change --start and --end"
        )
    return index


def _spread(part: FrameRange, number: int) -> list[int]:
    """The middles of `number` equal pieces of `part`."""
    number = min(number, len(part))
    return [part.start + (2 * place + 1) * len(part) // (2 * number) for place in range(number)]


def _time(seconds: Fraction) -> str:
    """`1:02:03.500`, from hours down to what is not zero."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{minutes:02}:{text}" if hours else f"{minutes}:{text}"
