"""What happened to jobs, in order; ids rise and none becomes seen after a later one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Event, Job


def tell(records: Records, job: Job, kind: str, /, **data: Any) -> None:
    """Write down one event of `job`. kind: state, progress, task, message, artifact, review."""
    records.in_order()
    records.add(Event(project_id=job.project_id, job_id=job.id, kind=kind, data=data, created=records.now()))


def events_after(
    records: Records, after: int, *, job_id: str = "", project_id: str = "", limit: int = 500
) -> Sequence[Event]:
    """Events with larger ids, in order."""
    query = select(Event).where(Event.id > after).order_by(Event.id).limit(limit)
    if job_id:
        query = query.where(Event.job_id == job_id)
    if project_id:
        query = query.where(Event.project_id == project_id)
    return records.session.scalars(query).all()


def newest_event_id(records: Records) -> int:
    """The id of the last event; 0 when there is none."""
    return int(records.session.scalar(select(func.max(Event.id))) or 0)
