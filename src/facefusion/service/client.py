"""A client of the service: `with Client("http://127.0.0.1:5000") as client`. Needs httpx, nothing of the server."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx

from facefusion.errors import FaceFusionError, InvalidInput, OutputExists, RefusedByPolicy, UsageError
from facefusion.media.paths import temporary_beside

ENDED: Final = ("succeeded", "failed", "cancelled")
_PIECE_BYTES: Final = 8 << 20
_TRIES: Final = 5


class ServiceError(FaceFusionError):
    """The service said no, or is not there. kind: of the problem (`not-found`, say); status: of the answer, or 0."""

    def __init__(self, detail: str, *, kind: str = "unavailable", status: int = 0) -> None:
        super().__init__(detail)
        self.kind, self.status = kind, status


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that was sent."""

    id: str
    project_id: str
    name: str
    kind: str
    size: int
    sha256: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was asked for. progress, segments, artifacts: as the API answers them."""

    id: str
    project_id: str
    kind: str
    name: str
    state: str
    is_paused: bool
    progress: Mapping[str, Any]
    error: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None
    segments: Sequence[Mapping[str, Any]] = ()
    artifacts: Sequence[Mapping[str, Any]] = ()

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job."""

    id: int
    job_id: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Swap:
    """What is asked for. target, sources: assets; assign: sources by person; options: keys of GET /v1/plans/schema."""

    target: str
    sources: Sequence[str] = ()
    assign: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def body(self, project_id: str) -> dict[str, Any]:
        """As it is sent."""
        said = {"target": self.target, "sources": list(self.sources), "options": dict(self.options), **self.more}
        return {**said, "project_id": project_id, "assign": {name: list(ids) for name, ids in self.assign.items()}}


