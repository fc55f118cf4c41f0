"""Where finished frames go: a picture, a clip, a sequence or a folder; whole and marked, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from facefusion.core import Frame, FrameRange, Timestamp
from facefusion.errors import UsageError
from facefusion.media import (
    ANIMATION_SUFFIXES,
    AnimationWriter,
    MediaReader,
    NumberedPattern,
    SequenceWriter,
    VideoWriter,
)
from facefusion.media.codecs import ALPHA_HOLDERS, keeps_alpha
from facefusion.media.image_writing import WRITABLE_SUFFIXES
from facefusion.media.paths import temporary_beside
from facefusion.media.picture_form import ALPHA_TAG, AlphaForm
from facefusion.media.write_plan import WritePlan
from facefusion.pipeline.durable import DurableFolder, disk_errors
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.picture_sinks import FolderSink, StillSink
from facefusion.pipeline.picture_store import PictureStore
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.render_context import Rendered
from facefusion.pipeline.settings import CODECS_OWN, EncodeSettings
from facefusion.pipeline.sinks import Resampling, Sink
from facefusion.pipeline.speaking import end_of, speech_file
from facefusion.pipeline.transparency import (
    check_alpha,
    check_form,
    check_markable,
    first_number,
    form_of,
    leaves_alpha,
    must_keep_alpha,
    space_of,
)
from facefusion.pipeline.workfolder import PICTURES
from facefusion.provenance import mark_place

_HDR_TRANSFERS = (16, 18)
"""H.273: PQ and HLG."""


def open_sink(
    plan: Plan, reader: MediaReader, part: FrameRange, marking: Marking, *, workplace: Path | None = None
) -> Sink:
    """The sink that fits target and output. Raises UsageError, OutputExists and OutputFailed before any work.

    workplace: a folder for the unfinished file of a clip, on the disk of the output; by default it lies beside that.
    """
    kind, output = reader.info.kind, plan.output
    if kind == "folder":
        return FolderSink(output, reader, plan, marking)
    if kind == "image":
        return StillSink(output, reader, plan, marking)
    if NumberedPattern.is_pattern(output):
        return SequenceSink(output, reader, part, plan, marking, workplace)
    if output.suffix.lower() in ANIMATION_SUFFIXES:
        return _AnimationSink(output, reader, part, plan, marking)
    return ClipSink(output, reader, part, plan, marking, workplace)


class ClipSink(Sink):
    """A clip; takes finished segments in place of frames.

    remember: called with the complete file just before it appears.
    """

    def __init__(
        self,
        output: Path,
        reader: MediaReader,
        part: FrameRange,
        plan: Plan,
        marking: Marking,
        workplace: Path | None = None,
    ) -> None:
        if output.suffix.lower() in WRITABLE_SUFFIXES:
            raise UsageError(
                f"{output}: a clip is written to a video file, an animation ({', '.join(ANIMATION_SUFFIXES)}), or to a "
                "sequence like shot.%04d.png"
            )
        times = reader.timestamps()
        is_whole = len(part) == len(times)
        self.remember: Callable[[Path], None] = lambda complete: None
        marking.check_beside(output)
        self._output, self.marking = output, marking
        has_alpha = leaves_alpha(plan, reader.info)
        if has_alpha:
            check_form(output, plan)
        speech, stop = speech_file(plan), None if is_whole or part.stop == len(times) else times[part.stop]
        if speech is not None and stop is None:  # speech may be longer than the clip
            stop = end_of(reader)
        alpha: AlphaForm = "premultiplied" if plan.film.alpha == "premultiplied" else "straight"
        self._writer = VideoWriter(
            output,
            like=replace(
                reader.info,
                width=reader.info.width * plan.scale,
                height=reader.info.height * plan.scale,
                has_alpha=has_alpha,
            ),
            codec=plan.encode.output_codec,
            quality=_quality(plan.encode),
            preset=plan.encode.output_preset or None,
            metadata={**marking.marks.container_tags(), **({ALPHA_TAG: alpha} if has_alpha else {})},
            copy_streams_from=reader.info.path if reader.info.streams else None,
            sound_from=speech,
            start=None if is_whole else times[part.start],
            stop=stop,
            frame_rate=plan.frame_rate if reader.info.kind == "video" else None,
            is_private=plan.hides_people,
            must_keep_alpha=must_keep_alpha(plan, reader.info),
            alpha=alpha,
            space=space_of(plan, reader.info, output.suffix),
            overwrite=plan.job.overwrite,
            temporary=None if workplace is None else temporary_beside(workplace / output.name),
            seal=self._seal,
        )
        self.warnings = self._writer.warnings
        written = self._writer.plan
        if has_alpha and not keeps_alpha(written.container, written.codec):
            self.warnings.append(f"{written.codec.name} holds no transparency: left out; {ALPHA_HOLDERS}")

    @property
    def write_plan(self) -> WritePlan:
        """What the encoders of segments need to know."""
        return self._writer.plan

    def join(self, segments: Sequence[Path], times: Sequence[Timestamp], check: Callable[[], None]) -> None:
        """Take finished segments; they are joined by `close`, which calls `check` between packets."""
        self._writer.join(segments, times=times, check=check)

    def write(self, frame: Frame) -> None:
        self._writer.write(frame)

    def close(self) -> None:
        with self.marking.appearing(self._output):
            self._writer.close()

    def abort(self) -> None:
        self._writer.abort()

    def _seal(self, complete: Path) -> None:
        self.marking.seal(self._output)(complete)
        self.remember(complete)


class SequenceSink(Sink):
    """Numbered pictures. workplace: where finished ones are kept, so that a run that was stopped goes on after them."""

    def __init__(
        self,
        output: Path,
        reader: MediaReader,
        part: FrameRange,
        plan: Plan,
        marking: Marking,
        workplace: Path | None = None,
    ) -> None:
        self.warnings = []
        check_markable(output)
        self.warnings += check_alpha(output, plan, reader)
        if reader.info.has_audio:
            self.warnings.append(f"{output}: pictures carry no sound; the sound of {reader.info.path} is left out")
        is_one_each = reader.info.kind != "video" or plan.frame_rate is None
        self._writer = SequenceWriter(
            output,
            first_number=first_number(plan, reader, part, output.suffix),
            num_pictures=len(part) if is_one_each else 1,
            quality=plan.encode.output_image_quality,
            xmp=marking.marks.xmp(),
            overwrite=plan.job.overwrite,
            seal=marking.seal_sequence(output),
            form=form_of(plan, reader, part, output.suffix, marking.marks.container_tags()),
        )
        marking.check_beside(output)
        self._output, self.marking, self._part = output, marking, part
        self._resampling = Resampling(reader, part, plan)
        kept = None if workplace is None else DurableFolder(workplace / PICTURES, output.suffix)
        self._folder = kept if is_one_each else None
        self._store: PictureStore | None = None

    def resumed(self, renderer: RangeRenderer) -> list[tuple[str, ...]]:
        if self._folder is None:
            return []
        with disk_errors(self._folder.folder):
            self._folder.folder.mkdir(exist_ok=True)
        self._store, notes = PictureStore(self._folder, renderer), []
        for index in range(self._part.start, self._part.stop):
            if (found := self._store.found(index)) is None:
                break
            self._writer.take(found[0])
            notes.append(found[1])
        return notes

    def take(self, rendered: Rendered) -> None:
        frame, store = rendered.frame, self._store
        if store is None:
            self.write(frame)
        else:
            self._writer.write(frame, keep=lambda data: store.keep(frame.index, rendered.notes, data))

    def write(self, frame: Frame) -> None:
        for _ in self._resampling.times_of(frame):
            self._writer.write(frame)

    def close(self) -> None:
        with self.marking.appearing(self._output):
            self._writer.close()

    def abort(self) -> None:
        self._writer.abort()


class _AnimationSink(Sink):
    def __init__(self, output: Path, reader: MediaReader, part: FrameRange, plan: Plan, marking: Marking) -> None:
        info, self.warnings = reader.info, []
        if info.has_audio:
            self.warnings.append(f"{output}: animated pictures carry no sound; the sound of {info.path} is left out")
        if info.bit_depth > 8 or info.color.transfer in _HDR_TRANSFERS:
            self.warnings.append(f"{output}: animated pictures have 8 bits and are shown as sRGB; {info.path} has more")
        if leaves_alpha(plan, info):
            check_form(output, plan)
        marking.check_beside(output)
        self._output, self.marking = output, marking
        self._resampling = Resampling(reader, part, plan)
        packet = marking.marks.xmp() if mark_place(output) == "xmp" else None
        quality = plan.encode.output_image_quality
        self._writer = AnimationWriter(
            output, quality=quality, xmp=packet, overwrite=plan.job.overwrite, seal=marking.seal(output)
        )

    def write(self, frame: Frame) -> None:
        for begin, length in self._resampling.times_of(frame):
            self._writer.write_for(frame, begin, length)

    def close(self) -> None:
        with self.marking.appearing(self._output):
            self._writer.close()

    def abort(self) -> None:
        self._writer.abort()


def _quality(encode: EncodeSettings) -> float | None:
    return None if encode.output_video_quality == CODECS_OWN else float(encode.output_video_quality)
