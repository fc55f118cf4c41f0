"""How good a result is, and several versions side by side."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Artifact, Job
from facefusion.pipeline.comparing import Comparison
from facefusion.pipeline.comparison_page import html_page
from facefusion.service.access import Caller
from facefusion.service.auditing import note
from facefusion.service.finding import found
from facefusion.service.identity import Who
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import Id, JobOut
from facefusion.service.side_jobs import newest_about, of_output
from facefusion.service.state import Server, State

router = APIRouter(tags=["quality"])
_MOST = 6
Versions = Annotated[list[Id], Query(min_length=1, max_length=_MOST)]
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "x-content-type-options": "nosniff",
}


class VersionQuality(BaseModel):
    """means: of every measure; flags: ranges of frames past a limit; dropped: frames that lost their face."""

    job_id: str
    name: str
    num_frames: int
    means: dict[str, float | None]
    flags: list[dict[str, Any]]
    dropped: list[int]
    marks: str


@router.post("/jobs/{job_id}/report", status_code=202, responses=responses("locked", "quota", "disk-full", "conflict"))
def make_report(caller: Who, server: Server, job_id: str) -> JobOut:
    """Measure a job's output against its target now; every finished render is measured when nothing else waits."""
    return of_output(server, caller, job_id, "report")


@router.get("/jobs/{job_id}/quality", responses=responses("locked"))
def show_quality(caller: Who, server: Server, job_id: str) -> dict[str, Any]:
    """The measures of a job's output, frame by frame, with flags."""
    said = _measured(server, caller, [job_id])[0][1]
    return {name: value for name, value in said.items() if name != "stills"}


@router.get("/quality", responses=responses("locked"))
def compare_quality(caller: Who, server: Server, job_id: Versions) -> list[VersionQuality]:
    """Several versions side by side, in the order that was asked for."""
    return [_version(job, said) for job, said in _measured(server, caller, job_id)]


@router.get(
    "/quality/page",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "A page that needs nothing else"},
               **responses("locked")},
)  # fmt: skip
def compare_page(caller: Who, server: Server, job_id: Versions) -> Response:
    """The same as a page with plots and stills, for whoever decides which version it is."""
    found = [_named(job, said) for job, said in _measured(server, caller, job_id)]
    return Response(html_page(found), media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)


def _named(job: Job, said: dict[str, Any]) -> Comparison:
    """Versions of one target have outputs of one name: the job's own name or id tells them apart."""
    return Comparison.of({**said, "output": job.name or job.id})


def _version(job: Job, said: dict[str, Any]) -> VersionQuality:
    return VersionQuality(
        job_id=job.id, name=job.name, num_frames=said["num_frames"], means=said["means"], flags=said["flags"],
        dropped=said["dropped"], marks=str(said["marks"].get("verdict", "unknown")),
    )  # fmt: skip


def _measured(server: State, caller: Caller, job_ids: list[str]) -> list[tuple[Job, dict[str, Any]]]:
    with server.database.writing() as records:
        tables = [_table(records, caller, job_id) for job_id in dict.fromkeys(job_ids)]
    return [(job, json.loads(b"".join(server.storage.pieces(table.key)))) for job, table in tables]


def _table(records: Records, caller: Caller, job_id: str) -> tuple[Job, Artifact]:
    job = found(records, caller, "job.read", Job, job_id)
    table = records.first(Artifact, job_id=job.id, kind="quality")
    if table is None:
        report = newest_about(records, "report", job.id)
        state = "was not asked for" if report is None else f"is {report.state}"
        raise Problem("not-found", f"{job_id}: its report {state}; ask with POST /v1/jobs/{job_id}/report")
    if table.is_locked:
        raise Problem("locked", f"{job_id}: a permission that it rests on was taken back")
    note(records, caller, "quality.read", project_id=job.project_id, thing=job.id)
    return job, table
