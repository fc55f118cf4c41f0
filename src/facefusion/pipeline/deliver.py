"""Where finished frames go: a picture, a clip, a sequence or a folder; whole and marked, or not at all."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from facefusion.core import Frame, FrameRange, Timestamp
from facefusion.errors import OutputExists, OutputFailed, UsageError
from facefusion.media import (
    CONTAINERS,
    MediaReader,
    NumberedPattern,
    SequenceWriter,
    VideoWriter,
    check_output,
    check_output_folder,
    clean_exif,
    write_image,
)
from facefusion.media.image_writing import WRITABLE_SUFFIXES
from facefusion.media.paths import temporary_beside, write_atomically
from facefusion.media.rates import places
from facefusion.media.writer import WritePlan
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.settings import CODECS_OWN, EncodeSettings
from facefusion.provenance import Marks, mark_place, sidecar_path


class Sink(ABC):
    """Takes frames in order. A context: what was written appears when it ends without an error, and never otherwise.

    `warnings`: what could not be kept, one line each, complete at the end.
    """

    warnings: list[str]

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take the next frame. Raises OutputFailed."""

    @abstractmethod
    def close(self) -> None:
        """Let the result appear. Raises OutputFailed, OutputExists."""

    @abstractmethod
    def abort(self) -> None:
        """Leave nothing behind."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def open_sink(plan: Plan, reader: MediaReader, part: FrameRange, marks: Marks) -> Sink:
    """The sink that fits target and output. Raises UsageError, OutputExists and OutputFailed before any work."""
    kind, output = reader.info.kind, plan.output
    if kind == "folder":
        return _FolderSink(output, reader, plan, marks)
    if kind == "image":
        return _StillSink(output, reader, plan, marks)
    if NumberedPattern.is_pattern(output):
        return _SequenceSink(output, reader, part, plan, marks)
    return ClipSink(output, reader, part, plan, marks)


class ClipSink(Sink):
    """A clip; takes finished segments in place of frames."""

    def __init__(self, output: Path, reader: MediaReader, part: FrameRange, plan: Plan, marks: Marks) -> None:
        if output.suffix.lower() in WRITABLE_SUFFIXES:
            raise UsageError(f"{output}: a clip is written to a video file, or to a sequence like shot.%04d.png")
        times = reader.timestamps()
        is_whole = len(part) == len(times)
        self._sidecar = _Sidecar(output, marks, plan)
        self._writer = VideoWriter(
            output,
            like=reader.info,
            codec=plan.encode.output_codec,
            quality=_quality(plan.encode),
            preset=plan.encode.output_preset or None,
            metadata=marks.container_tags(),
            copy_streams_from=reader.info.path if reader.info.streams else None,
            start=None if is_whole else times[part.start],
            stop=None if is_whole or part.stop == len(times) else times[part.stop],
            frame_rate=plan.frame_rate if reader.info.kind == "video" else None,
            overwrite=plan.job.overwrite,
        )
        self.warnings = self._writer.warnings

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
        self._sidecar.around(self._writer.close)

    def abort(self) -> None:
        self._writer.abort()


class _SequenceSink(Sink):
    def __init__(self, output: Path, reader: MediaReader, part: FrameRange, plan: Plan, marks: Marks) -> None:
        self.warnings = []
        _check_markable(output)
        if reader.info.has_audio:
            self.warnings.append(f"{output}: pictures carry no sound; the sound of {reader.info.path} is left out")
        self._writer = SequenceWriter(
            output,
            first_number=_first_number(reader, part),
            quality=plan.encode.output_image_quality,
            xmp=marks.xmp(),
            overwrite=plan.job.overwrite,
        )
        self._rate = plan.frame_rate if reader.info.kind == "video" else None
        self._begin = reader.timestamps()[part.start].seconds
        self._usual_length = 1 / reader.info.average_fps

    def write(self, frame: Frame) -> None:
        for _ in range(self._times_seen(frame)):
            self._writer.write(frame)

    def _times_seen(self, frame: Frame) -> int:
        """How often a frame is written: once, unless the rate changes."""
        if self._rate is None:
            return 1
        begin = frame.timestamp.seconds - self._begin
        length = frame.duration_pts * frame.timestamp.time_base or self._usual_length
        return len(places(begin, begin + length, self._rate))

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.abort()


class _StillSink(Sink):
    def __init__(self, output: Path, reader: MediaReader, plan: Plan, marks: Marks) -> None:
        self.warnings = []
        _check_markable(output)
        check_output(output, overwrite=plan.job.overwrite)
        self._output, self._source, self._plan, self._marks = output, reader.info.path, plan, marks
        self._frame: Frame | None = None

    def write(self, frame: Frame) -> None:
        self._frame = frame

    def close(self) -> None:
        if self._frame is None:
            raise OutputFailed(f"{self._output}: there was no picture to write")
        write_image(
            self._output,
            self._frame,
            quality=self._plan.encode.output_image_quality,
            xmp=self._marks.xmp(),
            exif=clean_exif(self._source),
            overwrite=self._plan.job.overwrite,
        )

    def abort(self) -> None:
        self._frame = None


class _FolderSink(Sink):
    """Pictures keep their names; a format that is not written becomes PNG. The folder appears at the end."""

    def __init__(self, output: Path, reader: MediaReader, plan: Plan, marks: Marks) -> None:
        self.warnings = []
        self._output, self._reader, self._plan, self._marks = output, reader, plan, marks
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
            xmp=self._marks.xmp(),
            exif=clean_exif(source),
        )

    def close(self) -> None:
        with self._stack:
            try:
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


class _Sidecar:
    """The marks of a container that has no place for them, in a file beside it that appears and fails with it."""

    def __init__(self, output: Path, marks: Marks, plan: Plan) -> None:
        self._output, self._overwrite = output, plan.job.overwrite
        self._packet = marks.xmp() if mark_place(output) == "sidecar" else None
        if self._packet is not None:
            check_output(sidecar_path(output), overwrite=self._overwrite)

    def around(self, finish: Callable[[], None]) -> None:
        """Write the sidecar, then let `finish` make the output appear; without it the sidecar goes again."""
        place = sidecar_path(self._output)
        if self._packet is not None:
            write_atomically(place, self._packet, overwrite=self._overwrite)
        try:
            finish()
        except BaseException:
            if self._packet is not None:
                place.unlink(missing_ok=True)
            raise


def _check_markable(output: Path) -> None:
    if output.suffix.lower() not in WRITABLE_SUFFIXES or mark_place(output) != "xmp":
        good = ", ".join(suffix for suffix in WRITABLE_SUFFIXES if mark_place(Path(f"x{suffix}")) == "xmp")
        raise UsageError(f"{output}: pictures are written as {good}, got {output.suffix or 'no suffix'!r}")


def _quality(encode: EncodeSettings) -> float | None:
    return None if encode.output_video_quality == CODECS_OWN else float(encode.output_video_quality)


def _first_number(reader: MediaReader, part: FrameRange) -> int:
    """A sequence keeps its numbers; frames of a clip get their place in the whole clip, from 1."""
    if reader.info.kind != "sequence":
        return 1 + part.start
    return NumberedPattern.parse(reader.info.path).numbers_on_disk()[0] + part.start
