"""The service is killed (SIGKILL) at random while it works; every job ends as it would have.

python -m benchmarks.service_kill server worker database [--kills 20] [--jobs 20] [--results FOLDER]

The real engine swaps a face on small clips of six segments, with two workers. Every job is done undisturbed first, on a
server of its own; then all are asked for at once and something is killed again and again: the server, one of its
workers, or every process of PostgreSQL. A job is right when it succeeded, has one output, and every packet of that is
the undisturbed one's. `--stub` puts segments that only wait in the engine's place. `database` needs PostgreSQL's
programs on this machine. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from benchmarks.postgres import Postgres
from benchmarks.record import ROOT, Bar, Result, finish
from benchmarks.runs import packets_digest
from benchmarks.service_clips import clip, photo
from benchmarks.service_host import Host

BARS: Final = (
    Bar("kills", "at least", 20), Bar("jobs", "at least", 20), Bar("wrong_jobs", "at most", 0),
    Bar("recomputed_a_kill", "at most", 1),
)  # fmt: skip
_ENDED: Final = ("succeeded", "failed", "cancelled")
_CLIPS: Final = 4
_MARKED: Final = 1_767_225_600.0
"""The time that all marks carry, of both servers: the watermark spells it."""
_PATIENCE_SECONDS: Final = 1800


@dataclass(eq=False)
class Killing:
    """What is killed, how often it was, and when: seconds since the jobs were asked for."""

    host: Host
    database: Postgres | None
    kind: str
    chance: random.Random
    done: list[float] = field(default_factory=list)

    def kill(self) -> bool:
        """Kill once; False where there was nobody to kill."""
        if self.kind == "server":
            self.host.kill()
            self.host.start()
        elif self.database is not None:
            self.database.kill()
            self.database.start()
        else:
            assert self.host.process is not None
            workers = psutil.Process(self.host.process.pid).children()
            if not workers:
                return False
            os.kill(self.chance.choice(workers).pid, signal.SIGKILL)
        return True


def undisturbed(folder: Path, count: int, stub: bool) -> tuple[list[str], float]:
    """The digests of `count` outputs, and how long they took."""
    folder.mkdir()
    host = _host(folder, None, stub)
    host.start()
    try:
        client = httpx.Client(base_url=host.address, timeout=60)
        bodies, begun = _bodies(client, count, stub), time.monotonic()
        ids = [_asked(client, "POST", "/v1/jobs", json=one)["id"] for one in bodies]
        while not set(_states(client, ids)) <= set(_ENDED):
            time.sleep(0.5)
        took = time.monotonic() - begun
        assert set(_states(client, ids)) == {"succeeded"}, "an undisturbed job did not succeed"
        return [_digest(client, one, folder, stub) for one in ids], took
    finally:
        host.stop()


def disturbed(killing: Killing, folder: Path, right: list[str], kills: int, pause: float, stub: bool) -> dict[str, Any]:
    """Ask for the same jobs again, and kill while there are any; `pause`: seconds between kills, on average."""
    client = httpx.Client(base_url=killing.host.address, timeout=60)
    bodies, begun = _bodies(client, len(right), stub), time.monotonic()
    ids: list[str] = []
    for _ in range(_PATIENCE_SECONDS):
        states = _states(client, ids)
        if set(states) <= set(_ENDED):
            if ids and len(killing.done) >= kills:
                break
            keys = [{"idempotency-key": f"{len(ids)} {n}"} for n in range(len(bodies))]
            ids += [_asked(client, "POST", "/v1/jobs", json=one, headers=key)["id"]
                    for one, key in zip(bodies, keys, strict=True)]  # fmt: skip
        if len(killing.done) >= kills:
            time.sleep(1)
            continue
        time.sleep(killing.chance.uniform(0, 2 * pause))
        if not set(_states(client, ids)) <= set(_ENDED) and killing.kill():
            killing.done.append(round(time.monotonic() - begun, 1))
    seconds = time.monotonic() - begun
    jobs = [_asked(client, "GET", f"/v1/jobs/{one}") for one in ids]
    digests = [_digest(client, job["id"], folder, stub) if job["state"] == "succeeded" else "" for job in jobs]
    wrong = [job["id"] for place, (job, digest) in enumerate(zip(jobs, digests, strict=True))
             if digest != right[place % len(right)]]  # fmt: skip
    again = Counter(task["kind"] for job in jobs for task in job["segments"] for _ in range(_more(task)))
    return {
        "kills": len(killing.done), "jobs": len(jobs), "wrong_jobs": len(wrong), "wrong": wrong,
        "recomputed": sum(again.values()), "recomputed_a_kill": sum(again.values()) / max(1, len(killing.done)),
        "recomputed_by_kind": dict(again), "states": dict(Counter(job["state"] for job in jobs)),
        "seconds": seconds, "killed_at": killing.done,
    }  # fmt: skip


def _more(task: dict[str, Any]) -> int:
    return max(0, int(task["attempts"]) + int(task["lost"]) - 1)


def _host(folder: Path, database: Postgres | None, stub: bool) -> Host:
    more: dict[str, Any] = {"database": database.url} if database is not None else {}
    if stub:
        more["executor"] = "benchmarks.service_stub:Slow"
    return Host(folder, workers=2, lease_seconds=6.0, marked=_MARKED, **more)


def _states(client: httpx.Client, ids: list[str]) -> list[str]:
    return [str(_asked(client, "GET", f"/v1/jobs/{one}")["state"]) for one in ids]


def _digest(client: httpx.Client, job_id: str, folder: Path, stub: bool) -> str:
    """Of every packet of a job's one output. Empty where it has none, or several."""
    outputs = [one for one in _asked(client, "GET", f"/v1/jobs/{job_id}")["artifacts"] if one["kind"] == "output"]
    if len(outputs) != 1:
        return ""
    if stub:
        return str(outputs[0]["sha256"])
    file = folder / f"{job_id}.mp4"
    file.write_bytes(client.get(f"/v1/jobs/{job_id}/output").content)
    return packets_digest(file)


