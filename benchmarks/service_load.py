"""The service under load: 50 clients that create, poll and stream; 1,000 queued jobs; a stream that is cut 100 times.

python -m benchmarks.service_load [--clients 50] [--seconds 30] [--jobs 1000] [--database postgresql://…]
Rendering is stood in for by a job of one frame. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.service_host import Host

P99_BAR_SECONDS, MEMORY_BAR_BYTES = 0.1, 1_000_000_000


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


class Crowd:
    """Clients at once; what went wrong, and how long status reads took."""

    def __init__(self, address: str, body: dict[str, Any], seconds: float) -> None:
        self.address, self.body, self.until = address, body, time.monotonic() + seconds
        self.reads: list[float] = []
        self.errors: Counter[str] = Counter()
        self.created = self.streamed = 0

    def run(self, count: int) -> None:
        """Let them all work until the time is over."""
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, number: int) -> None:
        line = Line(self.address)
        while time.monotonic() < self.until:
            try:
                self._round(line, number)
            except (OSError, HTTPException, KeyError, ValueError) as error:
                self.errors[type(error).__name__] += 1
                line = Line(self.address)
        line.close()

    def _round(self, line: Line, number: int) -> None:
        job = self._right(line.asked("POST", "/v1/jobs", self.body), 202)["id"]
        self.created += 1
        if number % 5 == 0:
            self._stream(job)
        for _ in range(20):
            begun = time.perf_counter()
            answer = line.asked("GET", f"/v1/jobs/{job}")
            self.reads.append(time.perf_counter() - begun)
            if self._right(answer, 200)["state"] == "succeeded":
                return
            time.sleep(0.25)

    def _stream(self, job: str) -> None:
        until = time.monotonic() + 5
        with httpx.stream("GET", f"{self.address}/v1/jobs/{job}/events", timeout=30) as answer:
            for text in answer.iter_lines():
                if text == "event: end" or time.monotonic() > until:
                    self.streamed += 1
                    return

    def _right(self, answer: tuple[int, bytes], status: int) -> dict[str, Any]:
        if answer[0] != status:
            self.errors[str(answer[0])] += 1
        said: dict[str, Any] = json.loads(answer[1])
        return said


class Line:
    """One connection that is kept; lighter than a whole client, so that the crowd does not wait for itself."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._line = HTTPConnection(host, int(port), timeout=30)

    def asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Status and content of an answer."""
        headers = {"content-type": "application/json"} if body is not None else {}
        self._line.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Let it go."""
        self._line.close()


def load(host: Host, body: dict[str, Any], clients: int, seconds: float) -> dict[str, Any]:
    """Many clients for a while; memory before and after."""
    assert host.process is not None
    server = psutil.Process(host.process.pid)
    Crowd(host.address, body, min(10, seconds / 3)).run(clients)
    before = server.memory_info().rss
    crowd = Crowd(host.address, body, seconds)
    crowd.run(clients)
    reads = sorted(crowd.reads)
    p99 = reads[int(len(reads) * 0.99)] if reads else 0.0
    return {
        "clients": clients, "seconds": seconds, "jobs_created": crowd.created, "status_reads": len(reads),
        "streams": crowd.streamed, "errors": dict(crowd.errors), "read_p50_ms": round(1000 * reads[len(reads) // 2], 1),
        "read_p99_ms": round(1000 * p99, 1), "memory_before_mb": before // 2**20,
        "memory_after_mb": server.memory_info().rss // 2**20, "is_right": not crowd.errors and p99 <= P99_BAR_SECONDS,
    }  # fmt: skip


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
        "jobs": count, "states": dict(states), "made_twice": len(twice), "peak_mb": peak // 2**20,
        "submit_seconds": round(submitted, 1), "seconds": round(time.monotonic() - begun, 1),
        "is_right": states == {"succeeded": count} and not twice and peak <= MEMORY_BAR_BYTES,
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
        first = client.get(f"/v1/jobs/{client.post('/v1/jobs', json=body).json()['id']}/events/poll").json()["last_id"]
        maker = threading.Thread(target=_keep_making, args=(host.address, body, times))
        maker.start()
        last = first
        for _ in range(times):
            last = _a_few(client, body, last, seen)
        maker.join()
        stored = _all_events(client, body, first, last)
    lost, doubled = len(set(stored) - set(seen)), len(seen) - len(set(seen))
    return {"reconnects": times, "events": len(stored), "lost": lost, "doubled": doubled,
            "is_right": lost == doubled == 0 and seen == sorted(seen) and len(stored) >= times}  # fmt: skip


def _a_few(client: httpx.Client, body: dict[str, Any], last: int, seen: list[int]) -> int:
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


def main() -> int:
    """Everything, one after the other, each on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--reconnects", type=int, default=100)
    parser.add_argument("--database", default="")
    parser.add_argument("--only", choices=("load", "queued", "reconnected"))
    said = parser.parse_args()
    does: dict[str, Callable[[Host, dict[str, Any]], dict[str, Any]]] = {
        "load": lambda host, body: load(host, body, said.clients, said.seconds),
        "queued": lambda host, body: queued(host, body, said.jobs),
        "reconnected": lambda host, body: reconnected(host, body, said.reconnects),
    }
    is_right = True
    for name, does_it in does.items():
        if said.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            host = Host(Path(folder), executor="benchmarks.service_stub:OneFrame", workers=1, database=said.database)
            host.start()
            found = does_it(host, prepared(host.address))
            host.stop()
        print(json.dumps({name: found}), flush=True)
        is_right = is_right and found["is_right"]
    return 0 if is_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
