"""Writing to the audit log: safe for several processes at once, and durable before anything is reported done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from facefusion.errors import OutputFailed
from facefusion.provenance.audit.entry import FIRST, Entry, Head, Malformed
from facefusion.provenance.audit.stores import Store, store_at, writing
from facefusion.provenance.home import home
from facefusion.provenance.keys import SigningKey, local_key

KEY_NAME = "audit"
_PATIENCE_S = 60.0
HEAD_SUFFIX = ".head"


@dataclass(frozen=True, slots=True)
class AuditLog:
    """An append-only log. `store` holds the lines; the signed head lies beside them as `NAME.head`.

    key: signs entries and heads; by default this machine's own, made on first use. clock: the present time, in UTC.
    """

    store: Store
    key: Callable[[], SigningKey] = field(default=lambda: local_key(KEY_NAME))
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @staticmethod
    def at(path: Path | str | None = None) -> AuditLog:
        """The log in a `.jsonl` or `.sqlite` file; by default the user's own. Raises UsageError for another suffix."""
        return AuditLog(store_at(Path(path) if path else home() / "audit" / "audit.jsonl"))

    @property
    def head_path(self) -> Path:
        return self.store.path.with_name(self.store.path.name + HEAD_SUFFIX)

    def append(self, said: Mapping[str, Any]) -> Entry:
        """Write down what was done; it is on the disk when this returns.

        said: in JSON's terms. Raises OutputFailed and DiskFull when it cannot be written; the log is then as before.
        """
        with self._locked(), writing(self.store.path):
            number, previous, remark = self._end()
            time = self.clock().astimezone(UTC).isoformat(timespec="milliseconds")
            noted = {**said, "remark": remark} if remark else said
            entry = Entry.signed(noted, number=number + 1, time=time, previous=previous, key=self.key())
            self.store.append(entry.to_line())
            self._write_head(Head.of(entry, self.key()))
        return entry

    def entries(self) -> Iterator[Entry]:
        """Every line that is an entry, as it stands; `check` tells whether the log is whole."""
        for line in self.store.lines():
            with suppress(Malformed):
                yield Entry.parse(line)

    def head(self) -> Head | None:
        """Where the log ended when it was last written to; None where nothing says so. Raises Malformed."""
        try:
            return Head.parse(self.head_path.read_text(encoding="utf-8", errors="replace"))
        except FileNotFoundError:
            return None

    def check_writable(self) -> None:
        """Raise OutputFailed before any work when nothing could be written down."""
        with self._locked(), writing(self.store.path):
            if self.store.path.exists() and not os.access(self.store.path, os.W_OK):
                raise PermissionError(13, "Permission denied")

    def _end(self) -> tuple[int, str, str]:
        """Number and hash of the last entry, by the log and by its head, and a remark when they do not agree."""
        last = self._last_entry()
        try:
            head = self.head()
        except Malformed:
            return (*_place(last), "the head of the log was unreadable")
        if head is None:
            return (*_place(last), "" if last is None else "the head of the log was missing")
        if last is None or last.number < head.number:
            return head.number, head.digest, "entries before this one are missing"
        if last.number == head.number and last.digest != head.digest:
            return head.number, head.digest, "the entry before this one was changed"
        return (*_place(last), "")

    def _last_entry(self) -> Entry | None:
        for line in self.store.last_lines():
            with suppress(Malformed):
                return Entry.parse(line)
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.store.path
        with writing(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=_PATIENCE_S, mode=0o600)
            try:
                lock.acquire()
            except Timeout:
                raise OutputFailed(f"{path}: another program has held the audit log for {_PATIENCE_S:.0f} s") from None
        try:
            yield
        finally:
            lock.release()

    def _write_head(self, head: Head) -> None:
        unfinished = self.head_path.with_name(f"{self.head_path.name}.unfinished")
        with writing(self.store.path), unfinished.open("w", encoding="utf-8") as file:
            file.write(head.to_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with writing(self.store.path):
            os.replace(unfinished, self.head_path)


def _place(entry: Entry | None) -> tuple[int, str]:
    return (0, FIRST) if entry is None else (entry.number, entry.digest)
