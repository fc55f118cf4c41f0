"""How much memory a long clip takes, and whether it grows with the clip's length.

python -m benchmarks.memory [--minutes 10]

A 1080p clip is looped to the wanted length without coding it again, the command line program swaps it, and the
resident memory of its whole process tree is sampled. The result of a clip
shorter than ten minutes goes to build/bench, since it does not prove the claim.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.clips import enlarged, looped
from benchmarks.cost import MADE, MOVIE
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import Bar, Result, finish
from benchmarks.runs import command_of, source_photo
from benchmarks.watch import Watched, trend, watch

BARS = (Bar("peak_mb", "at most", 1500), Bar("growth_mb", "at most", 100))
POINTS = 60
CLAIMED_MINUTES = 10.0


def summary(seen: Watched, minutes: float) -> Result:
    """Peak, growth and slope, and a thinned-out curve."""
    way = trend(seen.samples)
    every = max(len(seen.samples) // POINTS, 1)
    figures = {
        "peak_mb": seen.peak_bytes / 1e6,
        "growth_mb": way.growth_mb,
        "slope_mb_per_minute_of_wall_time": way.slope_mb_per_minute,
        "minutes_of_clip": minutes,
        "wall_minutes": seen.seconds / 60,
    }
    details = {
        "growth_is": "median of the last third of the run less that of the first, without its first tenth",
        "seconds_and_mb": [[round(s), round(held / 1e6)] for s, held in seen.samples[::every]],
    }
    return Result("memory" if minutes >= CLAIMED_MINUTES else "memory_short", figures, BARS, details)


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clip")
    options.add_argument("--minutes", type=float, default=CLAIMED_MINUTES, help="length of the clip (default: 10)")
    chosen = options.parse_args()
    try:
        source = source_photo(chosen.source, chosen.media)
        short = enlarged(clip(chosen.media, MOVIE), 1080, MADE / "lp_s18_1080.mp4")
    except MediaMissing as missing:
        print(f"memory: skipped, {missing}")
        return 0
    target = looped(short, chosen.minutes * 60, MADE / f"loop_{chosen.minutes:g}min.mp4")
    with tempfile.TemporaryDirectory(prefix="facefusion_memory_") as folder:
        seen = watch(command_of(source, target, Path(folder) / "out.mp4"), every_seconds=0.5)
    if seen.returncode:
        print(f"memory: the run failed with exit code {seen.returncode}", file=sys.stderr)
        return 1
    is_claim = chosen.minutes >= CLAIMED_MINUTES
    return finish(summary(seen, chosen.minutes), date=chosen.date, folder=chosen.results if is_claim else MADE)


if __name__ == "__main__":
    sys.exit(main())
