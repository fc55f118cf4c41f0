"""Paths: checks before work begins, natural order, numbered patterns, temporary names and atomic appearance."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from facefusion.errors import InvalidInput, OutputExists, OutputFailed, UsageError

_LONGEST_NAME = 255
_PATTERN = re.compile(r"%(0?)(\d*)d")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that orders numbers inside names by value: `f2` before `f10`."""
    pieces = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in pieces if p)


def check_input(path: Path) -> None:
    """Raise InvalidInput unless `path` is an ordinary, non-empty, readable file."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise InvalidInput(f"{path}: no such file; check the spelling") from None
    except NotADirectoryError:
        raise InvalidInput(f"{path}: lies inside something that is no folder; check the spelling") from None
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be opened ({_reason(error)}); check the spelling") from None
    if path.is_dir():
        raise InvalidInput(f"{path}: is a folder where a file is needed; name a file inside it")
    if not path.is_file():
        raise InvalidInput(f"{path}: is not an ordinary file; name a picture or clip on disk")
    if size == 0:
        raise InvalidInput(f"{path}: is empty (0 bytes); copy or export it again")
    if not os.access(path, os.R_OK):
        raise InvalidInput(f"{path}: may not be read; change its permissions")


def file_identity(path: str | Path) -> tuple[int, int] | None:
    """Equal for two paths exactly when they lead to one file; None where nothing is found."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def check_output(path: str | Path, *, overwrite: bool, inputs: Iterable[str | Path] = ()) -> None:
    """Raise before any work when `path` could not be written in the end.

    Raises OutputExists (there already, no `overwrite`) or OutputFailed (no folder, read-only folder, a folder in its
    place, the same file as one of `inputs`). A `%04d` pattern is checked by its folder.
    """
    path = Path(path)
    check_name(path)
    identity = file_identity(path)
    if identity is not None and identity in map(file_identity, inputs):
        raise OutputFailed(f"{path}: output and input are the same file; choose another output")
    try:
        is_there, is_folder = path.exists(), path.is_dir()
    except OSError as error:
        raise OutputFailed(f"{path}: cannot be written to ({_reason(error)}); choose another place") from None
    if is_folder:
        raise OutputFailed(f"{path}: is a folder; name a file inside it")
    if is_there and not overwrite:
        raise OutputExists(f"{path}: is there already; choose another name or allow overwriting")
    check_output_folder(path.parent)


def check_name(path: Path) -> None:
    """Raise OutputFailed when no file can be called as `path` is."""
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise OutputFailed(f"{path}: the name is longer than {_LONGEST_NAME} bytes; choose a shorter one")
    try:
        path.exists()
    except OSError as error:
        raise OutputFailed(f"{path}: cannot be written to ({_reason(error)}); choose another place") from None


def check_output_folder(folder: Path) -> None:
    """Raise OutputFailed unless files can be made in `folder` (tried with a file that is removed at once)."""
    if not folder.exists():
        raise OutputFailed(f"{folder}: no such folder; make it first")
    if not folder.is_dir():
        raise OutputFailed(f"{folder}: is a file, not a folder; choose another place")
    trial = temporary_beside(folder / "trial")
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise OutputFailed(f"{folder}: cannot be written to ({_reason(error)}); choose another folder") from None


@contextmanager
def folder_of_sequence(output: Path) -> Iterator[None]:
    """Make the folder of a numbered sequence where it alone is missing; take it away again when nothing came of it.

    Raises OutputFailed when it cannot be made.
    """
    folder = output.parent
    is_made = NumberedPattern.is_pattern(output) and not folder.exists() and folder.parent.is_dir()
    if is_made:
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputFailed(f"{folder}: cannot be made ({_reason(error)}); choose another folder") from None
    try:
        yield
    finally:
        if is_made:
            with suppress(OSError):  # which it is not empty for
                folder.rmdir()


def temporary_beside(path: Path) -> Path:
    """A name for unfinished work in the folder of `path`: unique, hidden, short, with the same suffix."""
    suffix = path.suffix if len(path.suffix) < 20 else ""
    return path.parent / f".facefusion-{secrets.token_hex(8)}.part{suffix}"


def appear(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Let finished work appear under its name in one step; never replaces a file without `overwrite`."""
    try:
        if overwrite:
            os.replace(temporary, path)
        else:
            _rename_if_free(temporary, path)
    except FileExistsError:
        raise OutputExists(
            f"{path}: appeared while the run was going; choose another name or allow overwriting"
        ) from None
    except OSError as error:
        raise OutputFailed(f"{path}: cannot be put in place ({_reason(error)})") from None


def _rename_if_free(temporary: Path, path: Path) -> None:
    if os.name == "nt":
        os.rename(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the best that is left
        if path.exists():
            raise FileExistsError(path) from None
        os.replace(temporary, path)
        return
    temporary.unlink()


def discard(path: Path) -> None:
    """Remove unfinished work; quiet when it is not there."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def write_atomically(path: Path, data: bytes, *, overwrite: bool, seal: Callable[[Path], None] | None = None) -> None:
    """Write `data` so that `path` appears whole or not at all. Raises OutputExists, OutputFailed.

    seal: is called with the complete file before it appears; if it raises, nothing is left.
    """
    temporary = temporary_beside(path)
    try:
        temporary.write_bytes(data)
        if seal is not None:
            seal(temporary)
        appear(temporary, path, overwrite=overwrite)
    except OSError as error:
        raise OutputFailed(
            f"{path}: writing failed ({_reason(error)}); free some space or choose another disk"
        ) from None
    finally:
        discard(temporary)


@dataclass(frozen=True, slots=True)
class NumberedPattern:
    """A printf pattern such as `shots/frame.%04d.png`: one `%d` or `%0Nd` in the file name."""

    folder: Path
    prefix: str
    digits: int
    suffix: str

    @staticmethod
    def parse(path: str | Path) -> NumberedPattern:
        """Raise UsageError unless the file name holds exactly one number place."""
        path = Path(path)
        found = list(_PATTERN.finditer(path.name))
        if len(found) != 1:
            raise UsageError(
                f"{path}: a sequence needs one number place such as %04d in its file name, got {len(found)}"
            )
        place = found[0]
        digits = int(place[2]) if place[1] and place[2] else 1
        return NumberedPattern(path.parent, path.name[: place.start()], digits, path.name[place.end() :])

    @staticmethod
    def is_pattern(path: str | Path) -> bool:
        """True when the file name holds a number place and no file of that very name exists."""
        return _PATTERN.search(Path(path).name) is not None and not Path(path).exists()

    @property
    def path(self) -> Path:
        place = f"%0{self.digits}d" if self.digits > 1 else "%d"
        return self.folder / f"{self.prefix}{place}{self.suffix}"

    def numbered(self, number: int) -> Path:
        """The path of one picture."""
        return self.folder / f"{self.prefix}{number:0{self.digits}d}{self.suffix}"

    def numbers_on_disk(self) -> list[int]:
        """Numbers for which a file exists, in order. Raises InvalidInput when the folder is not there."""
        if not self.folder.is_dir():
            raise InvalidInput(f"{self.folder}: no such folder; check the spelling")
        fits = re.compile(re.escape(self.prefix) + r"(\d+)" + re.escape(self.suffix))
        hits = (fits.fullmatch(entry.name) for entry in self.folder.iterdir())
        return sorted({int(hit[1]) for hit in hits if hit and self.numbered(int(hit[1])).name == hit.string})


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
