"""Around every answer: it is counted, and carries the headers that keep a browser safe.

Plain ASGI: middleware on Starlette's base class runs every answer as a task of its own, which costs more than the
answer to a short question.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facefusion.service.metrics import REQUESTS, SECONDS

_CSP: Final = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": _CSP,
    }.items()
)
_NOT_KEPT: Final = ((b"cache-control", b"no-store"),)


class Measured:
    """Counts answers by route, and adds headers where the answer has none of that name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        added = _HEADERS + _NOT_KEPT if scope["path"].startswith("/v1") else _HEADERS

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with(message.get("headers", ()), added)
                _count(scope, message["status"], time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, sent)


def _with(headers: Iterable[tuple[bytes, bytes]], added: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return given + [one for one in added if one[0] not in names]


def _count(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    SECONDS.labels(scope["method"], route).observe(seconds)
