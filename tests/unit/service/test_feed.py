"""What is read once for everybody who listens: nothing lost, nothing twice, also where the feed does not reach back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request

from facefusion.jobs.events import tell
from facefusion.jobs.tables import ApiKey, Job
from facefusion.service.feed import Feed, Told
from facefusion.service.routes import events
from facefusion.service.schemas import JobDetail
from service_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def one(number: int, job: str = "a") -> Told:
    return Told(number, "p", job, f"id: {number}\n\n", False)


def test_the_feed_says_how_far_it_reaches_back() -> None:
    feed = Feed(None)  # type: ignore[arg-type]
    assert feed.since(0, "a") is None
    feed._begin(10)
    feed._take([one(11), one(12, "b"), one(14)])
    assert feed.since(9, "a") is None
    assert [told.id for told in feed.since(10, "a") or ()] == [11, 14]
    assert [told.id for told in feed.since(11, "p") or ()] == [12, 14]
    assert feed.since(14, "a") == []


def test_the_feed_keeps_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefusion.service.feed._MOST_KEPT", 3)
    feed = Feed(None)  # type: ignore[arg-type]
    feed._begin(0)
    feed._take([one(number) for number in range(1, 8)])
    assert feed.since(3, "a") is None
    assert [told.id for told in feed.since(4, "a") or ()] == [5, 6, 7]


def added(world: World, job_id: str, count: int) -> None:
    with world.state.database.writing() as records:
        job = records.locked(Job, job_id)
        assert job is not None
        for number in range(count):
            tell(records, job, "message", number=number)


async def heard(stream: AsyncIterator[str], until: Callable[[list[int]], bool]) -> list[int]:
    """Ids, until that is enough."""
    seen: list[int] = []
    async for text in stream:
        seen += [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
        if until(seen):
            return seen
    return seen


def stream(world: World, after: int, **of: str) -> AsyncIterator[str]:
    request: Any = None
    return events._events(world.state, request, after, **of)


@pytest.mark.parametrize("many", [40, 1100])
def test_listeners_hear_everything_once_while_it_is_written(
    world: World, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facefusion.service.feed._LOOK_SECONDS", 0.01)
    job, other = world.asked()["id"], world.asked()["id"]

    def write() -> None:
        for count in (1, 2, many, 1):
            added(world, job, count)
            added(world, other, 1)

    async def listen() -> list[list[int]]:
        world.state.feed.start(asyncio.get_running_loop())
        own, all_ = 1 + many + 4, 2 + many + 8
        hearing = [
            asyncio.create_task(heard(stream(world, 0, job_id=job), lambda seen: len(seen) >= own)),
            asyncio.create_task(heard(stream(world, 0, project_id=world.project), lambda seen: len(seen) >= all_)),
        ]
        await asyncio.sleep(0.1)
        threading.Thread(target=write).start()
        found = await asyncio.wait_for(asyncio.gather(*hearing), 30)
        world.state.feed.stop()
        return list(found)

    ours, everything = asyncio.run(listen())
    assert everything == sorted(set(everything))
    assert ours == sorted(set(ours))
    assert len(everything) == 2 + many + 8
    assert set(ours) < set(everything)


def test_a_stream_ends_soon_after_its_key_is_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_QUIET_SECONDS", 0.05)
    project = world.project
    key = world.user("anna", ["artist"], project=project).headers["authorization"]
    headers = [(b"host", b"testserver"), (b"authorization", key.encode())]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "client": ("::1", 1)})

    async def listen() -> int:
        world.state.feed.start(asyncio.get_running_loop())
        quiet = 0
        async for text in events._events(world.state, request, 0, project_id=project):
            quiet += text.startswith(": still here")
            if quiet == 3:
                with world.state.database.writing() as records:
                    for one in records.all(ApiKey):
                        one.revoked = 1.0
        world.state.feed.stop()
        return quiet

    assert asyncio.run(asyncio.wait_for(listen(), 20)) == 3


def test_a_status_read_is_what_the_document_says(world: World) -> None:
    job = world.asked()
    world.work()
    answer = world.client.get(f"/v1/jobs/{job['id']}")
    said = answer.json()
    assert set(said) == set(JobDetail.model_fields)
    assert JobDetail.model_validate(said).model_dump(mode="json") == said
    assert answer.headers["etag"] == f'"{job["id"]}.{said["version"]}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [one["kind"] for one in said["segments"]] == ["analyse", "whole"]
    assert [one["state"] for one in said["segments"]] == ["done", "done"]
    assert 'route="/v1/jobs/{job_id}",status="200"' in world.client.get("/metrics").text


def test_a_status_read_asks_who_it_is_every_time(world: World) -> None:
    job, project = world.asked()["id"], world.project
    world.user("root", is_admin=True)
    assert world.client.get(f"/v1/jobs/{job}").status_code == 401
    anna, bert = world.user("anna", ["artist"], project=project), world.user("bert")
    assert anna.get(f"/v1/jobs/{job}").status_code == 200
    assert bert.get(f"/v1/jobs/{job}").json()["type"] == "urn:facefusion:not-found"
    with world.state.database.writing() as records:
        for one in records.all(ApiKey):
            one.revoked = 1.0
    assert anna.get(f"/v1/jobs/{job}").status_code == 401
