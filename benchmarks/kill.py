"""Runs that are killed at a random moment, and run again: is the result the same, and how much was done twice?

python -m benchmarks.kill [--kills 20] [--workers 2] [--seconds 6]

The beginning of the 360p clip is swapped without interruption once. Then, as often as asked, the same command is
killed (SIGKILL) at a random moment, run again to its end, and compared packet by packet. One kill in four comes while
the clip is measured or earlier, the others a random while after a random segment was begun. What was finished at the
kill must be used; what was in flight, one segment for each worker, may be made again.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.media import MediaMissing, actress_clip, parser
from benchmarks.record import ROOT, Bar, Result, finish
from benchmarks.runs import command_of, packets_digest, source_photo
from facefusion.pipeline.workfolder import work_folder_of

BARS = (
    Bar("other_results", "at most", 0),
    Bar("segments_lost", "at most", 0),
    Bar("most_in_flight_a_worker", "at most", 1),
)
CLAIMED_KILLS = 20


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: when, what was finished and in flight then, what the next run used, and whether the result is right."""

    after_seconds: float
    finished: int
    in_flight: int
    kept: int
    is_same: bool


def finished_run(command: Sequence[str]) -> dict[str, Any]:
    """Run `command` to its end; what it reports. Raises CalledProcessError."""
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def killed_run(command: Sequence[str], output: Path, *, begun: int, after: float) -> tuple[int, int] | None:
    """Kill `command` some seconds after so many segments are begun; how many are finished, how many in flight.

    None when it had ended by itself before: that is no kill.
    """
    segments = work_folder_of(output) / "segments"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None and len(list(segments.glob("*.*"))) < begun:
            time.sleep(0.01)
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    if child.returncode != -signal.SIGKILL:
        return None
    return len(list(segments.glob("*.seg"))), len(list(segments.glob("*.unfinished")))


def measure(command: Sequence[str], output: Path, kills: int, seed: int) -> tuple[list[Killed], float]:
    """One run that nobody disturbs, then `kills` that somebody does."""
    finished_run(command)  # fills the disk's cache: the length of a cold run would set the kills too late
    output.unlink()
    begun = time.perf_counter()
    segments = int(finished_run(command)["segments"])
    length, wanted = time.perf_counter() - begun, packets_digest(output)
    moments, found, tries = random.Random(seed), list[Killed](), 0
    while len(found) < kills and tries < 5 * kills:
        output.unlink()
        is_early, tries = tries % 4 == 0, tries + 1
        after = moments.uniform(0, length / 2 if is_early else length / 2 / segments)
        seen = killed_run(command, output, begun=0 if is_early else moments.randint(1, segments), after=after)
        if seen is None:  # it had ended before: that is no kill, and does not count
            continue
        kept = int(finished_run(command)["segments_kept"])
        is_same = packets_digest(output) == wanted and not work_folder_of(output).exists()
        found.append(Killed(after, *seen, kept, is_same))
        print(f"{len(found)}: {found[-1]}", flush=True)
    return found, length


def summary(found: list[Killed], length: float, workers: int) -> Result:
    """How many results differ, how many finished segments were not used, the most that were in flight."""
    figures = {
        "kills": len(found),
        "other_results": sum(not one.is_same for one in found),
        "segments_lost": sum(one.finished - one.kept for one in found),
        "most_in_flight_a_worker": max(one.in_flight for one in found) / workers,
        "kills_while_rendering": sum(one.in_flight > 0 for one in found),
    }
    details = {"workers": workers, "undisturbed_seconds": length, "kills": [asdict(one) for one in found]}
    return Result("kill" if len(found) >= CLAIMED_KILLS else "kill_short", figures, BARS, details)


def chosen_options() -> argparse.Namespace:
    """The command line."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clip")
    options.add_argument("--actress", type=Path, default=None, help="the 360p clip (default: the demo's)")
    options.add_argument("--kills", type=int, default=CLAIMED_KILLS, help=f"how often (default: {CLAIMED_KILLS})")
    options.add_argument("--workers", type=int, default=2, help="workers of each run (default: 2)")
    options.add_argument("--seconds", type=float, default=6.0, help="how much of the clip (default: 6)")
    options.add_argument("--seed", type=int, default=3, help="of the moments (default: 3)")
    return options.parse_args()


def main() -> int:
    """The command."""
    chosen = chosen_options()
    try:
        source, target = source_photo(chosen.source, chosen.media), actress_clip(chosen.actress)
    except MediaMissing as missing:
        print(f"kill: skipped, {missing}")
        return 0
    with tempfile.TemporaryDirectory(prefix="facefusion_kill_") as folder:
        output = Path(folder) / "out.mp4"
        flags = ("--workers", str(chosen.workers), "--end", f"{chosen.seconds:g}", "--no-analysis-cache")
        command = [part for part in command_of(source, target, output, *flags) if part != "--overwrite"]
        found, length = measure(command, output, chosen.kills, chosen.seed)
    is_claim = chosen.kills >= CLAIMED_KILLS
    folder_of_results = chosen.results if is_claim else ROOT / "build" / "bench"
    return finish(summary(found, length, chosen.workers), date=chosen.date, folder=folder_of_results)


if __name__ == "__main__":
    sys.exit(main())
