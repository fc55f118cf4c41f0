"""Artifacts: what jobs made."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from facefusion.jobs.tables import Artifact, Job
from facefusion.service.auditing import looked_at
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.paging import Cursor, Limit, Page, page_of
from facefusion.service.problems import Problem, responses
from facefusion.service.ranges import RANGED, served
from facefusion.service.schemas import ArtifactOut
from facefusion.service.state import Server

router = APIRouter(tags=["artifacts"])


@router.get("/artifacts", responses=responses())
def list_artifacts(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None,
    job_id: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[ArtifactOut]:  # fmt: skip
    """The artifacts of a project or of one job, the newest first."""
    where: dict[str, Any] = {name: value for name, value in (("job_id", job_id), ("kind", kind)) if value}
    with server.database.reading() as records:
        project_of(records, caller, "artifact.read", project_id)
        rows = records.page(Artifact, limit=limit + 1, after=cursor, project_id=project_id, **where)
        return page_of(rows, limit, ArtifactOut.model_validate)


@router.get("/artifacts/{artifact_id}", responses=responses())
def show_artifact(caller: Who, server: Server, artifact_id: str) -> ArtifactOut:
    """One artifact."""
    with server.database.reading() as records:
        return ArtifactOut.model_validate(found(records, caller, "artifact.read", Artifact, artifact_id))


@router.get("/artifacts/{artifact_id}/content", response_class=StreamingResponse, responses=RANGED)
def read_artifact(caller: Who, server: Server, artifact_id: str, request: Request) -> Response:
    """The bytes of an artifact; ranges are answered."""
    with server.database.reading() as records:
        artifact = found(records, caller, "artifact.read", Artifact, artifact_id)
    looked_at(server, caller, "artifact.read", artifact, is_part="range" in request.headers)
    if artifact.is_locked:
        raise Problem("locked", f"{artifact.name}: a permission that it rests on was taken back")
    return served(server.storage, request, artifact)


@router.get("/jobs/{job_id}/output", response_class=StreamingResponse, responses=RANGED)
def read_output(caller: Who, server: Server, job_id: str, request: Request) -> Response:
    """The result of a job that succeeded."""
    with server.database.reading() as records:
        job = found(records, caller, "artifact.read", Job, job_id)
        output = records.first(Artifact, job_id=job.id, kind="output")
    if output is None:
        raise Problem("not-found", f"{job_id}: is {job.state}, it has no output")
    return read_artifact(caller, server, output.id, request)
