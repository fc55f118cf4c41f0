"""The life of a job: which pieces of work it is cut into, and what follows when one of them ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, update

from facefusion.jobs.events import tell
from facefusion.jobs.records import Records
from facefusion.jobs.request import RenderRequest
from facefusion.jobs.tables import Artifact, Asset, Job, Task

ENDED: Final = ("succeeded", "failed", "cancelled")
BACKGROUND: Final = -1000
"""The priority of what waits until nothing else is to be done."""
STATES: Final = ("queued", "analysing", "rendering", "delivering", *ENDED)
PHASE_OF: Final[Mapping[str, str]] = {
    "analyse": "analysing",
    "segment": "rendering",
    "whole": "rendering",
    "deliver": "delivering",
    "report": "delivering",
}
"""The state of a job while a task of that kind runs; other kinds render."""


def begin(records: Records, job: Job, *, first: str) -> None:
    """Store a new job with its first task, which waits where the job depends on another."""
    records.add(job)
    before = records.get(Job, job.depends_on) if job.depends_on else None
    waits = before is not None and before.state != "succeeded"
    records.add(Task(job_id=job.id, kind=first, state="waiting" if waits else "ready"))
    tell(records, job, "state", state=job.state)
    if before is not None and before.state in ("failed", "cancelled"):
        fail(records, job, _dependency_failed(before))


def move(records: Records, job: Job, state: str) -> None:
    """Let a job enter a state, and tell it."""
    if job.state == state or job.state in ENDED:
        return
    job.state = state
    job.version += 1
    if state in ENDED:
        job.ended = records.now()
        job.is_paused = False
    tell(records, job, "state", state=state, **({"error": job.error} if job.error else {}))
    if state in ENDED:
        _release_dependents(records, job)
    if state == "succeeded":
        _have_measured(records, job)


def fail(records: Records, job: Job, error: Mapping[str, Any]) -> None:
    """End a job with an error; its other tasks are called off. error: type, title, detail."""
    if job.state in ENDED:
        return
    job.error = dict(error)
    _call_off(records, job)
    move(records, job, "failed")


def cancel(records: Records, job: Job) -> None:
    """End a job by request; workers that are at it are told by their next heartbeat."""
    _call_off(records, job)
    move(records, job, "cancelled")


def retry(records: Records, job: Job) -> None:
    """Begin again where a job failed or was cancelled: tasks that are done stay done."""
    tasks = records.all(Task, job_id=job.id)
    for task in tasks:
        if task.state in ("failed", "cancelled"):
            task.state = "waiting" if task.kind == "deliver" else "ready"
            task.attempts = task.lost = 0
            task.not_before = task.lease_until = 0.0
            task.error, task.worker_id, task.token = "", None, None
    job.error, job.ended = {}, None
    job.state = "queued"
    job.version += 1
    tell(records, job, "state", state="queued")
    advance(records, job)


def finish(records: Records, job: Job, task: Task, result: Mapping[str, Any]) -> None:
    """Note what a task left behind, and go on. The caller holds the job."""
    stop_clock(records, task)
    task.state, task.result, task.ended = "done", dict(result), records.now()
    task.token = None
    if task.kind == "analyse":
        _cut(records, job, result)
    job.report = {**job.report, **result.get("report", {})}
    _keep_artifacts(records, job, result.get("artifacts", ()))
    tell(records, job, "task", task=task.id, kind=task.kind, state="done", place=task.place)
    advance(records, job)


def advance(records: Records, job: Job) -> None:
    """Make ready what can be done now, and end a job of which nothing is left."""
    if job.state in ENDED:
        return
    records.session.flush()
    states = list(records.session.execute(select(Task.kind, Task.state).where(Task.job_id == job.id)))
    open_kinds = {kind for kind, state in states if state != "done"}
    if not open_kinds:
        move(records, job, "succeeded")
    elif open_kinds == {"deliver"}:
        deliver = (Task.job_id == job.id, Task.kind == "deliver", Task.state == "waiting")
        records.session.execute(update(Task).where(*deliver).values(state="ready"))


def _cut(records: Records, job: Job, result: Mapping[str, Any]) -> None:
    """What follows an analysis: a task for every segment and one that joins them, or one for the whole."""
    job.analysis_key = result.get("analysis_key", "")
    job.request_key = result.get("request_key", "")
    job.frames_total = result.get("frames", 0)
    segments: Sequence[Sequence[int]] = result.get("segments", ())
    if not segments:
        records.add(Task(job_id=job.id, kind="whole", state="ready", stop=job.frames_total))
        return
    kept: Mapping[str, Any] = result.get("kept", {})
    for place, (start, stop) in enumerate(segments):
        known = kept.get(str(place))
        state = "ready" if known is None else "done"
        done = 0 if known is None else stop - start
        task = Task(job_id=job.id, kind="segment", place=place, start=start, stop=stop, state=state, frames_done=done)
        task.result = {} if known is None else dict(known)
        records.add(task)
    records.add(Task(job_id=job.id, kind="deliver", place=len(segments), state="waiting"))


def _keep_artifacts(records: Records, job: Job, artifacts: Sequence[Mapping[str, Any]]) -> None:
    """What a report says belongs to the job that it is about; all else to the job that made it."""
    owner = job
    if job.kind == "report" and job.about:
        owner = records.get(Job, job.about) or job
    for said in artifacts:
        artifact = records.add(Artifact(project_id=owner.project_id, job_id=owner.id, **said))
        tell(records, owner, "artifact", artifact=artifact.id, kind=artifact.kind, name=artifact.name)


def _have_measured(records: Records, job: Job) -> None:
    """Queue the report about a finished render, behind everything that somebody waits for."""
    if job.kind != "render" or not job.request.get("report"):
        return
    said = subject_of(records, job)
    if said and records.first(Job, kind="report", about=job.id) is None:
        report = Job(
            project_id=job.project_id, created_by=job.created_by, kind="report", state="queued", priority=BACKGROUND,
            request=said, about=job.id, marked=job.marked,
        )  # fmt: skip
        begin(records, report, first="report")


def subject_of(records: Records, job: Job) -> dict[str, Any]:
    """What a report or a proxy of a job's output reads; empty when there is no output, or no target any more."""
    output = records.first(Artifact, job_id=job.id, kind="output")
    if output is None or records.get(Asset, job.request.get("target", "")) is None:
        return {}
    sources = RenderRequest.of(job.request).likeness_ids()
    there = [one for one in sources if records.get(Asset, one) is not None]
    return {"target": job.request["target"], "output": output.id, "sources": there}


def stop_clock(records: Records, task: Task) -> None:
    """Add to a task's work time, at the end of somebody's work at it."""
    if task.lent is not None:
        task.seconds, task.lent = (task.seconds or 0.0) + max(0.0, records.now() - task.lent), None


def _call_off(records: Records, job: Job) -> None:
    for task in records.all(Task, job_id=job.id):
        if task.state not in ("done", "failed"):
            stop_clock(records, task)
            task.state, task.token, task.ended = "cancelled", None, records.now()


def _release_dependents(records: Records, job: Job) -> None:
    for dependent in records.all(Job, depends_on=job.id):
        if dependent.state in ENDED:
            continue
        if job.state != "succeeded":
            fail(records, dependent, _dependency_failed(job))
            continue
        waiting = (Task.job_id == dependent.id, Task.state == "waiting", Task.kind != "deliver")
        records.session.execute(update(Task).where(*waiting).values(state="ready"))


def _dependency_failed(job: Job) -> dict[str, Any]:
    return {
        "type": "dependency-failed",
        "title": "The job that this one waits for did not succeed",
        "detail": f"{job.id} ended as {job.state}; retry that one first",
    }
