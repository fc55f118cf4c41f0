"""Jobs as they are answered."""

from __future__ import annotations

import time
from typing import Any, Final

from facefusion.jobs.database import Connection
from facefusion.jobs.looking import job_rows
from facefusion.jobs.queue import progress_of
from facefusion.jobs.tables import Job
from facefusion.service.schemas import ArtifactOut, JobOut, TaskOut

_SHOWN: Final = (
    *("id", "project_id", "kind", "name", "state", "is_paused", "paused_why", "priority", "created", "created_by"),
    *("started", "ended", "depends_on", "parent_id", "about", "permission_id", "request", "version"),
)
_TASK: Final = tuple(name for name in TaskOut.model_fields if name != "kept")


def job_out(job: Job, *, verdict: str | None = None) -> JobOut:
    """A job in a list."""
    return JobOut(**_said(job), verdict=verdict)


def job_detail(connection: Connection, job_id: str) -> dict[str, Any] | None:
    """A job with its pieces and its files, as `JobDetail` says it; None where there is none."""
    job, tasks, artifacts = job_rows(connection, job_id)
    if job is None:
        return None
    return {
        **_said(job),
        "verdict": job.verdict,
        "segments": [_task(task) for task in tasks],
        "artifacts": [{name: getattr(one, name) for name in ArtifactOut.model_fields} for one in artifacts],
    }


def _task(row: Any) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _TASK}, "kept": bool(row.result.get("kept"))}


def _said(job: Any) -> dict[str, Any]:
    said = {name: getattr(job, name) for name in _SHOWN}
    progress = progress_of(job, now=job.ended or time.time())
    return {**said, "progress": progress, "error": job.error or None, "report": job.report or None}
