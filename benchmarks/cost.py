"""What a swap costs: wall time of a whole run, divided by decoding and encoding the same clip and nothing else.

python -m benchmarks.cost [--runs 3] [--source photo.jpg] [--actress clip.mp4]

Both are done in turns, so that a busy machine slows both. Processor time is told as well, for it hardly depends on
what else runs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.clips import enlarged, transcode
from benchmarks.media import MediaMissing, actress_clip, clip, parser
from benchmarks.record import ROOT, Bar, Result, finish, grid, table
from benchmarks.runs import source_photo, swap_clip
from facefusion.media import probe

MADE = ROOT / "build" / "bench"
"""Where clips that had to be made are kept."""
BARS = (Bar("ratio_360p", "at most", 4.0), Bar("ratio_720p", "at most", 3.0), Bar("ratio_1080p", "at most", 2.5))
MOVIE = "lp_s18.mp4"
SIZES = ("360p", "720p", "1080p")


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall and processor seconds of one run."""

    wall: float
    processor: float


def spent(work: Callable[[], object]) -> Spent:
    """Do `work` once and say what it took."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def alternated(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[list[Spent], list[Spent]]:
    """Both in turns, `runs` times each, after one turn that does not count."""
    first(), second()
    turns = [(spent(first), spent(second)) for _ in range(runs)]
    return [a for a, _ in turns], [b for _, b in turns]


def row(swaps: Sequence[Spent], plain: Sequence[Spent], frames: int) -> dict[str, Any]:
    """Medians and their ratios."""
    swap, bare = (statistics.median(s.wall for s in some) for some in (swaps, plain))
    busy, idle = (statistics.median(s.processor for s in some) for some in (swaps, plain))
    return {
        "ratio": swap / bare,
        "processor_ratio": busy / idle,
        "swap_seconds": swap,
        "transcode_seconds": bare,
        "frames": frames,
        "swap_frames_per_second": frames / swap,
        "transcode_frames_per_second": frames / bare,
        "swap_runs": [s.wall for s in swaps],
        "transcode_runs": [s.wall for s in plain],
    }


def summary(rows: dict[str, dict[str, Any]]) -> Result:
    """The ratios by size of picture; bars for those that were measured."""
    figures = {f"ratio_{name}": row["ratio"] for name, row in rows.items()}
    figures |= {f"processor_ratio_{name}": row["processor_ratio"] for name, row in rows.items()}
    figures |= {f"frames_per_second_{name}": row["swap_frames_per_second"] for name, row in rows.items()}
    return Result("cost", figures, [bar for bar in BARS if bar.figure in figures], {"clips": rows})


def clips_to_measure(chosen: argparse.Namespace) -> dict[str, Path]:
    """The clips that are there, by their height; says in a line which are not."""
    found: dict[str, Path] = {}
    makers: dict[str, Callable[[], Path]] = {
        "360p": lambda: actress_clip(chosen.actress),
        "720p": lambda: clip(chosen.media, MOVIE),
        "1080p": lambda: enlarged(clip(chosen.media, MOVIE), 1080, MADE / "lp_s18_1080.mp4"),
    }
    for name, make in makers.items():
        if name in chosen.sizes:
            try:
                found[name] = make()
            except MediaMissing as missing:
                print(f"cost {name}: skipped, {missing}")
    return found


def measure(source: Path, target: Path, runs: int) -> dict[str, Any]:
    """One clip, both ways, into a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="facefusion_cost_") as folder:
        swapped, plain = (Path(folder) / name for name in ("swap.mp4", "plain.mp4"))
        swaps, bare = alternated(lambda: swap_clip(source, target, swapped), lambda: transcode(target, plain), runs)
    return row(swaps, bare, probe(target).num_frames_from_header or 0)


def printed(rows: dict[str, dict[str, Any]]) -> str:
    """The clips, for a terminal."""
    columns = ("ratio", "processor_ratio", "swap_seconds", "transcode_seconds", "swap_frames_per_second")
    return grid([("clip", *columns), *((name, *(f"{row[c]:.2f}" for c in columns)) for name, row in rows.items())])


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clips")
    options.add_argument("--actress", type=Path, default=None, help="the 360p clip (default: the demo's)")
    options.add_argument("--runs", type=int, default=3, help="counted runs of each (default: 3)")
    options.add_argument("--sizes", nargs="+", default=SIZES, choices=SIZES, help="which clips (default: all)")
    chosen = options.parse_args()
    try:
        source = source_photo(chosen.source, chosen.media)
    except MediaMissing as missing:
        print(f"cost: skipped, {missing}")
        return 0
    rows = {name: measure(source, path, chosen.runs) for name, path in clips_to_measure(chosen).items()}
    if not rows:
        return 0
    print(printed(rows), end="\n\n")
    if len(rows) < len(SIZES):
        print(table(summary(rows)))
        print("not written: only some of the clips were measured")
        return 0
    return finish(summary(rows), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
