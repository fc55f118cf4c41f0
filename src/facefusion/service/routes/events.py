"""What happens, as it happens: server-sent events, long poll, and pages of the past."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from facefusion.jobs.database import Unreachable
from facefusion.jobs.events import events_after, newest_event_id
from facefusion.jobs.states import ENDED
from facefusion.jobs.tables import Event, Job
from facefusion.service.feed import told
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who, caller_of
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import EventOut
from facefusion.service.state import Server, State

router = APIRouter(tags=["events"])
_QUIET_SECONDS: Final = 15.0
_MOST: Final = 500
_STREAM: Final = {200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {
    "type": "string"}}}}, **responses()}  # fmt: skip
LastEventId = Annotated[str | None, Header(max_length=20, pattern=r"^\d*$")]

After = Annotated[Annotated[int, Field(ge=0, le=1 << 60)] | Literal["newest"], Query(union_mode="left_to_right")]


class Events(BaseModel):
    """Events in order. last_id: what to ask with next; is_over: the job has ended and nothing follows."""

    items: list[EventOut]
    last_id: int
    is_over: bool = False


@router.get("/jobs/{job_id}/events", response_class=StreamingResponse, responses=_STREAM)
async def stream_job(
    caller: Who, server: Server, request: Request, job_id: str, last_event_id: LastEventId = None,
    after: Annotated[int, Query(ge=0, le=1 << 60)] = 0,
) -> StreamingResponse:  # fmt: skip
    """The events of a job from `Last-Event-ID` on; the stream ends with the job."""
    await run_in_threadpool(_check_job, server, caller, job_id)
    begin = int(last_event_id) if last_event_id else after
    return _streamed(_events(server, request, begin, job_id=job_id))


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
async def stream_project(
    caller: Who, server: Server, request: Request, project_id: str, last_event_id: LastEventId = None,
    after: After = 0,
) -> StreamingResponse:  # fmt: skip
    """The events of all jobs of a project from `Last-Event-ID` on; the stream does not end. after=newest: from now."""
    await run_in_threadpool(_check_project, server, caller, project_id)
    if not last_event_id and after == "newest":
        after = await run_in_threadpool(_newest, server)
    begin = int(last_event_id or after)
    return _streamed(_events(server, request, begin, project_id=project_id))


@router.get("/jobs/{job_id}/events/poll", responses=responses())
async def poll_job(
    caller: Who, server: Server, job_id: str, after: Annotated[int, Query(ge=0, le=1 << 60)] = 0,
    wait_seconds: Annotated[float, Query(ge=0, le=60)] = 25,
) -> Events:  # fmt: skip
    """The same by long poll: answers as soon as there is something after `after`, or when the time is over."""
    await run_in_threadpool(_check_job, server, caller, job_id)
    until, seen = time.monotonic() + wait_seconds, after
    while True:
        rows, seen, is_over = await run_in_threadpool(_read, server, seen, job_id, "")
        left = until - time.monotonic()
        if rows or is_over or left <= 0 or server.feed.is_stopped:
            last = rows[-1].id if rows else after
            return Events(items=[EventOut.model_validate(row) for row in rows], last_id=last, is_over=is_over)
        await server.feed.wait(job_id, seen, min(left, _QUIET_SECONDS))


def _streamed(events: AsyncIterator[str]) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    server: State, request: Request, after: int, *, job_id: str = "", project_id: str = ""
) -> AsyncIterator[str]:
    """What the feed has kept, as far as that reaches back; else, and where a job may have ended, what is stored."""
    yield "retry: 1000\n\n"
    of, last, is_sure, is_over = job_id or project_id, after, False, False
    checked = time.monotonic()
    while not server.feed.is_stopped:
        news = server.feed.since(after, of) if is_sure else None
        if news is not None:
            is_sure = not (job_id and any(one.may_end for one in news))
        else:
            try:
                rows, after, is_over = await run_in_threadpool(_read, server, after, job_id, project_id)
            except Unreachable:
                await asyncio.sleep(1.0)
                continue
            news, is_sure = [told(row) for row in rows], True
        if news:
            yield "".join(one.text for one in news)
            last = news[-1].id
            after = max(after, last)
        if is_over:
            yield f"id: {last}\nevent: end\ndata: {{}}\n\n"
            return
        if not news and not await server.feed.wait(of, after, _QUIET_SECONDS):
            yield ": still here\n\n"
            is_sure = False
        if time.monotonic() - checked >= _QUIET_SECONDS:
            if not await run_in_threadpool(_still_may, server, request, job_id, project_id):
                return
            checked = time.monotonic()


def _still_may(server: State, request: Request, job_id: str, project_id: str) -> bool:
    """Whether whoever listens would be let in now: a key may have been revoked since."""
    try:
        caller = caller_of(request, server)
        if job_id:
            _check_job(server, caller, job_id)
        else:
            _check_project(server, caller, project_id)
    except Unreachable:
        return True
    except Problem as problem:
        return problem.kind == "too-many-requests"
    return True


def _read(server: State, after: int, job_id: str, project_id: str) -> tuple[Sequence[Event], int, bool]:
    """What follows `after`, the id up to which nothing else does, and whether nothing ever will."""
    begins_after = server.feed.begins_after
    with server.database.reading() as records:
        job = records.get(Job, job_id) if job_id else None
        has_ended = bool(job_id) and (job is None or job.state in ENDED)
        newest = newest_event_id(records)
        rows = events_after(records, after, job_id=job_id, project_id=project_id, limit=_MOST)
    is_whole = len(rows) < _MOST
    last = rows[-1].id if rows else after
    return rows, max(last, newest, begins_after) if is_whole else last, has_ended and is_whole


def _newest(server: State) -> int:
    with server.database.reading() as records:
        return newest_event_id(records)


def _check_job(server: State, caller: Who, job_id: str) -> None:
    with server.database.reading() as records:
        found(records, caller, "job.read", Job, job_id)


def _check_project(server: State, caller: Who, project_id: str) -> None:
    with server.database.reading() as records:
        project_of(records, caller, "job.read", project_id)
