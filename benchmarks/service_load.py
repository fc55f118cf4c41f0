"""The service under load: 50 clients that create, poll and stream; 1,000 queued jobs; a stream that is cut 100 times.

python -m benchmarks.service_load [--only load|queued|stream|poll] [--database postgresql://…] [--results FOLDER]

Rendering is stood in for by a job of one frame. Every part has a server of its own. Clients are tasks of this one
process, so that they cost little; how long a read takes is still what they see. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.record import ROOT, Bar, Result, finish
from benchmarks.service_clients import crowd, only_reads
from benchmarks.service_host import Host

_CONTINUOUS: Final = (
    Bar("lost", "at most", 0), Bar("doubled", "at most", 0), Bar("unknown", "at most", 0),
    Bar("out_of_order", "at most", 0), Bar("reconnects", "at least", 100),
)  # fmt: skip
BARS: Final = {
    "load": (
        Bar("error_count", "at most", 0), Bar("read_p99_ms", "at most", 100), Bar("clients", "at least", 50),
        Bar("memory_grown_mb", "at most", 10),
    ),
    "queued": (
        Bar("not_succeeded", "at most", 0), Bar("made_twice", "at most", 0), Bar("peak_mb", "at most", 1000),
        Bar("jobs", "at least", 1000),
    ),
    "stream": _CONTINUOUS,
    "poll": _CONTINUOUS,
}  # fmt: skip


def picture(seed: int) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 32, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


def prepared(address: str) -> dict[str, Any]:
    """A request that can be sent again and again."""
    with httpx.Client(base_url=address, timeout=60) as client:
        project = client.get("/v1/projects").json()["items"][0]["id"]
        ids = [
            client.post("/v1/assets", params={"project_id": project, "name": f"{n}.png"}, content=picture(n)).json()[
                "id"
            ]
            for n in range(2)
        ]
    return {"project_id": project, "target": ids[0], "sources": [ids[1]]}


def load(host: Host, body: dict[str, Any], clients: int, seconds: float) -> dict[str, Any]:
    """Many clients for a while; how long reads took, what the server spent, and its memory before and after."""
    assert host.process is not None
    server = psutil.Process(host.process.pid)
    asyncio.run(crowd(host.address, body, clients, min(15, seconds / 2)))
    before, spent, own = server.memory_info().rss, _cpu_seconds(server), time.process_time()
    found = asyncio.run(crowd(host.address, body, clients, seconds))
    after, spent, own = server.memory_info().rss, _cpu_seconds(server) - spent, time.process_time() - own
    reads = sorted(found.reads)
    return {
        "clients": clients, "seconds": seconds, "jobs_created": found.created, "jobs_ended": found.ended,
        "status_reads": len(reads), "streams": found.streams, "events": found.events, "errors": dict(found.errors),
        **{f"read_p{part}_ms": _part(reads, part) for part in (50, 95, 99)}, "read_most_ms": _part(reads, 100),
        "server_cpu_seconds": round(spent, 2), "clients_cpu_seconds": round(own, 2),
        **_alone(host, body, server), "memory_before_mb": before / 2**20, "memory_after_mb": after / 2**20,
        "memory_grown_mb": (after - before) / 2**20,
    }  # fmt: skip


def _alone(host: Host, body: dict[str, Any], server: psutil.Process) -> dict[str, float]:
    """What a status read costs the server while nothing else happens."""
    with httpx.Client(base_url=host.address, timeout=60) as client:
        job = client.post("/v1/jobs", json=body).json()["id"]
        while client.get(f"/v1/jobs/{job}").json()["state"] != "succeeded":
            time.sleep(0.2)
    spent = _cpu_seconds(server)
    took = sorted(asyncio.run(only_reads(host.address, job, 500)))
    spent = _cpu_seconds(server) - spent
    return {"alone_cpu_ms_a_read": 1000 * spent / len(took), "alone_p50_ms": _part(took, 50),
            "alone_p99_ms": _part(took, 99)}  # fmt: skip


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _part(ordered: list[float], percent: int) -> float:
    """In ms, how long the quickest `percent` of them took at most."""
    return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


def queued(host: Host, body: dict[str, Any], count: int) -> dict[str, Any]:
    """Many jobs at once; each ends once, in the right state."""
    begun, peak = time.monotonic(), 0
    with httpx.Client(base_url=host.address, timeout=60) as client:
        ids = [client.post("/v1/jobs", json={**body, "priority": n % 3}).json()["id"] for n in range(count)]
        submitted = time.monotonic() - begun
        while time.monotonic() - begun < 900:
            peak = max(peak, _memory(host))
            if not _some(client, body, "queued") and not _some(client, body, "rendering"):
                break
            time.sleep(1)
        jobs = [client.get(f"/v1/jobs/{one}").json() for one in ids]
    twice = [job["id"] for job in jobs if len(job["artifacts"]) != 1 or any(t["attempts"] > 1 for t in job["segments"])]
    states = Counter(job["state"] for job in jobs)
    return {
        "jobs": count, "states": dict(states), "not_succeeded": count - states["succeeded"],
        "made_twice": len(twice), "peak_mb": peak / 1e6, "submit_seconds": submitted,
        "seconds": time.monotonic() - begun,
    }  # fmt: skip


def _some(client: httpx.Client, body: dict[str, Any], state: str) -> bool:
    where = {"project_id": body["project_id"], "state": state, "limit": 1}
    return bool(client.get("/v1/jobs", params=where).json()["items"])


def _memory(host: Host) -> int:
    assert host.process is not None
    server = psutil.Process(host.process.pid)
    return int(server.memory_info().rss + sum(one.memory_info().rss for one in server.children(recursive=True)))


def reconnected(host: Host, body: dict[str, Any], times: int) -> dict[str, Any]:
    """One project's stream, cut at every few events; what was seen against what is stored."""
    seen: list[int] = []
    with httpx.Client(base_url=host.address, timeout=30) as client:
        job = client.post("/v1/jobs", json=body).json()["id"]
        first = client.get(f"/v1/jobs/{job}/events/poll").json()["last_id"]
        maker = threading.Thread(target=_keep_making, args=(host.address, body, times))
        maker.start()
        last = first
        for _ in range(times):
            last = _a_few(client, body, last, seen)
        maker.join()
        stored = _all_events(client, body, first, last)
    return {"reconnects": times, **_compared(seen, stored)}


