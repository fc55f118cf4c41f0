"""Watch a child process: how much memory it and its own children hold, over time."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from benchmarks.record import ROOT


@dataclass(frozen=True, slots=True)
class Watched:
    """A finished process: its exit code, wall seconds, and samples of (seconds since the start, resident bytes)."""

    returncode: int
    seconds: float
    samples: tuple[tuple[float, int], ...]

    @property
    def peak_bytes(self) -> int:
        """The largest sample."""
        return max((held for _, held in self.samples), default=0)


def watch(command: Sequence[str], *, every_seconds: float = 0.25) -> Watched:
    """Run `command` to its end and sample the memory of its process tree."""
    start = time.monotonic()
    samples = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        try:
            root = psutil.Process(child.pid)
            while child.poll() is None:
                samples.append((time.monotonic() - start, resident_bytes(root)))
                time.sleep(every_seconds)
        finally:
            if child.poll() is None:
                child.terminate()
    return Watched(child.returncode, time.monotonic() - start, tuple(samples))


def resident_bytes(root: psutil.Process) -> int:
    """Resident memory of a process and all its descendants; 0 when it has just ended."""
    total = 0
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for one in family:
        try:
            total += int(one.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return total


@dataclass(frozen=True, slots=True)
class Trend:
    """How memory went after the start: least-squares slope, and medians of the first and the last third."""

    slope_mb_per_minute: float
    early_mb: float
    late_mb: float

    @property
    def growth_mb(self) -> float:
        """What the last third holds more than the first."""
        return self.late_mb - self.early_mb


def trend(samples: Sequence[tuple[float, int]], *, skip: float = 0.1) -> Trend:
    """The trend without the first `skip` of the time, in which models are loaded and buffers fill."""
    if len(samples) < 6:
        raise ValueError(f"trend: got {len(samples)} samples, supported are 6 or more")
    end = samples[-1][0]
    kept = [(seconds / 60, held / 1e6) for seconds, held in samples if seconds >= skip * end]
    third = max(len(kept) // 3, 1)
    slope = statistics.linear_regression(*zip(*kept, strict=True)).slope
    early, late = (statistics.median(held for _, held in part) for part in (kept[:third], kept[-third:]))
    return Trend(slope, early, late)
