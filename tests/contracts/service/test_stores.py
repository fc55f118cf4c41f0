"""The same rules on SQLite and PostgreSQL, and in a folder and a bucket."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from benchmarks.postgres import Postgres, programs

from facefusion.errors import InvalidInput
from facefusion.jobs import states
from facefusion.jobs.database import Database
from facefusion.jobs.migrating import config_of, migrate
from facefusion.jobs.queue import Lease, Queue
from facefusion.jobs.storage import Storage, StorageDown, checked_key, storage_at
from facefusion.jobs.tables import Base, Job, Project, Task, User
from facefusion.service.schemas import JobDetail
from service_world import World


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if programs() is None:
        pytest.skip("no PostgreSQL on this machine; .ci/run installs it where it may")
    server = Postgres(Path("/tmp") / f"facefusion-test-{uuid.uuid4().hex[:8]}" / "pg")
    server.start()
    yield server.url
    server.stop()
    import shutil

    shutil.rmtree(server.folder.parent, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = Database(url)
    migrate(made)
    with made.writing() as records:
        for table in (Task, Job, Project):
            records.remove_where(table)
    yield made
    made.close()


def queued(database: Database, count: int = 1) -> list[str]:
    """Jobs of one task each."""
    with database.writing() as records:
        project = records.add(Project(name="p"))
        jobs = [Job(project_id=project.id, created_by="x", kind="render", state="queued", request={}, marked=0.0)
                for _ in range(count)]  # fmt: skip
        for job in jobs:
            states.begin(records, job, first="analyse")
    return [job.id for job in jobs]


def test_the_migrations_make_the_tables_of_this_version(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        assert config_of(connection) is not None
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_many_workers_take_each_task_once(database: Database) -> None:
    jobs = queued(database, 12)
    taken: list[Lease] = []
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        queue = Queue(database)
        try:
            me = queue.enlist(host="h", pid=number, software="t")
            for _ in range(60):
                lease = queue.claim(me)
                if lease is not None:
                    taken.append(lease)
                    queue.complete(lease, {"segments": [], "frames": 1} if lease.kind == "analyse" else {})
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len({lease.task_id for lease in taken}) == len(taken) == 24
    with database.reading() as records:
        assert {records.get(Job, job).state for job in jobs} == {"succeeded"}  # type: ignore[union-attr]


def test_a_silent_worker_loses_its_task_and_finishes_nothing(database: Database) -> None:
    (job,) = queued(database)
    queue = Queue(database, lease_seconds=-1.0)
    slow = queue.claim(queue.enlist(host="h", pid=1, software="t"))
    quick = queue.claim(queue.enlist(host="h", pid=2, software="t"))
    assert slow is not None
    assert quick is not None
    assert slow.task_id == quick.task_id
    assert queue.heartbeat(slow) == "lost"
    assert queue.complete(slow, {"segments": []}) is False
    assert queue.complete(quick, {"segments": [], "frames": 1}) is True
    assert queue.complete(quick, {"segments": [], "frames": 1}) is False
    with database.reading() as records:
        (analyse,) = records.all(Task, job_id=job, kind="analyse")
        assert (analyse.state, analyse.attempts, analyse.lost) == ("done", 1, 1)


def test_a_task_that_kills_whoever_takes_it_ends(database: Database) -> None:
    (job,) = queued(database)
    queue = Queue(database, lease_seconds=-1.0)
    for _ in range(12):
        queue.claim(queue.enlist(host="h", pid=1, software="t"))
    with database.reading() as records:
        found = records.get(Job, job)
    assert found is not None
    assert (found.state, found.error["type"]) == ("failed", "worker-died")


def test_a_whole_job_on_postgresql(postgres: str, tmp_path: Path) -> None:
    world = World(tmp_path, database=postgres)
    world.executor.segments = [(0, 5), (5, 9)]
    job = world.asked()
    world.work()
    assert world.client.get(f"/v1/jobs/{job['id']}/output").content == b"0 5;5 9"
    said = world.job(job["id"])
    assert [(one["kind"], one["state"]) for one in said["segments"]] == [
        ("analyse", "done"), ("segment", "done"), ("segment", "done"), ("deliver", "done"),
    ]  # fmt: skip
    assert JobDetail.model_validate(said).model_dump(mode="json") == said
    polled = [one["id"] for one in world.client.get(f"/v1/jobs/{job['id']}/events/poll").json()["items"]]
    text = world.client.get(f"/v1/jobs/{job['id']}/events").text
    assert [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")] == [*polled, polled[-1]]
    anna = world.user("anna", ["artist"], project=job["project_id"])
    assert anna.get(f"/v1/jobs/{job['id']}").json() == said
    with world.state.database.writing() as records:
        records.remove_where(User)
    world.close()


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    with urlopen(_put(f"http://{host}:{port}/films")) as answer:
        assert answer.status == 200
    yield f"s3://films/service?endpoint=http://{host}:{port}&region=us-east-1"
    server.stop()
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _put(url: str) -> object:
    from urllib.request import Request

    return Request(url, method="PUT")


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    place = "" if request.param == "folder" else request.getfixturevalue("bucket")
    found = storage_at(place, folder=tmp_path)
    found.prepare()
    return found


def test_what_is_put_is_got_whole_and_in_part(storage: Storage, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    (tmp_path / "file").write_bytes(data)
    stored = storage.put("jobs/a/file.bin", tmp_path / "file")
    assert stored.size == len(data)
    assert b"".join(storage.pieces("jobs/a/file.bin")) == data
    assert b"".join(storage.pieces("jobs/a/file.bin", start=1_048_570, stop=1_048_590)) == data[1_048_570:1_048_590]
    assert b"".join(storage.pieces("jobs/a/file.bin", start=2_999_999)) == data[-1:]
    assert storage.local("jobs/a/file.bin", tmp_path / "copies", sha256=stored.sha256).read_bytes() == data
    storage.remove("jobs/a/file.bin")
    storage.remove("jobs/a/file.bin")
    with pytest.raises(InvalidInput, match="not in the storage"):
        list(storage.pieces("jobs/a/file.bin"))
    storage.check()


def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    storage = storage_at("s3://films?endpoint=http://127.0.0.1:9&region=x", folder=tmp_path)
    with pytest.raises(StorageDown, match="does not answer"):
        list(storage.pieces("jobs/a"))


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "a/.hidden", "A", "a b", ""])
def test_strange_keys_are_no_keys(key: str) -> None:
    with pytest.raises(ValueError, match="storage key"):
        checked_key(key)


def test_a_whole_job_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    world = World(tmp_path, storage=bucket)
    world.executor.segments = [(0, 5), (5, 9)]
    job = world.asked()
    world.work()
    part = world.client.get(f"/v1/jobs/{job['id']}/output", headers={"range": "bytes=1-4"})
    assert (part.status_code, part.content) == (206, b" 5;5")
    world.client.delete(f"/v1/jobs/{job['id']}")
    world.close()
