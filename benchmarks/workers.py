"""What a second worker brings: the wall time of whole commands with one and with two, and whether the bytes differ.

python -m benchmarks.workers [--runs 3] [--workers 1 2]

Both are run in turns. The figure needs a machine with two free cores, so before each turn as many processes that only
count are timed against one: what they bring is the most that workers can. Where that is less than 1.8, something else
was running, and the result is called `workers_disturbed`. The processor time of the process is told too, since what the
workers cost one another shows there.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cost import MOVIE, Spent
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import ROOT, Bar, Result, finish
from benchmarks.runs import command_of, packets_digest, source_photo

BARS = (Bar("speed_up", "at least", 1.6), Bar("other_results", "at most", 0))
FREE = 1.8
"""What two processes that share nothing bring where two cores are free, at least."""
_COUNT = "x = 0\nfor i in range(8_000_000): x += i * i"


def machine_speed_up(processes: int) -> float:
    """How much more `processes` that share nothing do in the same time than one, now."""
    walls = []
    for count in (1, processes):
        begun = time.perf_counter()
        for child in [subprocess.Popen([sys.executable, "-c", _COUNT]) for _ in range(count)]:
            child.wait()
        walls.append(time.perf_counter() - begun)
    return processes * walls[0] / walls[1]


def once(source: Path, target: Path, output: Path, workers: int) -> Spent:
    """One command, measured from its start to its end."""
    flags = ("--workers", str(workers), "--no-analysis-cache")
    begun = time.perf_counter()
    child = subprocess.Popen(command_of(source, target, output, *flags), cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError("the run failed; its message is above")
    return Spent(time.perf_counter() - begun, used.ru_utime + used.ru_stime)


def summary(spent: dict[int, list[Spent]], digests: set[str], machine: list[float]) -> Result:
    """Medians; the speed-up is that of the most workers against the fewest. machine: what it could be, every turn."""
    walls = {workers: statistics.median(one.wall for one in many) for workers, many in spent.items()}
    few, many = min(walls), max(walls)
    figures = {
        "speed_up": walls[few] / walls[many],
        "processor_time_ratio": statistics.median(s.processor for s in spent[many])
        / statistics.median(s.processor for s in spent[few]),
        "machine_speed_up": statistics.median(machine),
        "other_results": len(digests) - 1,
        **{f"seconds_{workers}": wall for workers, wall in walls.items()},
    }
    runs: dict[str, Any] = {str(n): [[one.wall, one.processor] for one in some] for n, some in spent.items()}
    details = {"wall_and_processor_seconds": runs, "machine_speed_ups": machine, "load_average": os.getloadavg()[0]}
    name = "workers" if min(machine) >= FREE * many / 2 else "workers_disturbed"
    return Result(name, figures, BARS, details)


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clip")
    options.add_argument("--runs", type=int, default=3, help="counted runs of each (default: 3)")
    options.add_argument("--workers", type=int, nargs="+", default=(1, 2), help="numbers to compare (default: 1 2)")
    chosen = options.parse_args()
    try:
        source, target = source_photo(chosen.source, chosen.media), clip(chosen.media, MOVIE)
    except MediaMissing as missing:
        print(f"workers: skipped, {missing}")
        return 0
    spent: dict[int, list[Spent]] = {workers: [] for workers in chosen.workers}
    digests, machine = set(), list[float]()
    with tempfile.TemporaryDirectory(prefix="facefusion_workers_") as folder:
        for turn in range(chosen.runs + 1):
            machine += [machine_speed_up(max(chosen.workers))] if turn else []
            for workers in chosen.workers:
                output = Path(folder) / "out.mp4"
                taken = once(source, target, output, workers)
                digests.add(packets_digest(output))
                if turn:
                    spent[workers].append(taken)
    result = summary(spent, digests, machine)
    folder_of_results = chosen.results if result.name == "workers" else ROOT / "build" / "bench"
    return finish(result, date=chosen.date, folder=folder_of_results)


if __name__ == "__main__":
    sys.exit(main())
