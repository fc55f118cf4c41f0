"""Many clients of the service in one process and one thread, light enough not to be what is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

POLL_SECONDS = 0.25
_POLLS, _STREAM_SECONDS = 80, 30.0


@dataclass(eq=False)
class Found:
    """What clients met. reads: seconds of every status read."""

    reads: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    created: int = 0
    ended: int = 0
    streams: int = 0
    events: int = 0


class Line:
    """One kept connection, HTTP/1.1 by hand."""

    def __init__(self, address: str, key: str = "") -> None:
        self._host, _, port = address.removeprefix("http://").partition(":")
        self._port = int(port)
        self._common = f"host: {self._host}:{port}\r\n" + (f"authorization: Bearer {key}\r\n" if key else "")
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def asked(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and content of an answer."""
        if self._ends is None:
            self._ends = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._ends
        kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._common}{kind}\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await reader.readexactly(length)

    async def streamed(self, path: str) -> int:
        """Read server-sent events until the stream ends; how many there were."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(f"GET {path} HTTP/1.1\r\n{self._common}\r\n".encode())
        count = 0
        try:
            while (line := await reader.readline()).rstrip() != b"event: end":
                if not line:
                    raise EOFError("the stream broke")
                count += line.startswith(b"id: ")
        finally:
            writer.close()
        return count

    def close(self) -> None:
        """Let it go."""
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None


async def crowd(address: str, body: dict[str, Any], count: int, seconds: float, *, key: str = "") -> Found:
    """`count` clients for a while: each makes a job, asks how it stands until it has ended, and begins again.

    One in five hears the job's events as well, on a connection of its own.
    """
    found, until = Found(), time.monotonic() + seconds
    data = json.dumps(body).encode()
    await asyncio.gather(*(_client(address, data, n, until, found, key) for n in range(count)))
    return found


async def _client(address: str, data: bytes, number: int, until: float, found: Found, key: str) -> None:
    line = Line(address, key)
    await asyncio.sleep(number * 0.02)
    while time.monotonic() < until:
        try:
            await _round(line, data, number, found)
        except (OSError, EOFError, KeyError, ValueError, TimeoutError) as error:
            found.errors[type(error).__name__] += 1
            line.close()
    line.close()


async def _round(line: Line, data: bytes, number: int, found: Found) -> None:
    job = _right(found, await line.asked("POST", "/v1/jobs", data), 202)["id"]
    found.created += 1
    hears = asyncio.create_task(_heard(line, job, found)) if number % 5 == 0 else None
    for _ in range(_POLLS):
        begun = time.perf_counter()
        answer = await line.asked("GET", f"/v1/jobs/{job}")
        found.reads.append(time.perf_counter() - begun)
        if _right(found, answer, 200)["state"] == "succeeded":
            found.ended += 1
            break
        await asyncio.sleep(POLL_SECONDS)
    if hears is not None:
        await hears


async def _heard(line: Line, job: str, found: Found) -> None:
    count = await asyncio.wait_for(line.streamed(f"/v1/jobs/{job}/events"), _STREAM_SECONDS)
    found.events += count
    found.streams += 1


def _right(found: Found, answer: tuple[int, bytes], status: int) -> dict[str, Any]:
    if answer[0] != status:
        found.errors[str(answer[0])] += 1
    said: dict[str, Any] = json.loads(answer[1])
    return said


async def only_reads(address: str, job: str, count: int, *, key: str = "") -> list[float]:
    """One client that asks how a job stands, again and again; seconds of each."""
    line, took = Line(address, key), []
    for _ in range(count):
        begun = time.perf_counter()
        await line.asked("GET", f"/v1/jobs/{job}")
        took.append(time.perf_counter() - begun)
    line.close()
    return took
