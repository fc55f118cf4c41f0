"""The service is killed at random (server, worker or database) while it works; every job ends as it would have.

python -m benchmarks.service_kill server|worker|database [--kills 20] [--jobs 20] [--seed 1]
`database` needs a PostgreSQL server's programs on this machine. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.postgres import Postgres
from benchmarks.service_host import Host
from benchmarks.service_load import picture

_PATIENCE_SECONDS = 420


def main() -> int:
    """Kill, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("server", "worker", "database"))
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Postgres(Path(folder) / "pg") if said.kind == "database" else None
        if database is not None:
            database.start()
        more = {"database": database.url} if database is not None else {}
        host = Host(Path(folder), executor="benchmarks.service_stub:Slow", workers=2, lease_seconds=4.0, **more)
        host.start()
        try:
            found = _killed(host, database, said.kind, said.kills, said.jobs, random.Random(said.seed))
        finally:
            host.stop()
            if database is not None:
                database.stop()
    print(json.dumps(found))
    return 0 if found["is_right"] else 1


def _killed(
    host: Host, database: Postgres | None, kind: str, kills: int, jobs: int, chance: random.Random
) -> dict[str, Any]:
    client = httpx.Client(base_url=host.address, timeout=30)
    bodies = _bodies(client, jobs)
    ids = [_asked(client, "POST", "/v1/jobs", json=one, headers={"idempotency-key": str(n)})["id"]
           for n, one in enumerate(bodies)]  # fmt: skip
    done, begun = 0, time.monotonic()
    while time.monotonic() - begun < _PATIENCE_SECONDS:
        if done < kills:
            time.sleep(chance.uniform(0.5, 2.0))
            done += _kill(host, database, kind, chance)
        states = [_asked(client, "GET", f"/v1/jobs/{one}")["state"] for one in ids]
        if set(states) <= {"succeeded", "failed", "cancelled"}:
            if done >= kills:
                break
            bodies += (more := _bodies(client, 4, first=len(bodies)))
            keys = [{"idempotency-key": f"more {len(ids)} {n}"} for n in range(len(more))]
            ids += [_asked(client, "POST", "/v1/jobs", json=one, headers=key)["id"]
                    for one, key in zip(more, keys, strict=True)]  # fmt: skip
        time.sleep(0.2)
    return _told(client, ids, bodies, kind, done, time.monotonic() - begun)


def _told(
    client: httpx.Client, ids: list[str], bodies: list[dict[str, Any]], kind: str, kills: int, seconds: float
) -> dict[str, Any]:
    wrong, recomputed, outputs = [], 0, 0
    for job_id, body in zip(ids, bodies, strict=True):
        job = _asked(client, "GET", f"/v1/jobs/{job_id}")
        recomputed += sum(max(0, task["attempts"] + task["lost"] - 1) for task in job["segments"])
        made = [one for one in job["artifacts"] if one["kind"] == "output"]
        outputs += len(made)
        if job["state"] != "succeeded" or [one["sha256"] for one in made] != [_right(body["target"])]:
            wrong.append(job_id)
    most = kills * (2 if kind == "server" else 1)
    return {
        "kind": kind, "kills": kills, "jobs": len(ids), "wrong": wrong, "outputs": outputs,
        "recomputed_tasks": recomputed,
        "seconds": round(seconds, 1), "is_right": not wrong and outputs == len(ids) and recomputed <= most,
    }  # fmt: skip


def _right(target: str) -> str:
    """What the output of a job is, when nothing was lost or doubled."""
    from benchmarks.service_stub import FRAMES, SEGMENTS

    parts = [f"{target} {n * FRAMES} {n * FRAMES + FRAMES}" for n in range(SEGMENTS)]
    data = b"".join(hashlib.sha256(part.encode()).digest() * 64 for part in parts)
    return hashlib.sha256(data).hexdigest()


def _bodies(client: httpx.Client, count: int, *, first: int = 0) -> list[dict[str, Any]]:
    project = _asked(client, "GET", "/v1/projects")["items"][0]["id"]
    source = _sent(client, project, 0)
    return [{"project_id": project, "target": _sent(client, project, first + n + 1), "sources": [source]}
            for n in range(count)]  # fmt: skip


def _sent(client: httpx.Client, project: str, seed: int) -> str:
    where = {"project_id": project, "name": f"{seed}.png"}
    return str(_asked(client, "POST", "/v1/assets", params=where, content=picture(seed))["id"])


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """An answer, asked again while the service is away: what a client has to do anyway."""
    for _ in range(150):
        try:
            answer = client.request(method, path, **more)
            if answer.status_code < 500:
                said: dict[str, Any] = answer.json()
                return said
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{method} {path}: no answer for 30 s")


def _kill(host: Host, database: Postgres | None, kind: str, chance: random.Random) -> int:
    if kind == "server":
        host.kill()
        host.start()
        return 1
    if database is not None:
        database.kill()
        database.start()
        return 1
    assert host.process is not None
    workers = psutil.Process(host.process.pid).children()
    if not workers:
        return 0
    os.kill(chance.choice(workers).pid, signal.SIGKILL)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
