"""Jobs about a thing that is there already: who is in it, a copy to play, how good it is. One for each thing."""

from __future__ import annotations

from typing import Any

from facefusion.jobs.records import Records
from facefusion.jobs.states import subject_of
from facefusion.jobs.tables import Job
from facefusion.service.access import Caller
from facefusion.service.finding import found, project_of
from facefusion.service.locking import is_locked
from facefusion.service.problems import Problem
from facefusion.service.schemas import JobIn, JobOut
from facefusion.service.showing import job_out
from facefusion.service.state import State
from facefusion.service.submitting import submitted

_SOON = 50


def of_output(server: State, caller: Caller, job_id: str, kind: str, *, whole: bool = False) -> JobOut:
    """A side job about a job's output; the same one when somebody asked before. Raises Problem.

    whole: it works with all that the job was asked for, under the job's permission.
    """
    server.check_room()
    with server.database.writing() as records:
        job = found(records, caller, "job.read", Job, job_id, locked=True)
        if is_locked(records, job):
            raise Problem("locked", f"{job_id}: a permission that it rests on was taken back")
        more = subject_of(records, job)
        if not more:
            raise Problem("conflict", f"{job_id}: is {job.state}; it has no output, or its target was deleted")
        permission_id = None
        if whole:
            more, permission_id = {**job.request, "output": more["output"]}, job.permission_id
        made = asked_about(server, records, caller, job.project_id, kind, job.id, more, permission_id=permission_id)
        return job_out(made)


def asked_about(
    server: State, records: Records, caller: Caller, project_id: str, kind: str, about: str, more: dict[str, Any],
    *, permission_id: str | None = None,
) -> Job:  # fmt: skip
    """The side job about a thing, which goes before ordinary work as somebody waits for it. Raises Problem."""
    known = newest_about(records, kind, about)
    if known is not None and known.state not in ("failed", "cancelled"):
        known.priority = max(known.priority, _SOON)
        return known
    project = project_of(records, caller, "job.read", project_id)
    plain = {"project_id": project_id, "target": more["target"], "priority": _SOON, "permission_id": permission_id}
    said = JobIn.model_validate(plain)
    return submitted(records, caller, project, said, server.settings.limits, kind=kind, more=more, about=about)


def newest_about(records: Records, kind: str, about: str) -> Job | None:
    """The newest side job of a kind about a thing."""
    return next(iter(records.page(Job, limit=1, kind=kind, about=about)), None)
