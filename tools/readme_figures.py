"""Put the measured figures into README.md, between two markers:  python tools/readme_figures.py [--check]

Every figure that has a bar is shown, met or not; they come from benchmarks/results/*.json alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- figures: written by tools/readme_figures.py -->", "<!-- end of figures -->"
_SIGNS = {"at least": "≥", "at most": "≤"}


def figures(results: Path = RESULTS) -> str:
    """The table as Markdown, with the date, commit and machine of each benchmark that has a bar."""
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json")))
    records = [record for record in read if record["bars"]]
    rows = [row for record in records for row in _rows(record)]
    if not rows:
        return "No benchmark has been run yet: `make bench`."
    head = ["| benchmark | figure | measured | bar | |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, "", *_origins(records)])


def current(text: str, results: Path = RESULTS) -> str:
    """`text` of the README with the table between the markers; raises ValueError when a marker is missing."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"README.md: needs the two lines {BEGIN} and {END}, once each")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{figures(results)}\n\n{END}{after}"


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
    """Write the table, or with --check say whether it is current."""
    text = README.read_text(encoding="utf-8")
    wanted = current(text)
    if "--check" in sys.argv[1:]:
        print(f"README.md: {'current' if text == wanted else 'not current; run make generated'}")
        return int(text != wanted)
    README.write_text(wanted, encoding="utf-8", newline="\n")
    print("written: README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