def _bodies(client: httpx.Client, count: int, stub: bool) -> list[dict[str, Any]]:
    """Requests that differ in the clip or in how its edge is blended."""
    project = _asked(client, "GET", "/v1/projects")["items"][0]["id"]
    source = _sent(client, project, "photo.png", photo())
    clips = [_sent(client, project, f"clip{n}.mp4", clip(n)) for n in range(min(count, _CLIPS))]
    return [{"project_id": project, "target": clips[n % len(clips)], "sources": [source],
             "options": {} if stub else {"mask-blur": round(0.2 + 0.02 * (n // len(clips)), 2)}}
            for n in range(count)]  # fmt: skip


def _sent(client: httpx.Client, project: str, name: str, content: bytes) -> str:
    where = {"project_id": project, "name": name}
    return str(_asked(client, "POST", "/v1/assets", params=where, content=content)["id"])


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """An answer, asked again while the service is away: what a client has to do anyway."""
    for _ in range(300):
        try:
            answer = client.request(method, path, **more)
            if answer.status_code < 500:
                said: dict[str, Any] = answer.raise_for_status().json()
                return said
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{method} {path}: no answer for 60 s")


def measured(kind: str, folder: Path, right: list[str], pause: float, said: argparse.Namespace) -> Result:
    """Kill one kind of process. right: digests of undisturbed outputs; pause: seconds between kills, on average."""
    database = Postgres(folder / "pg") if kind == "database" else None
    if database is not None:
        database.start()
    (folder / kind).mkdir()
    host = _host(folder / kind, database, said.stub)
    host.start()
    try:
        killing = Killing(host, database, kind, random.Random(said.seed))
        found = disturbed(killing, folder, right, said.kills, pause, said.stub)
    finally:
        host.stop()
        if database is not None:
            database.stop()
    found |= {"distinct_outputs": len(set(right)), "mean_pause_seconds": pause}
    figures = {name: value for name, value in found.items() if isinstance(value, int | float)}
    details = {name: value for name, value in found.items() if name not in figures} | {"engine": not said.stub}
    return Result(f"service_kill_{kind}{'_stub' if said.stub else ''}", figures, BARS, details)


def main() -> int:
    """Kill, and count."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kinds", nargs="+", choices=("server", "worker", "database"))
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--jobs", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--stub", action="store_true", help="do not render; segments take a fifth of a second")
    options.add_argument("--results", type=Path, default=ROOT / "build" / "bench")
    said = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers end with this program
    codes = []
    with tempfile.TemporaryDirectory() as name:
        right, took = undisturbed(Path(name) / "undisturbed", said.jobs, said.stub)
        for kind in said.kinds:
            codes.append(finish(measured(kind, Path(name), right, took / said.kills, said), folder=said.results))
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
