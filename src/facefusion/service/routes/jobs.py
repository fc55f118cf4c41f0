"""Jobs: asked for, watched, steered."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from facefusion.jobs import states
from facefusion.jobs.events import tell
from facefusion.jobs.records import Records
from facefusion.jobs.tables import Idempotency, Job
from facefusion.service.access import Caller
from facefusion.service.auditing import looked_at, note
from facefusion.service.estimates import estimated
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.job_reads import job_answer
from facefusion.service.locking import is_locked
from facefusion.service.paging import Cursor, Limit, Page, check_unchanged, page_of, tagged
from facefusion.service.problems import Problem, responses
from facefusion.service.removing import removed
from facefusion.service.schemas import EstimateOut, JobDetail, JobIn, JobKind, JobOut, JobState, Taken
from facefusion.service.showing import job_out
from facefusion.service.state import Server
from facefusion.service.submitting import body_digest, check_still_allowed, checked_plan, known_answer, submitted

router = APIRouter(tags=["jobs"])
_CONTROLS = responses("conflict", "changed")


@router.post(
    "/jobs",
    status_code=202,
    responses={200: {"description": "A dry run: what it would come to", "model": EstimateOut},
               **responses("in-flight", "key-reused", "refused-by-policy", "locked", "quota", "disk-full")},
)  # fmt: skip
def create_job(
    said: JobIn, caller: Who, server: Server, response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> JobOut:  # fmt: skip
    """Ask for a job. The same `Idempotency-Key` and body give the same job, however often they are sent."""
    server.check_room()
    body = body_digest(said.model_dump(mode="json"))
    with server.database.writing() as records:
        project = project_of(records, caller, "job.create", said.project_id)
        known = known_answer(records, caller, idempotency_key, body) if idempotency_key else None
        if known is not None:
            return _accepted(response, known)
        plan = checked_plan(records, project, said)
        if said.dry_run:
            answer = estimated(records, project, said, plan)
            return JSONResponse(answer.model_dump(mode="json"), 200)  # type: ignore[return-value]
        more = {"report": server.settings.reports}
        job = submitted(records, caller, project, said, server.settings.limits, more=more)
        if idempotency_key:
            records.add(Idempotency(who=caller.name, key=idempotency_key, body=body, job_id=job.id))
    return _accepted(response, job)


def _accepted(response: Response, job: Job) -> JobOut:
    response.headers["location"] = f"/v1/jobs/{job.id}"
    tagged(response, job)
    return job_out(job)


@router.get("/jobs", responses=responses())
def list_jobs(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None,
    state: Annotated[list[JobState] | None, Query()] = None, kind: JobKind | None = None,
    parent_id: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[JobOut]:  # fmt: skip
    """The jobs of a project, the newest first."""
    where: dict[str, Any] = {"kind": kind} if kind else {}
    where |= {"parent_id": parent_id} if parent_id else {}
    with server.database.reading() as records:
        project_of(records, caller, "job.read", project_id)
        among = ("state", state) if state else None
        rows = records.page(Job, limit=limit + 1, after=cursor, among=among, project_id=project_id, **where)
        return page_of(rows, limit, job_out)


@router.get("/jobs/{job_id}", responses={304: {"description": "Nothing has changed"}, **responses()})
def show_job(caller: Who, server: Server, job_id: str) -> JobDetail:
    """One job with its segments and artifacts."""
    return job_answer(server, caller, job_id)  # type: ignore[return-value]


@router.post("/jobs/{job_id}/cancel", responses=_CONTROLS)
def cancel_job(caller: Who, server: Server, job_id: str, request: Request) -> JobOut:
    """End a job. One that has ended stays as it is."""
    with server.database.writing() as records:
        job = _steered(records, caller, job_id, request, "cancel")
        if job.state not in states.ENDED:
            states.cancel(records, job)
    return job_out(job)


@router.post("/jobs/{job_id}/pause", responses=_CONTROLS)
def pause_job(caller: Who, server: Server, job_id: str, request: Request) -> JobOut:
    """Hold a job: what is being rendered is given up, what is finished stays."""
    with server.database.writing() as records:
        job = _steered(records, caller, job_id, request, "pause")
        _check_open(job)
        _set_paused(records, job, is_paused=True)
    return job_out(job)


@router.post("/jobs/{job_id}/resume", responses=responses("conflict", "changed", "disk-full"))
def resume_job(caller: Who, server: Server, job_id: str, request: Request) -> JobOut:
    """Go on with a job that was paused."""
    server.check_room()
    with server.database.writing() as records:
        job = _steered(records, caller, job_id, request, "resume")
        _check_open(job)
        _set_paused(records, job, is_paused=False)
    return job_out(job)


def _set_paused(records: Records, job: Job, *, is_paused: bool) -> None:
    if job.is_paused == is_paused:
        return
    job.is_paused, job.paused_why = is_paused, ""
    job.version += 1
    tell(records, job, "state", state=job.state, paused=is_paused)


@router.post(
    "/jobs/{job_id}/retry",
    responses=responses("conflict", "changed", "refused-by-policy", "locked", "invalid-input", "disk-full"),
)
def retry_job(caller: Who, server: Server, job_id: str, request: Request) -> JobOut:
    """Begin again where a job failed or was cancelled; finished segments are kept."""
    server.check_room()
    with server.database.writing() as records:
        job = _steered(records, caller, job_id, request, "retry")
        if job.state not in ("failed", "cancelled"):
            raise Problem("conflict", f"{job.id}: is {job.state}; only what failed or was cancelled can be retried")
        check_still_allowed(records, project_of(records, caller, "job.control", job.project_id), job)
        states.retry(records, job)
    return job_out(job)


class JobChange(Taken):
    priority: Annotated[int | None, Query(ge=-100, le=100)] = None
    name: str | None = None


@router.patch("/jobs/{job_id}", responses=_CONTROLS)
def change_job(said: JobChange, caller: Who, server: Server, job_id: str, request: Request) -> JobOut:
    """Change a job's priority or name."""
    with server.database.writing() as records:
        job = _steered(records, caller, job_id, request, "change")
        job.priority = job.priority if said.priority is None else said.priority
        job.name = job.name if said.name is None else said.name[:200]
        job.version += 1
    return job_out(job)


