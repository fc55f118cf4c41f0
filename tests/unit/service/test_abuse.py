"""What happens when things are away, full, deleted or hostile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from facefusion.errors import InvalidInput
from facefusion.jobs import worker as worker_module
from facefusion.jobs.storage import StorageDown
from facefusion.service import rates
from facefusion.service.settings import Limits
from service_world import World, picture


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_full_disk_takes_no_new_work(tmp_path: Path) -> None:
    world = World(tmp_path, limits=Limits(free_bytes=1 << 60))
    answer = world.client.post("/v1/assets", params={"project_id": world.project, "name": "a.png"}, content=picture())
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:facefusion:disk-full")
    assert world.client.get("/readyz").status_code == 503
    world.close()


def test_a_project_keeps_to_its_quotas(world: World) -> None:
    where = {"quotas": {"open_jobs": 1, "storage_bytes": 20_000}}
    assert world.client.patch(f"/v1/projects/{world.project}", json=where).status_code == 200
    first = world.asked()
    body = {"project_id": world.project, **{name: first["request"][name] for name in ("target", "sources")}}
    assert world.client.post("/v1/jobs", json=body).json()["type"] == "urn:facefusion:quota"
    said = {"project_id": world.project, "name": "b.png"}
    assert world.client.post("/v1/assets", params=said, content=picture(9, side=96)).status_code == 429


def test_a_job_that_is_deleted_while_it_runs_leaves_nothing(world: World) -> None:
    job = world.asked()["id"]
    original = world.executor.execute

    def deleted(bundle: Any, progress: Any, show: Any) -> Any:
        assert world.client.delete(f"/v1/jobs/{job}").status_code == 204
        return original(bundle, progress, show)

    world.executor.execute = deleted  # type: ignore[method-assign]
    world.work()
    assert world.client.get(f"/v1/jobs/{job}").status_code == 404
    assert world.client.get("/v1/artifacts", params={"project_id": world.project}).json()["items"] == []


def test_work_goes_on_when_storage_and_database_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(world.worker.stopping, "wait", lambda seconds=None: False)
    down = OperationalError("select 1", {}, Exception("gone"))
    world.executor.faults = [StorageDown("storage: gone"), down]
    job = world.asked()["id"]
    world.work()
    found = world.job(job)
    assert found["state"] == "succeeded"
    assert [one["attempts"] for one in found["segments"]] == [1, 1]


def test_a_folder_that_is_not_mounted_for_a_while_costs_no_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine says then that a file is not there, which would be the end of the job elsewhere."""
    monkeypatch.setattr(worker_module, "_AWAY_SECONDS", 0.0)
    folder, gone = world.settings.folder / "storage", world.settings.folder / "elsewhere"
    original = world.executor.execute
    tried: list[str] = []

    def unmounted(bundle: Any, progress: Any, show: Any) -> Any:
        tried.append(bundle.kind)
        if len(tried) > 1:
            return original(bundle, progress, show)
        folder.rename(gone)
        folder.mkdir()
        asked = world.client.get(f"/v1/assets/{job['request']['target']}/content")
        assert (asked.status_code, asked.json()["type"]) == (503, "urn:facefusion:unavailable")
        assert world.client.get("/readyz").status_code == 503
        world.worker.stopping.wait = mounted  # type: ignore[method-assign, assignment]
        raise InvalidInput("target.png: is not there; check the spelling")

    def mounted(seconds: float | None = None) -> bool:
        if gone.exists():
            folder.rmdir()
            gone.rename(folder)
        return False

    world.executor.execute = unmounted  # type: ignore[method-assign]
    job = world.asked()
    world.work()
    found = world.job(job["id"])
    assert (found["state"], tried) == ("succeeded", ["analyse", "analyse", "whole"])
    assert [one["attempts"] for one in found["segments"]] == [1, 1]


def test_while_the_database_is_away_everybody_is_asked_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OperationalError("select 1", {}, Exception("gone"))

    monkeypatch.setattr(world.state.database, "reading", gone)
    monkeypatch.setattr(world.state.database, "is_there", lambda: False)
    answer = world.client.get("/v1/projects")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert world.client.get("/readyz").status_code == 503
    assert world.client.get("/livez").status_code == 200


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for the limits, however slow the machine is."""
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 1000.0))


@pytest.mark.usefixtures("still")
def test_whoever_tries_many_keys_has_to_wait(world: World) -> None:
    wrong = {"authorization": "Bearer ff_key_00000000000000000000000000aa_guess"}
    answers = [world.client.get("/v1/projects", headers=wrong).status_code for _ in range(40)]
    assert answers[0] == 401
    assert answers[-1] == 429


@pytest.mark.usefixtures("still")
def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    world = World(tmp_path, limits=Limits(requests_per_minute=60))
    answers = [world.client.get("/v1/projects") for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    world.close()


def test_notes_stay_text(world: World) -> None:
    job = world.asked()["id"]
    note = {"start": 0, "stop": 1, "text": "=HYPERLINK(1)<script>alert(1)</script>"}
    assert world.client.post(f"/v1/jobs/{job}/notes", json=note).status_code == 201
    table = world.client.get(f"/v1/jobs/{job}/notes.csv")
    assert "'=HYPERLINK" in table.text
    assert table.headers["content-disposition"].startswith("attachment")
    timeline = world.client.get(f"/v1/jobs/{job}/notes.otio").json()
    marker = timeline["tracks"]["children"][0]["children"][0]["markers"][0]
    assert marker["comment"] == note["text"]


def test_only_changed_ranges_make_a_new_version(world: World) -> None:
    job = world.asked()["id"]
    world.work()
    ranges = [{"start": 0, "stop": 1, "options": {"mask-blur": 0.5}, "person_id": 1}]
    made = world.client.post(f"/v1/jobs/{job}/ranges", json=ranges)
    assert made.status_code == 202, made.text
    assert made.json()["parent_id"] == job
    assert made.json()["request"]["edits"][0]["values"] == [["mask-blur", 0.5]]
    versions = world.client.get(f"/v1/jobs/{made.json()['id']}/versions").json()
    assert [one["job_id"] for one in versions] == [job, made.json()["id"]]
    bad = [{"start": 0, "stop": 1, "options": {"mask-image": "/etc/passwd"}}]
    assert world.client.post(f"/v1/jobs/{job}/ranges", json=bad).status_code == 422
