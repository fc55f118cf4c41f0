"""Files over HTTP: whole or in part (RFC 9110), so that browsers can seek."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from facefusion.jobs.storage import Storage
from facefusion.jobs.tables import Artifact, Asset
from facefusion.service.problems import Problem, responses

_RANGE: Final = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")
_INLINE: Final = ("image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4", "video/webm")
RANGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "A part of it", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "The file is the one that the caller has"},
    **responses("range", "locked"),
}


def served(storage: Storage, request: Request, file: Asset | Artifact) -> Response:
    """The answer to a request for a stored file. Raises Problem for a range that is not there."""
    etag = f'"{file.sha256}"'
    headers = {
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": "private, no-cache",
        "content-disposition": _disposition(file),
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", etag) != etag:
        headers["content-length"] = str(file.size)
        body = _begun(storage.pieces(file.key)) if file.size else iter((b"",))
        return StreamingResponse(body, 200, headers, media_type=file.media_type)
    start, stop = _part(wanted, file.size)
    headers |= {"content-length": str(stop - start), "content-range": f"bytes {start}-{stop - 1}/{file.size}"}
    body = _begun(storage.pieces(file.key, start=start, stop=stop))
    return StreamingResponse(body, 206, headers, media_type=file.media_type)


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, with the first piece read, so that a storage that is away is no file that breaks off."""
    first = next(pieces, b"")
    return chain((first,), pieces)


def _part(wanted: str, size: int) -> tuple[int, int]:
    match = _RANGE.match(wanted.strip())
    if match is None or match[1] == match[2] == "":
        raise _unsatisfiable(size, "supported is one range like bytes=0-1023")
    if match[1] == "":
        start, stop = max(0, size - int(match[2])), size
    else:
        start, stop = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
    if start >= stop:
        raise _unsatisfiable(size, f"the file has {size} bytes")
    return start, stop


def _unsatisfiable(size: int, why: str) -> Problem:
    return Problem("range", f"range: {why}", headers={"content-range": f"bytes */{size}"})


def _disposition(file: Asset | Artifact) -> str:
    kind = "inline" if file.media_type in _INLINE else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(file.name, safe='')}"
