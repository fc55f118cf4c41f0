"""The built web application: its files, and its first page for every address within it."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response

from facefusion.service.problems import Problem

FOLDER: Final = Path(__file__).parent / "static"
_NOT_PAGES: Final = ("v1", "assets", "livez", "readyz", "metrics")
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the application, plain and gzipped. Those under assets/ have a digest in their name."""

    plain: bytes
    packed: bytes
    media_type: str
    cache_control: str


@cache
def files() -> dict[str, File]:
    """Every file by its address without the leading slash; empty where the application was not built."""
    paths = (path for path in sorted(FOLDER.rglob("*")) if path.is_file() and path.name != "build.json")
    return {path.relative_to(FOLDER).as_posix(): _file(path) for path in paths}


def _file(path: Path) -> File:
    plain = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    is_named_by_digest = path.parent.name == "assets"
    kept = _FOR_EVER if is_named_by_digest else "no-cache"
    return File(plain, gzip.compress(plain, mtime=0), kind or "application/octet-stream", kept)


def install(app: FastAPI) -> None:
    """Serve the application beside the API. Call it after all other routes: it takes what they leave.

    The files are read and packed now, so that nobody waits for that at the first page.
    """
    files()

    @app.get("/{path:path}", include_in_schema=False)
    def show(path: str, request: Request) -> Response:
        found = files().get(path)
        if found is None and path.partition("/")[0] not in _NOT_PAGES:
            found = files().get("index.html")
        if found is None:
            raise Problem("not-found", f"/{path[:100]}: there is no such page; see /v1/openapi.json")
        headers = {"cache-control": found.cache_control, "vary": "accept-encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found.plain, media_type=found.media_type, headers=headers)
        headers["content-encoding"] = "gzip"
        return Response(found.packed, media_type=found.media_type, headers=headers)
