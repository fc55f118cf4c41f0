"""Errors of the API: RFC 9457 problem details, each type listed in docs/guide/service.md."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from facefusion.errors import DiskFull, FaceFusionError, InvalidInput, RefusedByPolicy, UsageError
from facefusion.jobs.database import Unreachable
from facefusion.jobs.storage import StorageDown

log = logging.getLogger("facefusion.service")

TYPES: Final[Mapping[str, tuple[int, str]]] = {
    "bad-request": (422, "The request does not fit together"),
    "invalid-input": (422, "A file cannot be used"),
    "not-signed-in": (401, "Nobody is signed in"),
    "wrong-credentials": (401, "Name and password do not go together"),
    "locked-out": (429, "Too many wrong passwords"),
    "forbidden": (403, "Your role does not allow this"),
    "csrf": (403, "The request does not come from the application"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done to this"),
    "conflict": (409, "This does not go with the state it is in"),
    "in-flight": (409, "A request with this key is being answered"),
    "key-reused": (422, "This key belongs to another request"),
    "changed": (412, "It was changed by somebody else"),
    "gone": (410, "The upload has expired"),
    "too-large": (413, "The file is larger than allowed"),
    "unsupported-type": (415, "This kind of file is not taken"),
    "range": (416, "The file has no such bytes"),
    "locked": (423, "A permission was taken back"),
    "too-many-requests": (429, "Too many requests"),
    "quota": (429, "The project has used up what it may use"),
    "refused-by-policy": (403, "The rules of this project do not allow it"),
    "disk-full": (507, "The server's disk is full"),
    "unavailable": (503, "Something the server needs is away"),
    "unexpected": (500, "Something unexpected went wrong"),
}
MEDIA_TYPE: Final = "application/problem+json"


class Problem(Exception):
    """An answer that is an error. kind: of TYPES; detail: one line that says what would work."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.more = kind, detail, more
        self.status, self.title = TYPES[kind]
        self.headers = dict(headers or {})

    def answer(self) -> JSONResponse:
        """As it is sent."""
        said = {
            "type": f"urn:facefusion:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return JSONResponse({**said, **self.more}, self.status, headers=self.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of `app` be answered as a problem."""

    @app.exception_handler(Problem)
    async def _(request: Request, problem: Problem) -> JSONResponse:
        return problem.answer()

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [{"at": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
        first = f"{faults[0]['at']}: {faults[0]['what']}" if faults else "the request cannot be read"
        return Problem("bad-request", first, faults=faults).answer()

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> JSONResponse:
        kinds = {401: "not-signed-in", 403: "forbidden", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
        kind = kinds.get(error.status_code, "bad-request")
        return Problem(kind, str(error.detail), headers=error.headers).answer()

    @app.exception_handler(FaceFusionError)
    async def _(request: Request, error: FaceFusionError) -> JSONResponse:
        return problem_of(error).answer()

    @app.exception_handler(Unreachable)
    async def _(request: Request, error: Exception) -> JSONResponse:
        return unreachable().answer()

    @app.exception_handler(Exception)
    async def _(request: Request, error: Exception) -> JSONResponse:
        log.exception("unexpected")
        return Problem("unexpected", "look at the server's log, and report it").answer()


def unreachable() -> Problem:
    """The answer while the database is away."""
    log.warning("the database does not answer")
    return Problem("unavailable", "the database does not answer; ask again", headers={"retry-after": "5"})


def problem_of(error: FaceFusionError) -> Problem:
    """The problem that an error of the library is for whoever asked."""
    if isinstance(error, StorageDown):
        return Problem("unavailable", "the storage does not answer; ask again", headers={"retry-after": "5"})
    if isinstance(error, DiskFull):
        return Problem("disk-full", "the server's disk is full; ask its administrator")
    if isinstance(error, RefusedByPolicy):
        return Problem("refused-by-policy", str(error))
    if isinstance(error, UsageError):
        return Problem("bad-request", str(error))
    if isinstance(error, InvalidInput):
        return Problem("invalid-input", str(error))
    return Problem("unexpected", str(error))


def responses(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route for the OpenAPI document; those that every route has are among them."""
    every = ("bad-request", "not-signed-in", "forbidden", "not-found", "too-many-requests", "unavailable")
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[int | str, dict[str, Any]] = {}
    for kind in (*every, *kinds):
        status, title = TYPES[kind]
        known = found.get(status)
        found[status] = {"description": f"{known['description']}; {title}" if known else title, "content": schema}
    return found
