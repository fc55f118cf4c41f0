"""Unfinished work of one output, beside it: `.NAME.facefusion/`. Locked, durable, and used again by the same request.

lock, owner     who works here (the lock ends with the process, however it ends)
plan.json       the request's key, and when the first run began: the time that the marks carry; once the output is
                complete, its digest and what the run reports. Removed last: a kill while the rest is removed is seen
analysis/       measured chunks        segments/   encoded segments, each with its digest in its name
content.jsonl   what the content check saw, frame by frame
pictures/       of a sequence, likewise
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from facefusion.errors import Cancelled, DeviceLost, FaceFusionError, OutOfMemory, OutputFailed
from facefusion.pipeline.durable import DurableFolder, disk_errors, sync_file, write_durably
from facefusion.pipeline.fingerprint import content_digest
from facefusion.pipeline.settings import KeepWork

_LONGEST_NAME = 255
_PLAN = "plan.json"
PICTURES = "pictures"
"""Where the pictures of a sequence are kept."""
_TRIES = 5
Say = Callable[[str], None]


def work_folder_of(output: Path) -> Path:
    """Where the unfinished work of `output` lies."""
    name = f".{output.name}.facefusion"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{sha256(os.fsencode(output.name)).hexdigest()[:32]}.facefusion"
    return output.parent / name


@dataclass(frozen=True, slots=True)
class Known:
    """What plan.json says. finished: the `digest` of the complete output and what the run said of it; or None."""

    key: str
    created: datetime
    finished: Mapping[str, Any] | None = None


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
            self.known = self._claimed(key, created)
        except BaseException:
            self.close()
            raise

    @property
    def created(self) -> datetime:
        """The time that the marks carry."""
        return self.known.created

    @property
    def analysis(self) -> Path:
        """A folder for what was measured."""
        return self.folder / "analysis"

    @property
    def content(self) -> Path:
        """A file of what the content check saw."""
        return self.folder / "content.jsonl"

    @property
    def segments(self) -> DurableFolder:
        """Finished segments."""
        return DurableFolder(self.folder / "segments", ".seg")

    @property
    def pictures(self) -> Path:
        """A folder for finished pictures of a sequence."""
        return self.folder / PICTURES

    @property
    def num_parts(self) -> int:
        """Finished parts that would be lost with the folder."""
        return len(self.segments) + sum(
            sum(1 for _ in folder.iterdir()) for folder in (self.analysis, self.pictures) if folder.is_dir()
        )

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
        except (Cancelled, OutputFailed, DeviceLost, OutOfMemory) as error:
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

    def remember(self, complete: Path, said: Mapping[str, Any]) -> None:
        """Note that the output is complete, before it appears: whoever is killed after that has nothing left to do.

        complete: the file, still under another name. said: goes along, for JSON. Raises DiskFull, OutputFailed.
        """
        sync_file(complete)
        self._note(replace(self.known, finished={"digest": content_digest(complete), **said}))

    def close(self) -> None:
        """Let go of the work, and remove it unless it is kept."""
        if not self._lock.is_locked:
            return
        with suppress(OSError, OutputFailed):
            if not self.is_kept:
                self._remove()
            elif self.is_done:
                self._note(replace(self.known, finished=None))
        self._lock.release()
        if not self.folder.is_dir() or (self.folder / _PLAN).exists():
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

    def _claimed(self, key: str, created: datetime | None) -> Known:
        """What is known of this request; work of another one is removed."""
        known = known_work(self._output)
        if known is not None and known.key == key:
            self.segments.clear_unfinished()
            DurableFolder(self.pictures, "").clear_unfinished()
            for path in self.folder.glob(".facefusion-*"):  # may be the output itself by another name: never written to
                path.unlink(missing_ok=True)
            return replace(known, created=created or known.created)
        if known is not None and self.num_parts:
            self._say(f"{self.folder}: holds work of another request, clip or version; it is not used")
        self._clear()
        return self._note(Known(key, created or datetime.now(UTC)))

    def _note(self, known: Known) -> Known:
        said = {"format": 1, "key": known.key, "created": known.created.isoformat(), "output": self._output.name}
        more = {} if known.finished is None else {"finished": dict(known.finished)}
        write_durably(self.folder / _PLAN, json.dumps({**said, **more}, indent=1).encode())
        return known

    def _kept(self) -> str:
        pictures = sum(1 for _ in self.pictures.iterdir()) if self.pictures.is_dir() else 0
        count, word = (pictures, "picture") if pictures else (len(self.segments), "segment")
        what = f"{count} finished {word}{'' if count == 1 else 's'}" if count else "what was measured"
        return f"{what} kept in {self.folder}: the same command continues"

    def _clear(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name in ("lock", "owner", _PLAN):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        (self.folder / _PLAN).unlink(missing_ok=True)

    def _remove(self) -> None:
        (self.folder / "owner").unlink(missing_ok=True)
        self._clear()
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


def clear_remains(output: Path) -> None:
    """Remove the folder of a finished output, of which a kill left nothing but its lock."""
    folder = work_folder_of(output)
    if not (output.is_file() and folder.is_dir()) or any(p.name not in ("lock", "owner") for p in folder.iterdir()):
        return
    with suppress(OSError, OutputFailed):  # another run has just begun
        lock = _locked(folder, output)
        (folder / "owner").unlink(missing_ok=True)
        (folder / "lock").unlink(missing_ok=True)
        folder.rmdir()
        lock.release()


def known_work(output: Path) -> Known | None:
    """What the work folder of `output` says; an empty key when it cannot be read, None when there is none."""
    try:
        said = json.loads((work_folder_of(output) / _PLAN).read_text())
        finished = said.get("finished")
        created = datetime.fromisoformat(said["created"])
        return Known(str(said["key"]), created, None if finished is None else dict(finished))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Known("", datetime.min.replace(tzinfo=UTC))
