"""Put the measured figures into two pages, between two markers:  python tools/readme_figures.py [--check]

README.md gets a row a benchmark: whatever missed its bar, and the first figures that met theirs. The page of benchmarks
gets every figure that has a bar, met or not. They come from benchmarks/results/*.json alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "guide" / "benchmarks.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- figures: written by tools/readme_figures.py -->", "<!-- end of figures -->"
_SIGNS = {"at least": "≥", "at most": "≤"}
_SHOWN = 3
"""As many figures of a benchmark stand in the README, and all that were missed."""


def figures(results: Path = RESULTS) -> str:
    """Every figure as a Markdown table, with the date, commit and machine of each benchmark that has a bar."""
    records = _records(results)
    head = ["| benchmark | figure | measured | bar | |", "|---|---|---|---|---|"]
    return _told([*head, *(row for record in records for row in _rows(record))], records)


def summary(results: Path = RESULTS) -> str:
    """A row a benchmark as a Markdown table: what was missed, the first that was met, how many of how many."""
    records = _records(results)
    return _told(["| benchmark | bars met | figures |", "|---|---|---|", *map(_short, records)], records)


def current(text: str, table: str) -> str:
    """`text` of a page with the table between the markers; raises ValueError when a marker is missing."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"page: needs the two lines {BEGIN} and {END}, once each")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _records(results: Path) -> list[dict[str, Any]]:
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json")))
    return [record for record in read if record["bars"]]


def _told(rows: list[str], records: list[dict[str, Any]]) -> str:
    if not records:
        return "No benchmark has been run yet: `make bench`."
    return "\n".join([*rows, "", *_origins(records)])


def _short(record: Mapping[str, Any]) -> str:
    bars = record["bars"]
    missed = [name for name, bar in bars.items() if not bar["met"]]
    met = [name for name, bar in bars.items() if bar["met"]]
    told = [f"**{_figure(record, name)} missed**" for name in missed]
    told += [_figure(record, name) for name in met[: max(_SHOWN - len(missed), 0)]]
    return f"| {_words(record['benchmark'])} | {len(met)} of {len(bars)} | {'; '.join(told)} |"


def _figure(record: Mapping[str, Any], name: str) -> str:
    sense, _, limit = str(record["bars"][name]["bar"]).rpartition(" ")
    return f"{_words(name)} {record['figures'][name]:.4g} ({_SIGNS[sense]} {limit})"


def _rows(record: Mapping[str, Any]) -> Iterator[str]:
    for name, bar in record["bars"].items():
        sense, _, limit = str(bar["bar"]).rpartition(" ")
        value, verdict = record["figures"][name], "met" if bar["met"] else "**missed**"
        yield f"| {_words(record['benchmark'])} | {_words(name)} | {value:.4g} | {_SIGNS[sense]} {limit} | {verdict} |"


def _origins(records: list[dict[str, Any]]) -> Iterator[str]:
    """One sentence a machine: which benchmark was measured there, when, and on which commit."""
    named: dict[str, list[str]] = {}
    for record in records:
        machine = record["machine"]
        place = f"{machine['processor'].partition(' (')[0]}, {machine['cores']} cores, Python {machine['python']}"
        origin = f"{_words(record['benchmark'])} {record['date'][:10]} at commit `{record['commit']}`"
        named.setdefault(place, []).append(origin)
    return (f"Measured on {place}: {'; '.join(origins)}." for place, origins in sorted(named.items()))


def _words(name: str) -> str:
    return name.replace("_", " ")


def main() -> int:
    """Write the tables, or with --check say whether they are current."""
    stale = 0
    for page, table in ((README, summary()), (PAGE, figures())):
        text = page.read_text(encoding="utf-8")
        wanted = current(text, table)
        if "--check" in sys.argv[1:]:
            print(f"{page.name}: {'current' if text == wanted else 'not current; run make generated'}")
            stale |= text != wanted
        else:
            page.write_text(wanted, encoding="utf-8", newline="\n")
            print(f"written: {page.name}")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
