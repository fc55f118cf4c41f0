"""Runs that are killed at a random moment, and run again: is the result the same, and how much was done twice?

python -m benchmarks.kill [--kills 20] [--workers 2] [--seconds 6]

The beginning of the 360p clip is swapped without interruption once. Then, as often as asked, the same command is
killed (SIGKILL) at a random moment, run again to its end, and compared packet by packet. One kill in four comes while
the clip is measured or earlier, one in four while the output is joined, appears, and the work is removed, the others a
random while after a random segment was begun. What was finished at the kill must be used; what was in flight, one
segment for each worker, may be made again.
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
from collections.abc import Callable, Sequence
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
    """One kill: when, what was finished and in flight then, what the next run used, and whether the result is right.

    during: "start", "segments" or "end". had_appeared: whether the output was there.
    """

    during: str
    after_seconds: float
    finished: int
    in_flight: int
    had_appeared: bool
    kept: int
    is_same: bool


def finished_run(command: Sequence[str]) -> dict[str, Any]:
    """Run `command` to its end; what it reports. Raises CalledProcessError."""
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@dataclass(frozen=True, slots=True)
class Watch:
    """What can be seen of a run from outside."""

    output: Path

    @property
    def segments(self) -> Path:
        """Where segments lie."""
        return work_folder_of(self.output) / "segments"

    def has_begun(self, segments: int) -> bool:
        """Whether so many segments are begun."""
        return len(list(self.segments.glob("*.*"))) >= segments

    def is_joining(self) -> bool:
        """Whether all is rendered, and the output being made of it."""
        return self.output.exists() or any(work_folder_of(self.output).glob(".facefusion-*"))

    def has_ended(self) -> bool:
        """Whether nothing is left to do: the same command would find somebody's output."""
        return self.output.exists() and not (work_folder_of(self.output) / "plan.json").exists()

    def seen(self) -> tuple[int, int, bool]:
        """Segments finished and in flight, and whether the output has appeared."""
        finished, in_flight = (len(list(self.segments.glob(f"*.{kind}"))) for kind in ("seg", "unfinished"))
        return finished, in_flight, self.output.exists()


def started(command: Sequence[str], moment: Callable[[], bool]) -> subprocess.Popen[bytes]:
    """`command`, going on, as `moment` comes or it ends by itself."""
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and not moment():
        time.sleep(0.001)
    return child


def killed_run(
    command: Sequence[str], watch: Watch, moment: Callable[[], bool], after: float
) -> tuple[int, int, bool] | None:
    """Kill `command` some seconds after `moment`; what was seen then. None when it had ended: that is no kill."""
    with started(command, moment) as child:
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    return None if child.returncode != -signal.SIGKILL or watch.has_ended() else watch.seen()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run that nobody disturbs. seconds: all of it. ending_seconds: from joining until its work is removed."""

    seconds: float
    ending_seconds: float
    segments: int
    digest: str


def undisturbed_run(command: Sequence[str], output: Path) -> Undisturbed:
    """Three runs: the first fills the disk's cache (the length of a cold run would set the kills too late)."""
    watch = Watch(output)
    finished_run(command)
    output.unlink()
    begun = time.perf_counter()
    segments = int(finished_run(command)["segments"])
    seconds, digest = time.perf_counter() - begun, packets_digest(output)
    output.unlink()
    with started(command, watch.is_joining):
        joining = time.perf_counter()
        while not watch.has_ended():
            time.sleep(0.001)
        ending = time.perf_counter() - joining
    output.unlink()
    return Undisturbed(seconds, ending, segments, digest)


def measure(command: Sequence[str], output: Path, kills: int, seed: int) -> tuple[list[Killed], Undisturbed]:
    """Runs that nobody disturbs, then `kills` that somebody does."""
    usual, watch = undisturbed_run(command, output), Watch(output)
    moments, found, tries = random.Random(seed), list[Killed](), 0
    while len(found) < kills and tries < 5 * kills:
        during, tries = ("start", "segments", "end", "segments")[len(found) % 4], tries + 1
        number = moments.randint(1, usual.segments)
        moment, longest = {
            "start": (lambda: True, usual.seconds / 2),
            "segments": (lambda: watch.has_begun(number), usual.seconds / 2 / usual.segments),  # noqa: B023 (used at once)
            "end": (watch.is_joining, usual.ending_seconds),
        }[during]
        after = moments.uniform(0, longest)
        seen = killed_run(command, watch, moment, after)
        if seen is not None:
            kept = int(finished_run(command)["segments_kept"])
            is_same = packets_digest(output) == usual.digest and not work_folder_of(output).exists()
            found.append(Killed(during, after, *seen, kept, is_same))
            print(f"{len(found)}: {found[-1]}", flush=True)
        output.unlink()
    return found, usual


def summary(found: list[Killed], usual: Undisturbed, workers: int) -> Result:
    """How many results differ, how many finished segments were not used, the most that were in flight."""
    figures = {
        "kills": len(found),
        "other_results": sum(not one.is_same for one in found),
        "segments_lost": sum(one.finished - one.kept for one in found),
        "most_in_flight_a_worker": max(one.in_flight for one in found) / workers,
        "kills_while_rendering": sum(one.in_flight > 0 for one in found),
        "kills_while_ending": sum(one.during == "end" for one in found),
        "kills_after_it_appeared": sum(one.had_appeared for one in found),
    }
    details = {"workers": workers, "undisturbed": asdict(usual), "kills": [asdict(one) for one in found]}
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
        found, usual = measure(command, output, chosen.kills, chosen.seed)
    is_claim = chosen.kills >= CLAIMED_KILLS
    folder_of_results = chosen.results if is_claim else ROOT / "build" / "bench"
    return finish(summary(found, usual, chosen.workers), date=chosen.date, folder=folder_of_results)


if __name__ == "__main__":
    sys.exit(main())
