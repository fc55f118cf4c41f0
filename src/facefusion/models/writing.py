"""What stands in the way of writing weights, in one line that says what would work."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facefusion.errors import DiskFull, OutputFailed

_ROOM_LEFT = 64 << 20
_ELSEWHERE = "name another folder with FACEFUSION_MODELS"


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Make `folder`, and turn errors of writing into it into one line. Raises DiskFull, OutputFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise not_written(folder, error) from None


def not_written(place: Path, error: OSError, elsewhere: str = _ELSEWHERE) -> OutputFailed:
    """The error to raise for `error` at `place`; elsewhere: what would work where this place does not."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{place}: is full; make room and run it again")
    if isinstance(error, TimeoutError):
        return OutputFailed(f"{place}: another process has been writing to it for long; wait for it, or end it")
    if isinstance(error, FileExistsError | NotADirectoryError):
        return OutputFailed(f"{place}: is no folder; {elsewhere}")
    why = error.strerror or type(error).__name__
    return OutputFailed(f"{place}: cannot be written to ({why}); allow that, or {elsewhere}")


def check_room(folder: Path, num_bytes: int, what: str) -> None:
    """Raise DiskFull where `num_bytes` more would leave the disk of `folder` without room."""
    free = shutil.disk_usage(folder).free
    if num_bytes + _ROOM_LEFT > free:
        raise DiskFull(
            f"{folder}: {free >> 20} MB are free; {what} takes {size_text(num_bytes)} and {_ROOM_LEFT >> 20} MB stay "
            f"free; make room, or {_ELSEWHERE}"
        )


def size_text(num_bytes: int) -> str:
    """`12 kB`, `3.4 MB`, `554 MB`."""
    if num_bytes < 1e6:
        return f"{num_bytes / 1e3:.0f} kB"
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e8 else f"{num_bytes / 1e6:.0f} MB"
