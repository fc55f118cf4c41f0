"""Whether the server lives and can work, and its numbers."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from facefusion import __version__
from facefusion.errors import FaceFusionError
from facefusion.service.identity import Who
from facefusion.service.metrics import exposed
from facefusion.service.problems import Problem, responses
from facefusion.service.state import Server

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str
    version: str


@router.get("/livez")
def live() -> Health:
    """Whether the process answers."""
    return Health(status="ok", version=__version__)


@router.get("/readyz", responses={503: responses()[503]})
def ready(server: Server) -> Health:
    """Whether database and storage answer, and there is room for work."""
    if server.stopping.is_set():
        raise Problem("unavailable", "the server is stopping")
    if not server.database.is_there():
        raise Problem("unavailable", "the database does not answer")
    try:
        server.storage.check()
        server.check_room()
    except FaceFusionError:
        raise Problem("unavailable", "the storage does not answer, or has no room") from None
    return Health(status="ok", version=__version__)


@router.get("/metrics", response_class=PlainTextResponse, responses=responses())
def metrics(caller: Who, server: Server) -> Response:
    """Numbers for Prometheus; for administrators of the server."""
    caller.check_server("worker.read")
    data, media_type = exposed(server)
    return Response(data, media_type=media_type)
