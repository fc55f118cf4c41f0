"""Worker processes that are killed: noticed, replaced, and what they held is done once by another."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from benchmarks.service_stub import FRAMES, SEGMENTS

from facefusion.jobs.crew import Crew
from service_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def crew(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3]), *sys.path]))
    said = {
        "database": world.settings.database_url, "storage": "", "folder": str(world.settings.folder),
        "executor": "benchmarks.service_stub:Slow", "lease_seconds": 60.0,
    }  # fmt: skip
    made = Crew(world.state.database, said, size=1, drain_seconds=5)
    made.start()
    yield made
    made.stop()


def wait_for(what: Callable[[], Any]) -> Any:
    for _ in range(600):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("did not happen within 30 s")


def test_a_killed_worker_is_replaced_and_its_segment_is_made_by_the_next(world: World, crew: Crew) -> None:
    job = world.asked()

    def segments() -> list[dict[str, Any]]:
        return [one for one in world.job(job["id"])["segments"] if one["kind"] == "segment"]

    wait_for(lambda: [one for one in segments() if one["state"] == "done"])
    wait_for(lambda: [one for one in segments() if one["state"] == "running"])
    first = crew.pids
    assert psutil.Process(first[0]).nice() > os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(first[0], signal.SIGKILL)
    assert wait_for(lambda: world.job(job["id"])["state"] == "succeeded")
    made = segments()
    assert len(made) == SEGMENTS
    assert sum(one["lost"] for one in made) <= 1
    assert {one["attempts"] for one in made} == {1}
    assert crew.pids != first
    target = world.client.get(f"/v1/assets/{job['request']['target']}").json()["sha256"]
    parts = [f"{target} {n * FRAMES} {n * FRAMES + FRAMES}" for n in range(SEGMENTS)]
    whole = b"".join(hashlib.sha256(part.encode()).digest() * 64 for part in parts)
    assert world.client.get(f"/v1/jobs/{job['id']}/output").content == whole
