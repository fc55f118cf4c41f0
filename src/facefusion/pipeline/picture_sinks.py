"""Where pictures without a time go: a single one, or a folder of them."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from facefusion.core import Frame, FrameRange
from facefusion.errors import OutputExists, OutputFailed, UsageError
from facefusion.media import CONTAINERS, MediaReader, check_output, check_output_folder, clean_exif, write_image
from facefusion.media.image_writing import WRITABLE_SUFFIXES
from facefusion.media.paths import temporary_beside
from facefusion.media.picture_form import PictureForm
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.sinks import Sink
from facefusion.pipeline.transparency import check_alpha, check_markable, form_of, space_of
from facefusion.provenance import mark_place


class StillSink(Sink):
    """One picture."""

    def __init__(self, output: Path, reader: MediaReader, plan: Plan, marking: Marking) -> None:
        self.warnings = []
        check_markable(output)
        self.warnings += check_alpha(output, plan, reader)
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


class FolderSink(Sink):
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
