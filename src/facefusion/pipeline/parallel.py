"""How many things are done at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from facefusion.pipeline.settings import JobSettings

_MOST_THREADS = 16
"""More than this the disk and memory seldom take; --workers and --threads can ask for more."""


@dataclass(frozen=True, slots=True)
class Parallel:
    """workers: segments at once. threads: frames of each segment at once."""

    workers: int
    threads: int

    @staticmethod
    def of(job: JobSettings, *, segments: int, seeks: bool) -> Parallel:
        """For `segments` that are to be made; a medium that cannot be sought is decoded once, so one after another."""
        total = frames_at_once(job)
        workers = max(1, min(job.workers or total, segments)) if seeks else 1
        return Parallel(workers, max(1, total // workers))


def frames_at_once(job: JobSettings) -> int:
    """Frames that are rendered at once."""
    return job.threads or job.workers or min(os.cpu_count() or 1, _MOST_THREADS)


@contextmanager
def single_threaded_opencv(is_wanted: bool) -> Iterator[None]:
    """Frames are worked on side by side, so OpenCV need not split each; the setting is the whole process's."""
    before = cv2.getNumThreads()
    if is_wanted:
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
