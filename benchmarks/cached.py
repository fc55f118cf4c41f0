"""What a second run of the same clip saves: its wall time with the analysis found again, divided by the first's.

python -m benchmarks.cached [--runs 3]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cost import MOVIE
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import ROOT, Bar, Result, finish
from benchmarks.runs import command_of, packets_digest, source_photo

BARS = (Bar("second_over_first", "at most", 0.7), Bar("other_results", "at most", 0))


def timed(source: Path, target: Path, output: Path, cache: Path) -> float:
    """Wall seconds of one command; raises CalledProcessError when it fails."""
    begun = time.perf_counter()
    command = command_of(source, target, output, "--analysis-cache", str(cache))
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def summary(pairs: list[tuple[float, float]], digests: set[str]) -> Result:
    """Medians of the first and of the second runs."""
    first, second = (statistics.median(times) for times in zip(*pairs, strict=True))
    figures = {
        "second_over_first": second / first,
        "first_seconds": first,
        "second_seconds": second,
        "other_results": len(digests) - 1,
    }
    return Result("cached", figures, BARS, {"pairs": [list(pair) for pair in pairs]})


def main() -> int:
    """The command: pairs of runs, each with a cache of its own that is empty before the first."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clip")
    options.add_argument("--runs", type=int, default=3, help="pairs (default: 3)")
    chosen = options.parse_args()
    try:
        source, target = source_photo(chosen.source, chosen.media), clip(chosen.media, MOVIE)
    except MediaMissing as missing:
        print(f"cached: skipped, {missing}")
        return 0
    pairs, digests = [], set()
    for _ in range(chosen.runs):
        with tempfile.TemporaryDirectory(prefix="facefusion_cached_") as folder:
            output, cache = Path(folder) / "out.mp4", Path(folder) / "cache"
            times = [timed(source, target, output, cache)]
            digests.add(packets_digest(output))
            times.append(timed(source, target, output, cache))
            digests.add(packets_digest(output))
            pairs.append((times[0], times[1]))
    return finish(summary(pairs, digests), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
