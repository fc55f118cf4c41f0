"""Jobs as they are answered."""

from __future__ import annotations

import time
from typing import Any, Final

from facefusion.jobs.queue import progress_of
from facefusion.jobs.records import Records
from facefusion.jobs.tables import Artifact, Job, Review, Task
from facefusion.service.schemas import ArtifactOut, JobDetail, JobOut, TaskOut

_SHOWN: Final = (
    *("id", "project_id", "kind", "name", "state", "is_paused", "paused_why", "priority", "created", "created_by"),
    *("started", "ended", "depends_on", "parent_id", "about", "permission_id", "request", "version"),
)


def job_out(job: Job, *, verdict: str | None = None) -> JobOut:
    """A job in a list."""
    return JobOut(**_said(job), verdict=verdict)


def job_detail(records: Records, job: Job) -> JobDetail:
    """A job with its pieces and its files."""
    tasks = sorted(records.all(Task, job_id=job.id), key=lambda task: (task.kind != "analyse", task.place))
    newest = records.page(Review, limit=1, job_id=job.id)
    return JobDetail(
        **_said(job),
        verdict=newest[0].verdict if newest else None,
        segments=[_task(task) for task in tasks],
        artifacts=[ArtifactOut.model_validate(one) for one in records.all(Artifact, job_id=job.id)],
    )


def _task(task: Task) -> TaskOut:
    shown = TaskOut.model_validate(task)
    return shown.model_copy(update={"kept": bool(task.result.get("kept"))})


def _said(job: Job) -> dict[str, Any]:
    said = {name: getattr(job, name) for name in _SHOWN}
    progress = progress_of(job, now=job.ended or time.time())
    return {**said, "progress": progress, "error": job.error or None, "report": job.report or None}
