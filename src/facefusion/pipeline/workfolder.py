"""Unfinished work of one output, beside it: `.NAME.facefusion/`. Locked, durable, and used again by the same request.

lock, owner     who works here (the lock ends with the process, however it ends)
plan.json       the request's key, and when the first run began: the time that the marks carry
analysis/       measured chunks        segments/   encoded segments, each with its digest in its name
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from facefusion.errors import Cancelled, FaceFusionError, OutputFailed
from facefusion.pipeline.durable import DurableFolder, disk_errors, write_durably
from facefusion.pipeline.settings import KeepWork

_LONGEST_NAME = 255
_TRIES = 5
Say = Callable[[str], None]


def work_folder_of(output: Path) -> Path:
    """Where the unfinished work of `output` lies."""
    name = f".{output.name}.facefusion"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{sha256(os.fsencode(output.name)).hexdigest()[:32]}.facefusion"
    return output.parent / name


class WorkFolder:
    """The work of one output, held by one run. A context: ends with the folder removed, or kept where that is worth it.

    keep: "unfinished" keeps the work of a run that was stopped once some of it is finished, "always" that of a finished
    run too, "never" none. created: the time for the marks, the first run's where its work goes on.
    Raises OutputFailed when another run holds it or the folder cannot be made.
    """

    def __init__(self, output: Path, key: str, *, created: datetime | None, keep: KeepWork, say: Say) -> None:
        self._output, self._keep, self._say = output, keep, say
        self.folder = work_folder_of(output)
        self._lock = _locked(self.folder, output)
        self.is_done = self._is_useless = False
        try:
            with disk_errors(self.folder):
                (self.folder / "owner").write_text(str(os.getpid()))
            self.created = self._claimed(key, created)
        except BaseException:
            self.close()
            raise

    @property
    def analysis(self) -> Path:
        """A folder for what was measured."""
        return self.folder / "analysis"

    @property
    def segments(self) -> DurableFolder:
        """Finished segments."""
        return DurableFolder(self.folder / "segments", ".seg")

    @property
    def num_parts(self) -> int:
        """Finished parts that would be lost with the folder."""
        return len(self.segments) + (sum(1 for _ in self.analysis.iterdir()) if self.analysis.is_dir() else 0)

    @property
    def is_kept(self) -> bool:
        """Whether the folder stays when the run ends now."""
        if self._keep == "never":
            return False
        return self._keep == "always" or (not (self.is_done or self._is_useless) and self.num_parts > 0)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Whoever is stopped in the body learns that finished work is kept. Errors of the request leave none."""
        try:
            yield
        except (Cancelled, OutputFailed) as error:
            if not self.is_kept:
                raise
            raise type(error)(f"{error}; {self._kept()}") from None
        except FaceFusionError:
            self._is_useless = True
            raise
        except Exception:
            if self.is_kept:
                with suppress(Exception):  # whoever listens may be what failed
                    self._say(self._kept())
            raise

    def close(self) -> None:
        """Let go of the work, and remove it unless it is kept."""
        if not self._lock.is_locked:
            return
        with suppress(OSError):
            if not self.is_kept:
                self._remove()
        self._lock.release()
        if not self.folder.is_dir() or (self.folder / "plan.json").exists():
            return
        with suppress(OSError):  # where an open lock cannot be removed
            (self.folder / "lock").unlink(missing_ok=True)
            self.folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _claimed(self, key: str, created: datetime | None) -> datetime:
        """The time for the marks; work of another request is removed."""
        plan = self.folder / "plan.json"
        known = _read_plan(plan)
        if known is not None and known["key"] == key:
            self.segments.clear_unfinished()
            return created or datetime.fromisoformat(known["created"])
        if known is not None and self.num_parts:
            self._say(f"{self.folder}: holds work of another request, clip or version; it is not used")
        self._clear()
        created = created or datetime.now(UTC)
        said = {"format": 1, "key": key, "created": created.isoformat(), "output": self._output.name}
        write_durably(plan, json.dumps(said, indent=1).encode())
        return created

    def _kept(self) -> str:
        count = len(self.segments)
        what = f"{count} finished segment{'' if count == 1 else 's'}" if count else "what was measured"
        return f"{what} kept in {self.folder}: the same command continues"

    def _clear(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name in ("lock", "owner"):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def _remove(self) -> None:
        self._clear()
        (self.folder / "owner").unlink(missing_ok=True)
        if os.name == "posix":  # while it is held: whoever comes next finds another file, and sees that
            (self.folder / "lock").unlink(missing_ok=True)
            self.folder.rmdir()


def _locked(folder: Path, output: Path) -> FileLock:
    """The held lock of `folder`, which is made where it is not there. Raises OutputFailed."""
    lock = FileLock(folder / "lock", thread_local=False)
    for _ in range(_TRIES):
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise OutputFailed(
                f"{output}: {_owner(folder)} is writing it; wait for it or choose another name"
            ) from None
        except FileNotFoundError:  # the run before removed its folder at this very moment
            continue
        except OSError as error:
            raise OutputFailed(f"{folder}: cannot be locked ({error.strerror}); choose another disk") from None
        return lock
    raise OutputFailed(f"{folder}: cannot be locked; run it again")


def _owner(folder: Path) -> str:
    try:
        return f"another run (process {int((folder / 'owner').read_text())})"
    except (OSError, ValueError):
        return "another run"


def _read_plan(path: Path) -> dict[str, Any] | None:
    """What plan.json says; an empty key when it cannot be read, None when there is none."""
    try:
        said = json.loads(path.read_text())
        return {"key": str(said["key"]), "created": str(datetime.fromisoformat(said["created"]).isoformat())}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return {"key": "", "created": ""}
