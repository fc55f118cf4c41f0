"""One benchmark's result: figures, bars, where and when it was measured; written as JSON and printed as a table."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

Sense = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure has to reach. `figure` is its name in the result's figures."""

    figure: str
    sense: Sense
    limit: float

    def is_met(self, figures: Mapping[str, float]) -> bool:
        """Whether the figure reaches the bar; raises KeyError when it was not measured."""
        value = figures[self.figure]
        return value >= self.limit if self.sense == "at least" else value <= self.limit


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark found.

    figures: the numbers the bars speak of. bars: what they have to reach. details: everything else, JSON-able.
    """

    name: str
    figures: Mapping[str, float]
    bars: Sequence[Bar]
    details: Mapping[str, Any]

    def misses(self) -> list[Bar]:
        """The bars that are not met."""
        return [bar for bar in self.bars if not bar.is_met(self.figures)]

    def as_dict(self, *, date: str | None = None) -> dict[str, Any]:
        """JSON-able: with date, machine, commit and command."""
        return {
            "benchmark": self.name,
            "date": date or datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "commit": commit(),
            "command": command(),
            "figures": {name: _rounded(value) for name, value in self.figures.items()},
            "bars": {
                bar.figure: {"bar": f"{bar.sense} {bar.limit:g}", "met": bar.is_met(self.figures)} for bar in self.bars
            },
            "details": _rounded(self.details),
        }


def write(result: Result, *, date: str | None = None, folder: Path = RESULTS) -> Path:
    """Write `folder`/NAME.json and give back its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    path.write_text(as_text(result.as_dict(date=date)), encoding="utf-8")
    return path


def as_text(record: Mapping[str, Any]) -> str:
    """JSON with one line for each list or mapping that holds no further ones, so that changes are easy to read."""
    return re.sub(r"[\[{]\n[^\[\]{}]*[\]}]", _on_one_line, json.dumps(record, indent=1, ensure_ascii=False)) + "\n"


def table(result: Result) -> str:
    """The figures beside their bars, for a terminal."""
    bars = {bar.figure: bar for bar in result.bars}
    rows = [_row(name, value, bars.get(name), result.figures) for name, value in result.figures.items()]
    return grid([("figure", "value", "bar", ""), *rows])


def grid(rows: Sequence[Sequence[str]]) -> str:
    """Rows of texts in aligned columns; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def finish(result: Result, *, date: str | None = None, folder: Path = RESULTS) -> int:
    """Print the table, write the file, and give the exit code: 1 when a bar is missed."""
    path = write(result, date=date, folder=folder)
    print(table(result))
    try:
        shown = path.relative_to(ROOT)
    except ValueError:
        shown = path
    print(f"written to {shown.as_posix()}")
    return 1 if result.misses() else 0


def machine() -> dict[str, Any]:
    """What it ran on, without names of hosts or users."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit of the working tree, with "+" when the code differs from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "benchmarks", ":!benchmarks/results")
    return f"{head}+" if changed else head or "unknown"


_PLACES = ("--media", "--results", "--sheets", "--sheet", "--actress", "--cache", "--tensorflow")
"""Options that name a folder or file of one machine."""


def command() -> str:
    """How this program was started, paths below the repository made relative, places of one machine left out."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["-m", spec.name] if spec is not None else [Path(sys.argv[0]).name]
    places, words = False, []
    for word in sys.argv[1:]:
        is_place = word in _PLACES
        if not (places or is_place or word.startswith(tuple(f"{option}=" for option in _PLACES))):
            words.append(word.replace(f"{ROOT}{os.sep}", ""))
        places = is_place
    return " ".join(["python", *program, *words])


def _row(name: str, value: float, bar: Bar | None, figures: Mapping[str, float]) -> tuple[str, str, str, str]:
    if bar is None:
        return name, f"{value:.4g}", "", ""
    sign = "≥" if bar.sense == "at least" else "≤"
    return name, f"{value:.4g}", f"{sign} {bar.limit:g}", "met" if bar.is_met(figures) else "MISSED"


def _on_one_line(part: re.Match[str]) -> str:
    return re.sub(r"\n\s*", " ", part[0]).replace("[ ", "[").replace(" ]", "]")


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
        numbers = f"family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"
        return f"{fields.get('model name', 'unknown')} ({numbers}, {fields.get('cpu MHz', '?')} MHz)"
    return platform.processor() or "unknown"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {str(key): _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return value
