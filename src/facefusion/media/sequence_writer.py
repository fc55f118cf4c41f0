"""Writing a numbered sequence of pictures: all of it or none of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from facefusion.core import Frame
from facefusion.errors import OutputExists, OutputFailed, UsageError
from facefusion.media.image_writing import WRITABLE_SUFFIXES, encode_image
from facefusion.media.paths import NumberedPattern, appear, check_output_folder, discard, temporary_beside
from facefusion.media.picture_form import PictureForm, stamped
from facefusion.media.whole import WholeOrNothing


class SequenceWriter(WholeOrNothing):
    """Writes `frame.0001.png`, `frame.0002.png`, … A context.

    Pictures are kept under hidden temporary names until the end, so that a run that fails leaves the folder as it was.
    With `overwrite` existing files of the same number are replaced, others never touched.
    seal: is called with (temporary, final) paths of all pictures before the first appears; if it raises, none does.
    form: see `PictureForm`; its stamp is that of the first picture. num_pictures: how many are known to come.
    Raises UsageError (pattern, suffix), OutputExists (before any work when a known number is there), OutputFailed.
    """

    def __init__(
        self,
        pattern: str | Path,
        *,
        first_number: int = 1,
        num_pictures: int = 1,
        quality: int | None = None,
        xmp: bytes | None = None,
        overwrite: bool = False,
        seal: Callable[[Sequence[tuple[Path, Path]]], None] | None = None,
        form: PictureForm = PictureForm(),
    ) -> None:
        self._pattern = NumberedPattern.parse(pattern)
        if self._pattern.path.suffix.lower() not in WRITABLE_SUFFIXES:
            raise UsageError(f"{pattern}: pictures are written as {', '.join(WRITABLE_SUFFIXES)}")
        self._first, self._quality, self._xmp, self._overwrite = first_number, quality, xmp, overwrite
        self._seal, self._form = seal, form
        check_output_folder(self._pattern.folder)
        self._refuse_any_of(range(first_number, first_number + num_pictures))
        self._pending: list[tuple[Path, Path]] = []
        self._placed: list[Path] = []
        self._own: list[Path] = []

    def write(self, frame: Frame, *, xmp: bytes | None = None, keep: Callable[[bytes], Path] | None = None) -> Path:
        """Add a picture; returns the path it will have. `xmp` replaces the packet given to the writer.

        keep: puts the bytes on the disk and says where; they are then not removed when the writer fails.
        """
        path = self._pattern.numbered(self._first + len(self._pending))
        self._refuse_existing(path)
        form = stamped(self._form, self._first, len(self._pending))
        data = encode_image(path, frame, quality=self._quality, xmp=xmp or self._xmp, exif=None, form=form)
        if keep is not None:
            self._pending.append((keep(data), path))
            return path
        temporary = temporary_beside(path)
        self._own.append(temporary)
        self._pending.append((temporary, path))
        try:
            temporary.write_bytes(data)
        except OSError as error:
            raise OutputFailed(
                f"{path}: writing failed ({(error.strerror or str(error)).lower()}); free some space"
            ) from None
        return path

    def take(self, finished: Path) -> None:
        """Add a picture that an earlier writer has made; it is not removed when this one fails."""
        path = self._pattern.numbered(self._first + len(self._pending))
        self._refuse_existing(path)
        self._pending.append((finished, path))

    def close(self) -> None:
        """Let all pictures appear."""
        try:
            if self._seal is not None:
                self._seal(tuple(self._pending))
            for temporary, path in self._pending:
                existed = path.exists()
                appear(temporary, path, overwrite=self._overwrite)
                if not existed:
                    self._placed.append(path)
            self._pending = []
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Remove everything this writer made."""
        for temporary in self._own:
            discard(temporary)
        for path in self._placed:
            discard(path)
        self._pending, self._placed, self._own = [], [], []

    def _refuse_any_of(self, numbers: range) -> None:
        there = () if self._overwrite else self._pattern.numbers_on_disk()
        for number in there:
            if number in numbers:
                self._refuse_existing(self._pattern.numbered(number))

    def _refuse_existing(self, path: Path) -> None:
        if path.exists() and not self._overwrite:
            raise OutputExists(f"{path}: is there already; choose another pattern or allow overwriting")