def polled(host: Host, body: dict[str, Any], times: int) -> dict[str, Any]:
    """Long polls of running jobs, each of which takes one event and asks again from there."""
    asked, seen, stored = 0, list[int](), list[int]()
    with httpx.Client(base_url=host.address, timeout=30) as client:
        while asked < times:
            place = f"/v1/jobs/{client.post('/v1/jobs', json=body).json()['id']}/events/poll"
            after, is_over = 0, False
            while not is_over:
                said = client.get(place, params={"after": after, "wait_seconds": 20}).json()
                asked += 1
                seen += (news := [one["id"] for one in said["items"][:1]])
                after, is_over = news[0] if news else after, said["is_over"] and not news
            stored += [one["id"] for one in client.get(place, params={"wait_seconds": 0}).json()["items"]]
    return {"reconnects": asked, **_compared(seen, stored)}


def _compared(seen: list[int], stored: list[int]) -> dict[str, int]:
    return {"events": len(stored), "lost": len(set(stored) - set(seen)), "doubled": len(seen) - len(set(seen)),
            "unknown": len(set(seen) - set(stored)), "out_of_order": int(seen != sorted(seen))}  # fmt: skip


def _a_few(client: httpx.Client, body: dict[str, Any], last: int, seen: list[int]) -> int:
    """Three events of the project's stream."""
    headers, where = {"last-event-id": str(last)}, {"project_id": body["project_id"]}
    with client.stream("GET", "/v1/events", params=where, headers=headers) as answer:
        count = 0
        for line in answer.iter_lines():
            if line.startswith("id: "):
                last = int(line[4:])
                seen.append(last)
                count += 1
            if count == 3:
                break
    return last


def _keep_making(address: str, body: dict[str, Any], count: int) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(count // 2 + 10):
            client.post("/v1/jobs", json=body)
            time.sleep(0.05)


def _all_events(client: httpx.Client, body: dict[str, Any], after: int, last: int) -> list[int]:
    """The ids that the database has, read job by job by another way than the stream."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        where = {"project_id": body["project_id"], "limit": 200} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/jobs", params=where).json()
        for job in page["items"]:
            said = client.get(f"/v1/jobs/{job['id']}/events/poll", params={"wait_seconds": 0}).json()
            found += [one["id"] for one in said["items"] if after < one["id"] <= last]
        cursor = page["next"]
        if cursor is None:
            return sorted(found)


def result_of(name: str, found: dict[str, Any]) -> Result:
    """As it is recorded: numbers with their bars, everything else as details."""
    figures = {key: value for key, value in found.items() if isinstance(value, int | float)}
    details = {key: value for key, value in found.items() if key not in figures}
    figures["error_count"] = sum(found.get("errors", {}).values())
    return Result(f"service_{name}", figures, BARS[name], details)


def main() -> int:
    """Everything, one after the other, each on a server of its own."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--jobs", type=int, default=1000)
    options.add_argument("--reconnects", type=int, default=100)
    options.add_argument("--database", default="")
    options.add_argument("--only", choices=tuple(BARS))
    options.add_argument("--results", type=Path, default=ROOT / "build" / "bench")
    said = options.parse_args()
    does: dict[str, Callable[[Host, dict[str, Any]], dict[str, Any]]] = {
        "load": lambda host, body: load(host, body, said.clients, said.seconds),
        "queued": lambda host, body: queued(host, body, said.jobs),
        "stream": lambda host, body: reconnected(host, body, said.reconnects),
        "poll": lambda host, body: polled(host, body, said.reconnects),
    }
    codes = []
    for name, does_it in does.items():
        if said.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            host = Host(Path(folder), executor="benchmarks.service_stub:OneFrame", workers=1, database=said.database)
            host.start()
            found = does_it(host, prepared(host.address))
            host.stop()
        codes.append(finish(result_of(name, found), folder=said.results))
    return max(codes, default=0)


if __name__ == "__main__":
    raise SystemExit(main())
