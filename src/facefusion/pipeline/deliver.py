"""Where finished frames go: a picture, a clip, a sequence or a folder; whole and marked, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from facefusion.core import Frame, FrameRange, Timestamp
from facefusion.errors import OutputExists, OutputFailed, UsageError
from facefusion.media import (
    ANIMATION_SUFFIXES,
    CONTAINERS,
    AnimationWriter,
    MediaReader,
    NumberedPattern,
    SequenceWriter,
    VideoWriter,
    check_output,
    check_output_folder,
    clean_exif,
    write_image,
)
from facefusion.media.codecs import ALPHA_HOLDERS, keeps_alpha
from facefusion.media.image_writing import ALPHA_SUFFIXES, WEIGHTED_SUFFIXES, WRITABLE_SUFFIXES
from facefusion.media.paths import temporary_beside
from facefusion.media.picture_form import ALPHA_TAG, AlphaForm, PictureForm
from facefusion.media.write_plan import WritePlan
from facefusion.pipeline.durable import DurableFolder, disk_errors
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.picture_store import PictureStore
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.render import Rendered
from facefusion.pipeline.settings import CODECS_OWN, EncodeSettings
from facefusion.pipeline.sinks import Resampling, Sink
from facefusion.pipeline.transparency import first_number, form_of, leaves_alpha, must_keep_alpha, space_of
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
        return _FolderSink(output, reader, plan, marking)
    if kind == "image":
        return _StillSink(output, reader, plan, marking)
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
            start=None if is_whole else times[part.start],
            stop=None if is_whole or part.stop == len(times) else times[part.stop],
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
        _check_markable(output)
        self.warnings += _check_alpha(output, plan, reader)
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
            _check_form(output, plan)
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


class _StillSink(Sink):
    def __init__(self, output: Path, reader: MediaReader, plan: Plan, marking: Marking) -> None:
        self.warnings = []
        _check_markable(output)
        self.warnings += _check_alpha(output, plan, reader)
        self._form = form_of(plan, reader, FrameRange(0, 1), output.suffix, marking.marks.container_tags())
        check_output(output, overwrite=plan.job.overwrite)
        self._output, self._source, self._plan, self.marking = output, reader.info.path, plan, marking
        self._frame: Frame | None = None

    def write(self, frame: Frame) -> None:
        self._frame = frame

    def close(self) -> None:
        if self._frame is None:
            raise OutputFailed(f"{self._output}: there was no picture to write")
        with self.marking.appearing(self._output):
            write_image(
                self._output,
                self._frame,
                quality=self._plan.encode.output_image_quality,
                xmp=self.marking.marks.xmp(),
                exif=None if self._plan.hides_people else clean_exif(self._source),
                overwrite=self._plan.job.overwrite,
                seal=self.marking.seal(self._output),
                form=self._form,
            )

    def abort(self) -> None:
        self._frame = None


class _FolderSink(Sink):
    """Pictures keep their names; a format that is not written becomes PNG. The folder appears at the end."""

    def __init__(self, output: Path, reader: MediaReader, plan: Plan, marking: Marking) -> None:
        self.warnings = []
        self._output, self._reader, self._plan, self.marking = output, reader, plan, marking
        if output.suffix.lower() in (*WRITABLE_SUFFIXES, *CONTAINERS):
            raise UsageError(f"{output}: the target is a folder of pictures, so the output has to be a folder too")
        if output.exists() and not output.is_dir():
            raise OutputFailed(f"{output}: is a file; the output of a folder of pictures is a folder")
        if output.is_dir() and any(output.iterdir()) and not plan.job.overwrite:
            raise OutputExists(f"{output}: is there already and not empty; choose another name or allow overwriting")
        check_output_folder(output.parent)
        self._stack = ExitStack()
        self._folder = temporary_beside(output)

    def write(self, frame: Frame) -> None:
        source = self._reader.path_of(frame.index)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputFailed(f"{self._output}: cannot be made ({error.strerror})") from None
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        write_image(
            self._name_for(source),
            frame,
            quality=self._plan.encode.output_image_quality,
            xmp=self.marking.marks.xmp(),
            exif=None if self._plan.hides_people else clean_exif(source),
            seal=self.marking.seal(self._name_for(source), target=source, keeps_copy=False),
            form=PictureForm(self._plan.film.alpha, space_of(self._plan, self._reader.info, source.suffix)),
        )

    def close(self) -> None:
        with self._stack, self.marking.appearing(None):
            try:
                self.marking.keep_copy()
                self._appear()
            except OSError as error:
                raise OutputFailed(f"{self._output}: cannot be put in place ({error.strerror})") from None

    def abort(self) -> None:
        self._stack.close()

    def _appear(self) -> None:
        if not self._output.exists():
            os.rename(self._folder, self._output)
            return
        for picture in sorted(self._folder.iterdir()):
            os.replace(picture, self._output / picture.name)

    def _name_for(self, source: Path) -> Path:
        is_markable = source.suffix.lower() in WRITABLE_SUFFIXES and mark_place(source) == "xmp"
        return self._folder / (source.name if is_markable else f"{source.name}.png")


def _check_markable(output: Path) -> None:
    if output.suffix.lower() not in WRITABLE_SUFFIXES or mark_place(output) != "xmp":
        good = ", ".join(suffix for suffix in WRITABLE_SUFFIXES if mark_place(Path(f"x{suffix}")) == "xmp")
        raise UsageError(f"{output}: pictures are written as {good}, got {output.suffix or 'no suffix'!r}")


def _check_alpha(output: Path, plan: Plan, reader: MediaReader) -> list[str]:
    """What is told of transparency that such pictures do not hold. Raises UsageError where it was asked for."""
    if not leaves_alpha(plan, reader.info):
        return []
    if output.suffix.lower() in ALPHA_SUFFIXES:
        _check_form(output, plan)
        return []
    if must_keep_alpha(plan, reader.info):
        raise UsageError(f"{output.suffix} pictures hold no transparency; {ALPHA_HOLDERS}")
    return [f"{output.suffix} pictures hold no transparency: left out; {ALPHA_HOLDERS}"]


def _check_form(output: Path, plan: Plan) -> None:
    """Raise UsageError for premultiplied pictures where nothing can say that they are."""
    if plan.film.alpha == "premultiplied" and output.suffix.lower() not in WEIGHTED_SUFFIXES:
        raise UsageError(
            f"{output.suffix} pictures are always straight; premultiplied are {', '.join(WEIGHTED_SUFFIXES)} and clips"
        )


def _quality(encode: EncodeSettings) -> float | None:
    return None if encode.output_video_quality == CODECS_OWN else float(encode.output_video_quality)
