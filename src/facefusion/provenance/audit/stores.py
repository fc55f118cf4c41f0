"""Where the lines of an audit log lie: one JSON object a line, or a table of SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Protocol

from facefusion.errors import DiskFull, InvalidInput, OutputFailed, UsageError
from facefusion.provenance.audit.entry import LONGEST_LINE

SUFFIXES = (".jsonl", ".sqlite")
_PATIENCE_S = 30.0


class Store(Protocol):
    """Lines in order. Whoever appends holds the log's lock."""

    path: Path

    def lines(self) -> Iterator[str]: ...

    def last_lines(self) -> list[str]: ...

    def append(self, line: str) -> None: ...


def store_at(path: Path) -> Store:
    """The store that a file name asks for. Raises UsageError for another suffix."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"audit-file: got {path.name!r}, supported are names that end in {' or '.join(SUFFIXES)}")
    return JsonLines(path) if suffix == ".jsonl" else Table(path)


class JsonLines:
    """A text file; an entry a line, so that any tool can read it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> Iterator[str]:
        """Every line, a torn last one among them; nothing where there is no file. Raises InvalidInput."""
        try:
            with self.path.open("rb") as file:
                while line := file.readline(2 * LONGEST_LINE):
                    yield line.rstrip(b"\n").decode(errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise InvalidInput(f"{self.path}: cannot be read ({_words(error)}); check its permissions") from None

    def last_lines(self) -> list[str]:
        """The lines near the end, the last one first."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 3 * LONGEST_LINE))
                return [line.decode(errors="replace") for line in reversed(file.read().split(b"\n")) if line]
        except FileNotFoundError:
            return []

    def append(self, line: str) -> None:
        """Add one line; it is on the disk when this returns, or not there. Raises OutputFailed."""
        with writing(self.path), self.path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            try:
                file.write(self._separator(end) + line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self.path, end)
                raise

    def _separator(self, end: int) -> bytes:
        """A line's end after an entry that a kill tore, so that the next one begins a line."""
        if end == 0:
            return b""
        with self.path.open("rb") as file:
            file.seek(end - 1)
            return b"" if file.read(1) == b"\n" else b"\n"


class Table:
    """A table of SQLite, one entry a row."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> Iterator[str]:
        """Every row in the order it was written. Raises InvalidInput when the file is no such log."""
        yield from self._rows("SELECT line FROM entries ORDER BY row")

    def last_lines(self) -> list[str]:
        """The last row."""
        return list(self._rows("SELECT line FROM entries ORDER BY row DESC LIMIT 1"))

    def append(self, line: str) -> None:
        """Add one row; it is on the disk when this returns, or not there. Raises OutputFailed."""
        try:
            with writing(self.path), closing(sqlite3.connect(self.path, timeout=_PATIENCE_S)) as base, base:
                base.execute("PRAGMA synchronous = FULL")
                base.execute("CREATE TABLE IF NOT EXISTS entries (row INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT)")
                base.execute("INSERT INTO entries (line) VALUES (?)", (line,))
        except sqlite3.Error as error:
            raise OutputFailed(f"{self.path}: the audit log cannot be written ({error}); {_REMEDY}") from None

    def _rows(self, query: str) -> Iterator[str]:
        if not self.path.exists():
            return
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S)) as base:
                yield from (str(row[0]) for row in base.execute(query))
        except sqlite3.Error as error:
            raise InvalidInput(f"{self.path}: is no audit log ({error}); name the right file") from None


_REMEDY = "make it writable, or name another with --audit-file"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the system's errors at the log into DiskFull and OutputFailed."""
    try:
        yield
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull(f"{path}: the disk is full, so the run cannot be written down; free some space") from None
        raise OutputFailed(f"{path}: the audit log cannot be written ({_words(error)}); {_REMEDY}") from None


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
