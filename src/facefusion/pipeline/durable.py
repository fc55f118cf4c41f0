"""Files that are whole and as they were written, or not there: after a kill, a power cut or a stray hand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path

from facefusion.errors import DiskFull, OutputFailed

_UNFINISHED = ".unfinished"
_DIGITS = 32


class HashedFile:
    """A file that is written front to back, with a running SHA-256."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        """Append `data`."""
        self._file.write(data)
        self._digest.update(data)

    def sealed(self) -> str:
        """Force everything to the disk; gives back the digest."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._digest.hexdigest()[:_DIGITS]

    def close(self) -> None:
        """Let the file go; a full disk is told by `sealed`."""
        with suppress(OSError):
            self._file.close()


class DurableFolder:
    """Files by name; each carries the digest of its content in its file name: `NAME.DIGEST.SUFFIX`."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder, self._suffix = folder, suffix

    @contextmanager
    def writing(self, name: str) -> Iterator[HashedFile]:
        """A file that appears as `name`, in place of an older one, when the body ends without an error."""
        unfinished = self.folder / f"{name}{_UNFINISHED}"
        with disk_errors(unfinished):
            self.folder.mkdir(exist_ok=True)
            file = HashedFile(unfinished)
            try:
                yield file
                digest = file.sealed()
                file.close()
                self.drop(name)
                os.replace(unfinished, self.folder / f"{name}.{digest}{self._suffix}")
                sync_folder(self.folder)
            except BaseException:
                file.close()
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)
                raise

    def found(self, name: str) -> Path | None:
        """The file called `name`, or None when there is none. Its content is not looked at."""
        return next(iter(sorted(self.folder.glob(f"{name}.*{self._suffix}"))), None)

    def is_finished(self, path: Path) -> bool:
        """Whether a file of this folder was written to its end."""
        return path.name.endswith(self._suffix)

    def is_sound(self, path: Path) -> bool:
        """Whether a file of this folder holds what was written."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return path.name.split(".")[-2] == digest[:_DIGITS]

    def drop(self, name: str) -> None:
        """Remove whatever is called `name`."""
        for path in self.folder.glob(f"{name}.*{self._suffix}"):
            path.unlink(missing_ok=True)

    def clear_unfinished(self) -> None:
        """Remove what a killed run was in the middle of."""
        for path in self.folder.glob(f"*{_UNFINISHED}"):
            path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob(f"*{self._suffix}"))


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns the system's errors into DiskFull and OutputFailed."""
    try:
        yield
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull(f"{path.parent}: the disk is full ({words}); free some space") from None
        raise OutputFailed(f"{path}: cannot be written ({words}); choose another disk") from None


def write_durably(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step."""
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
    with disk_errors(path):
        file = HashedFile(unfinished)
        try:
            file.write(data)
            file.sealed()
        finally:
            file.close()
        os.replace(unfinished, path)
        sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Force the content of `path` to the disk."""
    with disk_errors(path), path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force renames in `folder` to the disk, where the system can."""
    if os.name != "posix":
        return
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
