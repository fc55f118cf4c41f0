"""How many segments, and how many frames of each, are worked on at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facefusion.media import MediaInfo
from facefusion.pipeline import parallel
from facefusion.pipeline.parallel import Parallel
from facefusion.pipeline.settings import JobSettings


def of(segments: int, *, width: int = 1280, height: int = 720, seeks: bool = True, **job: Any) -> tuple[int, int]:
    info = MediaInfo(Path("clip.mp4"), "video", width, height, "h264", "yuv420p")
    reader: Any = SimpleNamespace(info=info, seeks=seeks)
    found = Parallel.of(JobSettings(**job), segments=segments, reader=reader)
    return found.workers, found.threads


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 8)


def test_every_core_gets_a_segment() -> None:
    assert of(100) == (8, 1)


def test_where_there_are_few_segments_cores_share_them() -> None:
    assert of(2) == (2, 4)
    assert of(1) == (1, 8)
    assert of(1, workers=2) == (1, 2)


def test_a_worker_is_one_core() -> None:
    assert of(100, workers=1) == (1, 1)
    assert of(100, threads=1) == (1, 1)
    assert of(100, workers=2, threads=6) == (2, 3)
    assert of(100, workers=20) == (20, 1)


def test_large_frames_get_fewer_workers_unless_asked_for() -> None:
    assert of(100, width=3840, height=2160) == (2, 4)
    assert of(100, width=7680, height=4320) == (1, 8)
    assert of(100, width=3840, height=2160, workers=8) == (8, 1)


def test_what_cannot_be_sought_is_made_in_order() -> None:
    assert of(100, seeks=False) == (1, 8)
