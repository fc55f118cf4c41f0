"""Jobs by the API, with the real queue and a stand-in for the engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facefusion.core import Progress
from facefusion.errors import DiskFull, NoFaceFound
from facefusion.service.settings import Limits
from service_world import World, picture

FULL = "the worker's disk is full; free some space, then resume the job"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_job_runs_from_upload_to_download(world: World) -> None:
    job = world.asked()
    world.work()
    found = world.job(job["id"])
    assert (found["state"], found["error"], found["report"]) == ("succeeded", None, {"frames": 1})
    assert [one["kind"] for one in found["segments"]] == ["analyse", "whole"]
    output = world.client.get(f"/v1/jobs/{job['id']}/output")
    assert output.content == picture()
    part = world.client.get(f"/v1/jobs/{job['id']}/output", headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, picture()[2:6])


def test_segments_are_made_once_each_and_joined_in_order(world: World) -> None:
    world.executor.segments = [(0, 10), (10, 20), (20, 25)]
    job = world.asked()
    world.work()
    assert world.executor.done == [("analyse", 0), ("segment", 0), ("segment", 1), ("segment", 2), ("deliver", 3)]
    assert world.client.get(f"/v1/jobs/{job['id']}/output").content == b"0 10;10 20;20 25"
    assert world.job(job["id"])["progress"]["frames_done"] == 25


def test_an_unknown_job_is_not_found(world: World) -> None:
    answer = world.client.get("/v1/jobs/job_00000000000000000000000000aa")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:facefusion:not-found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_error_of_the_request_ends_the_job_with_its_words(world: World) -> None:
    world.executor.faults = [NoFaceFound("target.png: no face found; use another")]
    job = world.asked()
    world.work()
    found = world.job(job["id"])
    assert found["state"] == "failed"
    assert found["error"]["type"] == "no-face"
    assert found["error"]["detail"] == "target.png: no face found; use another"


def test_a_full_disk_pauses_and_resuming_goes_on(world: World) -> None:
    world.executor.faults = [DiskFull("the disk is full; free some space")]
    job = world.asked()
    world.work()
    found = world.job(job["id"])
    assert (found["is_paused"], found["paused_why"]) == (True, FULL)
    assert world.client.post(f"/v1/jobs/{job['id']}/resume").json()["is_paused"] is False
    world.work()
    assert world.job(job["id"])["state"] == "succeeded"


def test_a_task_pauses_while_there_is_room_to_write_that_down(world: World) -> None:
    world.worker.reserve_bytes = 1 << 60
    original = world.executor.execute

    def long(bundle: Any, progress: Progress, show: Any) -> Any:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            progress.start("render", total=1)
            time.sleep(0.05)
        return original(bundle, progress, show)

    world.executor.execute = long  # type: ignore[method-assign]
    job = world.asked()["id"]
    world.work()
    found = world.job(job)
    assert (found["is_paused"], found["paused_why"], found["segments"][0]["attempts"]) == (True, FULL, 0)
    world.state.settings = replace(world.settings, limits=Limits(free_bytes=1 << 60))
    assert world.client.post(f"/v1/jobs/{job}/resume").status_code == 507


def test_a_key_gives_the_same_job_and_refuses_another_body(world: World) -> None:
    target, source = world.sent(picture(1)), world.sent(picture(2))
    body = {"project_id": world.project, "target": target, "sources": [source]}
    key = {"idempotency-key": "once"}
    first = world.client.post("/v1/jobs", json=body, headers=key)
    again = world.client.post("/v1/jobs", json=body, headers=key)
    other = world.client.post("/v1/jobs", json={**body, "priority": 3}, headers=key)
    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["type"]) == (422, "urn:facefusion:key-reused")
    assert len(world.client.get("/v1/jobs", params={"project_id": world.project}).json()["items"]) == 1


def test_cancelling_and_retrying_keeps_what_is_done(world: World) -> None:
    world.executor.segments = [(0, 10), (10, 20)]
    job = world.asked()
    world.executor.faults = []
    original = world.executor.execute

    def cancelled_at_the_second(bundle, progress, show):  # type: ignore[no-untyped-def]
        if (bundle.kind, bundle.place) == ("segment", 1):
            world.client.post(f"/v1/jobs/{job['id']}/cancel")
        return original(bundle, progress, show)

    world.executor.execute = cancelled_at_the_second  # type: ignore[method-assign]
    world.work()
    assert world.job(job["id"])["state"] == "cancelled"
    world.executor.execute = original  # type: ignore[method-assign]
    assert world.client.post(f"/v1/jobs/{job['id']}/retry").json()["state"] == "queued"
    world.executor.done.clear()
    world.work()
    assert world.executor.done == [("segment", 1), ("deliver", 2)]
    assert world.job(job["id"])["state"] == "succeeded"


def test_a_job_waits_for_another_and_falls_with_it(world: World) -> None:
    first = world.asked()
    second = world.asked(depends_on=first["id"])
    world.executor.faults = [NoFaceFound("no face")]
    world.work()
    assert world.job(second["id"])["error"]["type"] == "dependency-failed"
    third = world.asked()
    fourth = world.asked(depends_on=third["id"])
    world.work()
    assert world.job(fourth["id"])["state"] == "succeeded"


def test_the_higher_priority_is_done_first(world: World) -> None:
    low, high = world.asked(priority=-1), world.asked(priority=5)
    world.work()
    ended = [world.job(one["id"])["ended"] for one in (high, low)]
    assert ended == sorted(ended)


def test_a_dry_run_stores_nothing(world: World) -> None:
    target, source = world.sent(picture(1)), world.sent(picture(2))
    body = {"project_id": world.project, "target": target, "sources": [source], "dry_run": True}
    answer = world.client.post("/v1/jobs", json=body)
    assert (answer.status_code, answer.json()["frames"]) == (200, 1)
    assert world.client.get("/v1/jobs", params={"project_id": world.project}).json()["items"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"signing-key": "/etc/passwd"}, "server's to say"),
        ({"source": ["/etc/passwd"]}, "given as assets"),
        ({"omit-visible-label": True}, "comes from the permission"),
        ({"mask-blurr": 1.0}, "did you mean mask-blur"),
        ({"mask-blur": 99.0}, "supported is"),
        ({"processor": ["nobody"]}, "unknown"),
    ],
)
def test_options_that_no_request_may_say_are_refused(world: World, options: dict[str, object], words: str) -> None:
    target, source = world.sent(picture(1)), world.sent(picture(2))
    body = {"project_id": world.project, "target": target, "sources": [source], "options": options}
    answer = world.client.post("/v1/jobs", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
