"""How many things are done at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from facefusion.media import MediaInfo, MediaReader
from facefusion.pipeline.settings import JobSettings

_MOST_THREADS = 16
"""More than this the disk and memory seldom take; --workers and --threads can ask for more."""

_MOST_BYTES = 1_500_000_000
"""What the encoders of all workers may hold, about."""
_PICTURES_AHEAD = 60
"""Pictures that an encoder holds: x264's 40 looked ahead, its references and those on the way."""


@dataclass(frozen=True, slots=True)
class Parallel:
    """workers: segments at once. threads: frames of each segment at once."""

    workers: int
    threads: int

    @staticmethod
    def of(job: JobSettings, *, segments: int, reader: MediaReader) -> Parallel:
        """For `segments` that are to be made; cores that find no segment render other frames of the same ones.

        A medium that cannot be sought is decoded once, so one after another. Large frames get fewer workers, since each
        holds what an encoder looks ahead, unless a number was asked for.
        """
        total = frames_at_once(job)
        wanted = job.workers or min(total, _workers_with_room(reader.info))
        workers = max(1, min(wanted, segments)) if reader.seeks else 1
        return Parallel(workers, max(1, total // workers))


def _workers_with_room(info: MediaInfo) -> int:
    picture = info.width * info.height * 3 // 2 * (1 if info.bit_depth <= 8 else 2)
    return max(1, _MOST_BYTES // (_PICTURES_AHEAD * picture))


def frames_at_once(job: JobSettings) -> int:
    """Frames that are rendered at once: as many as a batch holds, at least, so that it can be full."""
    return max(job.threads or job.workers or min(os.cpu_count() or 1, _MOST_THREADS), job.execution_batch)


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