class Client:
    """One service. key: an API key. Requests that may be repeated are, while the service is away for a moment."""

    def __init__(
        self, address: str = "http://127.0.0.1:5000", *, key: str = "", http: httpx.Client | None = None
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = http or httpx.Client(base_url=address, headers=headers, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def projects(self) -> list[dict[str, Any]]:
        """The projects that one is in, the newest first."""
        return list(self.pages("/v1/projects"))

    def upload(self, project_id: str, path: Path, progress: Callable[[int, int], None] | None = None) -> Asset:
        """Send a file in pieces; a broken line is taken up where it broke. progress: is told bytes sent and in all."""
        size = path.stat().st_size
        if size == 0:
            raise InvalidInput(f"{path}: is empty; choose another file")
        name = base64.b64encode(path.name.encode()).decode()
        headers = {"upload-length": str(size), "upload-metadata": f"filename {name}"}
        place = self._asked("POST", "/v1/uploads", params={"project_id": project_id}, headers=headers).headers[
            "location"
        ]
        return self.asset(self._sent(place, path, size, progress))

    def asset(self, asset_id: str) -> Asset:
        """One asset."""
        return _made(Asset, self._asked("GET", f"/v1/assets/{asset_id}").json())

    def people(self, asset_id: str, *, seconds: float = 600) -> list[dict[str, Any]]:
        """Who is in a medium, the longest seen first; looks, when nobody has. Raises ServiceError."""
        job = _made(Job, self._asked("POST", f"/v1/assets/{asset_id}/people").json())
        self.wait(job.id, seconds=seconds)
        found: list[dict[str, Any]] = self._asked("GET", f"/v1/assets/{asset_id}/people").json()["people"]
        return found

    def estimate(self, project_id: str, swap: Swap) -> dict[str, Any]:
        """What a job would come to; raises ServiceError with what is wrong."""
        said: dict[str, Any] = self._asked("POST", "/v1/plans/check", json=swap.body(project_id)).json()
        return said

    def submit(self, project_id: str, swap: Swap, *, key: str | None = None) -> Job:
        """Ask for a job. key: the same one with the same request gives the same job."""
        headers = {"idempotency-key": key} if key else {}
        return _made(Job, self._asked("POST", "/v1/jobs", json=swap.body(project_id), headers=headers).json())

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return _made(Job, self._asked("GET", f"/v1/jobs/{job_id}").json())

    def jobs(self, project_id: str, **where: Any) -> Iterator[Job]:
        """The jobs of a project, the newest first."""
        for said in self.pages("/v1/jobs", project_id=project_id, **where):
            yield _made(Job, said)

    def steer(self, job_id: str, what: str) -> Job:
        """what: cancel, pause, resume or retry."""
        if what not in ("cancel", "pause", "resume", "retry"):
            raise UsageError(f"steer: got {what!r}, supported are cancel, pause, resume and retry")
        return _made(Job, self._asked("POST", f"/v1/jobs/{job_id}/{what}").json())

    def events(self, job_id: str, *, after: int = 0) -> Iterator[Event]:
        """Everything that happens to a job until it ends, in order and each once, however often the line breaks."""
        failures = 0
        while True:
            try:
                for event in self._stream(job_id, after):
                    if event is None:
                        return
                    after, failures = event.id, 0
                    yield event
            except httpx.HTTPError as error:
                failures += 1
                if failures > _TRIES:
                    raise ServiceError(f"the service does not answer ({type(error).__name__})") from None
                time.sleep(min(0.2 * 2**failures, 5.0))

    def wait(self, job_id: str, *, seconds: float = 86_400) -> Job:
        """A job when it has ended. Raises ServiceError when it failed, was cancelled, or the time is over."""
        until, after = time.monotonic() + seconds, 0
        while True:
            said = self._asked(
                "GET", f"/v1/jobs/{job_id}/events/poll", params={"after": after, "wait_seconds": 20}
            ).json()
            after = said["last_id"]
            if said["is_over"]:
                break
            if time.monotonic() > until:
                raise ServiceError(f"{job_id}: takes longer than {seconds:.0f} s", kind="timeout")
        job = self.job(job_id)
        if job.state != "succeeded":
            detail = (job.error or {}).get("detail", job.state)
            raise ServiceError(f"{job_id}: {detail}", kind=str((job.error or {}).get("type", job.state)))
        return job

    def report(self, job_ids: Sequence[str], *, seconds: float = 86_400) -> list[dict[str, Any]]:
        """How good several versions are, in this order; those that were not measured yet are. Raises ServiceError."""
        for job_id in job_ids:
            self.wait(_made(Job, self._asked("POST", f"/v1/jobs/{job_id}/report").json()).id, seconds=seconds)
        found: list[dict[str, Any]] = self._asked("GET", "/v1/quality", params={"job_id": list(job_ids)}).json()
        return found

    def report_page(self, job_ids: Sequence[str]) -> bytes:
        """The same as an HTML page with plots and stills; they have to be measured already."""
        return self._asked("GET", "/v1/quality/page", params={"job_id": list(job_ids)}).content

    def download(self, job_id: str, path: Path, *, overwrite: bool = False) -> Path:
        """The result of a job as a file, whole or not at all. Raises OutputExists, ServiceError."""
        if path.exists() and not overwrite:
            raise OutputExists(f"{path}: is there already; choose another name or allow overwriting")
        unfinished = temporary_beside(path)
        try:
            with self._http.stream("GET", f"/v1/jobs/{job_id}/output") as answer, unfinished.open("wb") as file:
                if answer.status_code != 200:
                    answer.read()
                    raise _error_of(answer)
                for piece in answer.iter_bytes(_PIECE_BYTES):
                    file.write(piece)
            unfinished.replace(path)
        except httpx.HTTPError as error:
            raise ServiceError(f"the line broke ({type(error).__name__}); download it again") from None
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        return path

    def pages(self, path: str, **where: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list."""
        cursor: str | None = None
        while True:
            said = self._asked("GET", path, params={**where, **({"cursor": cursor} if cursor else {})}).json()
            yield from said["items"]
            cursor = said["next"]
            if cursor is None:
                return

    def _sent(self, place: str, path: Path, size: int, progress: Callable[[int, int], None] | None) -> str:
        offset, failures = 0, 0
        with path.open("rb") as file:
            while True:
                file.seek(offset)
                headers = {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
                try:
                    answer = self._http.patch(place, content=file.read(_PIECE_BYTES), headers=headers)
                except httpx.HTTPError:
                    failures += 1
                    if failures > _TRIES:
                        raise ServiceError(f"{path}: the line breaks again and again; send it later") from None
                    time.sleep(min(0.2 * 2**failures, 5.0))
                    offset = int(self._asked("HEAD", place).headers["upload-offset"])
                    continue
                if answer.status_code != 204:
                    raise _error_of(answer)
                offset, failures = int(answer.headers["upload-offset"]), 0
                if progress is not None:
                    progress(offset, size)
                if "x-asset-id" in answer.headers:
                    return str(answer.headers["x-asset-id"])

    def _stream(self, job_id: str, after: int) -> Iterator[Event | None]:
        """Events of one connection; None at the end of the job."""
        headers = {"last-event-id": str(after)} if after else {}
        timeout = httpx.Timeout(60, read=45)
        with self._http.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                answer.read()
                raise _error_of(answer)
            kind = ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "end":
                    yield None
                elif name == "data":
                    yield _made(Event, json.loads(value))
        raise httpx.ReadError("the stream ended before the job")

    def _asked(self, method: str, path: str, **more: Any) -> httpx.Response:
        for tried in range(_TRIES):
            try:
                answer = self._http.request(method, path, **more)
            except httpx.ConnectError as error:
                if tried == _TRIES - 1:
                    raise ServiceError(
                        f"the service does not answer ({error}); is `facefusion serve` running?"
                    ) from None
            except httpx.HTTPError as error:
                raise ServiceError(f"the service does not answer ({type(error).__name__})") from None
            else:
                if answer.status_code != 503 or tried == _TRIES - 1:
                    if answer.is_error:
                        raise _error_of(answer)
                    return answer
            time.sleep(0.2 * 2**tried)
        raise AssertionError("not reached")


def _made(kind: type[Any], said: Mapping[str, Any]) -> Any:
    return kind(**{name: said[name] for name in kind.__dataclass_fields__ if name in said})


def _error_of(answer: httpx.Response) -> FaceFusionError:
    try:
        said = answer.json()
        kind, detail = str(said["type"]).rpartition(":")[2], str(said["detail"])
    except (ValueError, KeyError, TypeError):
        kind, detail = "unavailable", f"the service answered {answer.status_code}"
    if kind == "refused-by-policy":
        return RefusedByPolicy(detail)
    return ServiceError(detail, kind=kind, status=answer.status_code)
