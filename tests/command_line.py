"""Calls the real command line and looks at everything it did: exit code, both streams, every file."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from facefusion.cli.main import main

PREFIX = "facefusion: "
_PROGRESS = re.compile(r"(prepare|analyse|render|finish)  ")


@dataclass(frozen=True)
class Outcome:
    """What one call ended with and said."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """The lines on stderr that say what was wrong or is worth knowing."""
        return [line for line in self.err.splitlines() if line.startswith(PREFIX)]

    @property
    def noise(self) -> list[str]:
        """Lines on stderr that are neither progress nor ours: warnings of libraries, say."""
        lines = self.err.splitlines()
        return [line for line in lines if not line.startswith(PREFIX) and not _PROGRESS.match(line)]


def call(*arguments: str | Path) -> Outcome:
    """`facefusion …` in this process; what C libraries print to the streams is seen too."""
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        with _seen_by(1, out) as o, _seen_by(2, err) as e, redirect_stdout(o), redirect_stderr(e):
            code = main([str(argument) for argument in arguments])
        return Outcome(code, _all(out), _all(err))


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, hidden files too: path → bytes, None for a folder."""
    found = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in found}


def refused(folder: Path, code: int, says: str, *arguments: str | Path) -> str:
    """The line of a call that must fail with `code`, in words that match `says`, and leave `folder` as it was."""
    before = contents(folder)
    outcome = call("--quiet", *arguments)
    lines = outcome.err.splitlines()
    assert (outcome.code, len(lines)) == (code, 1), outcome
    assert lines[0].startswith(PREFIX)
    assert re.search(says, lines[0]), lines[0]
    assert outcome.out == ""
    assert contents(folder) == before
    return lines[0]


def succeeded(*arguments: str | Path) -> Outcome:
    """The outcome of a call that must work, and say nothing that is not ours."""
    outcome = call("--quiet", *arguments)
    assert outcome.code == 0, outcome
    assert outcome.noise == []
    return outcome


@contextmanager
def _seen_by(number: int, stream: IO[bytes]) -> Iterator[IO[str]]:
    """Let the file descriptor `number` lead into `stream`; yields a text file that leads there too."""
    kept = os.dup(number)
    os.dup2(stream.fileno(), number)
    try:
        with open(os.dup(stream.fileno()), "w", encoding="utf-8", newline="\n") as text:
            yield text
    finally:
        os.dup2(kept, number)
        os.close(kept)


def _all(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8").replace("\r\n", "\n")


PYTHON = (sys.executable, "-m", "facefusion.cli.main")