@router.delete("/jobs/{job_id}", status_code=204, responses=responses("conflict"))
def delete_job(caller: Who, server: Server, job_id: str) -> None:
    """Remove a job and its files; one that runs is cancelled first."""
    with server.database.writing() as records:
        job = found(records, caller, "job.delete", Job, job_id, locked=True)
        if records.first(Job, parent_id=job.id) is not None:
            raise Problem("conflict", f"{job.id}: a later version keeps some of its segments; delete that one first")
        note(records, caller, "job.delete", project_id=job.project_id, thing=job.id)
        keys = removed(records, job)
    for key in keys:
        server.storage.remove(key)


def _steered(records: Records, caller: Caller, job_id: str, request: Request, what: str) -> Job:
    job = found(records, caller, "job.control", Job, job_id, locked=True)
    check_unchanged(request, job)
    note(records, caller, f"job.{what}", project_id=job.project_id, thing=job.id)
    return job


def _check_open(job: Job) -> None:
    if job.state in states.ENDED:
        raise Problem("conflict", f"{job.id}: has {job.state}; retry it, or make another one")


@router.get(
    "/jobs/{job_id}/newest-frame",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The newest finished frame"}, **responses("locked")},
)
def newest_frame(caller: Who, server: Server, job_id: str) -> Response:
    """A small picture of the newest finished frame, marked like the result."""
    with server.database.reading() as records:
        job = found(records, caller, "job.read", Job, job_id)
        is_shut = is_locked(records, job)
    if is_shut:
        raise Problem("locked", f"{job_id}: a permission that it rests on was taken back")
    if not job.newest_key:
        raise Problem("not-found", f"{job_id}: there is no finished frame yet")
    looked_at(server, caller, "newest-frame.read", job, is_part=True)
    data = b"".join(server.storage.pieces(job.newest_key))
    return Response(data, media_type="image/jpeg", headers={"cache-control": "no-store"})
