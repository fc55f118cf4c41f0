"""Every finished render is measured, behind all other work; versions are shown side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facefusion.jobs.queue import Queue
from facefusion.jobs.tables import Artifact, Job
from facefusion.jobs.workplace import Workplace
from facefusion.service.client import Client
from service_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, reports=True)
    yield made
    made.close()


def reports(world: World) -> list[dict[str, Any]]:
    where = {"project_id": world.project, "kind": "report"}
    return list(world.client.get("/v1/jobs", params=where).json()["items"])


def test_every_finished_render_is_measured_after_all_others(world: World) -> None:
    jobs = [world.asked(name=name)["id"] for name in ("one", "two")]
    world.work()
    assert [kind for kind, _ in world.executor.done] == ["analyse", "whole", "analyse", "whole", "report", "report"]
    for job in jobs:
        found = world.job(job)
        kinds = {one["kind"]: one for one in found["artifacts"]}
        assert set(kinds) == {"output", "quality", "page"}
        page = world.client.get(f"/v1/artifacts/{kinds['page']['id']}/content")
        assert b"Frames beside the target" in page.content
        assert page.headers["content-disposition"].startswith("attachment")
        said = world.client.get(f"/v1/jobs/{job}/quality").json()
        assert (said["flags"][0]["what"], "stills" in said) == ("flicker", False)
    assert {one["about"] for one in reports(world)} == set(jobs)
    assert {one["report"]["flags"] for one in reports(world)} == {1}


def test_a_render_ends_before_its_report_does(world: World) -> None:
    job = world.asked()["id"]
    original = world.executor.execute

    def broken(bundle: Any, progress: Any, show: Any) -> Any:
        if bundle.kind == "report":
            assert world.job(job)["state"] == "succeeded"
            raise ValueError("the report goes wrong")
        return original(bundle, progress, show)

    world.executor.execute = broken  # type: ignore[method-assign]
    world.worker.stopping.wait = lambda seconds=None: False  # type: ignore[method-assign, assignment]
    with world.state.database.writing() as records:
        assert records.count(Job, kind="report") == 0
    world.work()
    assert world.job(job)["state"] == "succeeded"
    assert reports(world)[0]["state"] == "failed"
    assert "is failed" in world.client.get(f"/v1/jobs/{job}/quality").json()["detail"]


def test_a_report_steps_aside_for_what_somebody_waits_for(world: World) -> None:
    world.asked()
    queue = Queue(world.state.database)
    worker = queue.enlist(host="h", pid=1, software="t")
    for kind in ("analyse", "whole"):
        lease = queue.claim(worker)
        assert lease is not None
        assert lease.kind == kind
        output = {"kind": "output", "name": "o", "media_type": "image/png", "size": 1, "sha256": "0", "key": "jobs/o"}
        queue.complete(lease, {"frames": 1} if kind == "analyse" else {"artifacts": [output]})
    lease = queue.claim(worker)
    assert lease is not None
    assert (lease.kind, queue.heartbeat(lease)) == ("report", "go on")
    world.asked(name="another")
    assert queue.heartbeat(lease) == "stop"
    queue.give_back(lease)
    after = queue.claim(worker)
    assert after is not None
    assert after.kind == "analyse"


def test_asking_for_a_report_brings_it_forward(world: World) -> None:
    job = world.asked()["id"]
    original = world.executor.execute
    asked: list[int] = []

    def ask(bundle: Any, progress: Any, show: Any) -> Any:
        if bundle.kind == "whole":
            asked.append(world.client.post(f"/v1/jobs/{job}/report").status_code)
        return original(bundle, progress, show)

    world.executor.execute = ask  # type: ignore[method-assign]
    world.work()
    assert asked == [409]  # there is nothing to measure yet
    known = world.client.post(f"/v1/jobs/{job}/report").json()
    assert (known["id"], known["priority"]) == (reports(world)[0]["id"], 50)


def test_versions_are_shown_side_by_side(world: World) -> None:
    first = world.asked(name="first <b>")["id"]
    world.work()
    ranges = [{"start": 0, "stop": 1, "options": {"mask-blur": 0.5}, "person_id": 1}]
    second = world.client.post(f"/v1/jobs/{first}/ranges", json=ranges).json()["id"]
    where = {"job_id": [first, second]}
    assert world.client.get("/v1/quality", params=where).status_code == 404
    world.work()
    said = world.client.get("/v1/quality", params=where).json()
    assert [one["job_id"] for one in said] == [first, second]
    assert said[0]["means"] == {"flicker": 5.0}
    page = world.client.get("/v1/quality/page", params=where)
    assert page.text.count("data:image/jpeg;base64,BBBB") == 2
    assert "first &lt;b&gt;" in page.text
    assert "sandbox" in page.headers["content-security-policy"]


def test_the_client_has_versions_measured(world: World) -> None:
    job = world.asked()["id"]
    world.work()
    client = Client(http=world.client)
    (found,) = client.report([job], seconds=5)
    assert (found["job_id"], found["means"]) == (job, {"flicker": 5.0})
    assert b"Frames beside the target" in client.report_page([job])


def test_what_was_found_about_a_thing_goes_with_it(world: World) -> None:
    job = world.asked()["id"]
    world.work()
    target = world.job(job)["request"]["target"]
    world.client.post(f"/v1/assets/{target}/people")
    world.work()
    with world.state.database.reading() as records:
        keys = [one.key for one in records.all(Artifact)]
    assert len(keys) == 4
    assert world.client.delete(f"/v1/jobs/{job}").status_code == 204
    assert world.client.delete(f"/v1/assets/{target}").status_code == 204
    with world.state.database.reading() as records:
        assert records.count(Artifact) == records.count(Job) == 0
    assert not any((world.settings.folder / "storage" / key).exists() for key in keys)


def test_what_killed_workers_left_is_tidied_away(world: World, tmp_path: Path) -> None:
    place = Workplace(tmp_path / "place", world.state.storage)
    own, gone = f"{os.getpid()}-lse_1", "999999999-lse_2"
    names = ("desks/lse_1", "desks/lse_2", "inputs/job_1", "inputs/job_2", f"opened/{own}", f"opened/{gone}")
    for name in names:
        (place.folder / name).mkdir(parents=True)
    place.tidy({"lse_1"}, {"job_1"})
    assert all((place.folder / name).is_dir() for name in names), "what is young stays"
    for name in names:
        os.utime(place.folder / name, (1.0, 1.0))
    place.tidy({"lse_1"}, {"job_1"})
    assert [name for name in names if (place.folder / name).is_dir()] == [
        "desks/lse_1",
        "inputs/job_1",
        f"opened/{own}",
    ]


def test_what_an_attempt_made_of_a_deleted_job_is_removed(world: World) -> None:
    job = world.asked()["id"]
    original = world.executor.execute

    def deleted(bundle: Any, progress: Any, show: Any) -> Any:
        made = original(bundle, progress, show)
        if bundle.kind == "whole":
            world.client.delete(f"/v1/jobs/{job}")
        return made

    world.executor.execute = deleted  # type: ignore[method-assign]
    world.work()
    kept = [path for path in (world.settings.folder / "storage").rglob("[!.]*") if path.is_file()]
    assert {path.parts[-3] for path in kept} == {"assets"}
