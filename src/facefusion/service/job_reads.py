"""How a job stands: the question that is asked more often than all others together, answered on a short way.

The answer is that of the route `GET /v1/jobs/{job_id}`, which is made by the same function, and the same checks are
made. What is saved is the way there: one thread is asked once, where the framework asks one for every step.
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from facefusion.jobs.database import Unreachable
from facefusion.service.access import Caller
from facefusion.service.identity import caller_of
from facefusion.service.paging import etag
from facefusion.service.problems import Problem, unreachable
from facefusion.service.showing import job_detail
from facefusion.service.state import State

_THREADS: Final = 8
"""Few: more would only take turns at the interpreter, and each answer would be late."""


@dataclass(frozen=True, slots=True)
class _Route:
    """What is counted under the name of the route."""

    path: str


_ROUTE: Final = _Route("/v1/jobs/{job_id}")
_PATH: Final = re.compile(r"/v1/jobs/(job_[0-9a-f]{28})")


def job_answer(server: State, caller: Caller, job_id: str) -> Response:
    """A job with its segments and artifacts, as JSON. Raises Problem where it is not theirs, or there is none."""
    with server.database.looking() as connection:
        shown = job_detail(connection, job_id)
    what = f"job {job_id[:50]}"
    if shown is None:
        raise Problem("not-found", f"{what}: there is none of this name; check the id")
    caller.check("job.read", shown["project_id"], what=what)
    content = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, media_type="application/json", headers={"etag": etag(job_id, shown["version"])})


class JobReads:
    """Takes these questions before the framework sees them; everything else is passed on."""

    def __init__(self, app: ASGIApp, server: State) -> None:
        self._app, self._server = app, server
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="job-reads")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._answered, Request(scope), found[1])
        await answer(scope, receive, send)

    def _answered(self, request: Request, job_id: str) -> Response:
        try:
            return job_answer(self._server, caller_of(request, self._server), job_id)
        except Problem as problem:
            return problem.answer()
        except Unreachable:
            return unreachable().answer()
