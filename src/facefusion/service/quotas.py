"""What a project may use: its own quotas, else the server's limits. 0 is no limit."""

from __future__ import annotations

from typing import Any

from facefusion.jobs.records import Records
from facefusion.jobs.states import ENDED
from facefusion.jobs.tables import Artifact, Asset, Job, Project, Upload
from facefusion.service.problems import Problem
from facefusion.service.settings import Limits


def quota_of(project: Project, limits: Limits, name: str) -> int:
    """One limit of a project."""
    return int(project.quotas.get(name, getattr(limits, name)))


def promised_bytes(records: Records, **where: Any) -> int:
    """What uploads that have begun may still bring."""
    return records.total(Upload.size - Upload.offset, asset_id=None, **where)


def check_storage(records: Records, project: Project, limits: Limits, size: int, *, is_one_file: bool = True) -> None:
    """Raise Problem when `size` more bytes are more than the project may keep."""
    if is_one_file and (most := quota_of(project, limits, "asset_bytes")) and size > most:
        raise Problem("too-large", f"the file has {size} bytes, at most {most} are taken")
    if not (most := quota_of(project, limits, "storage_bytes")):
        return
    used = records.total(Asset.size, project_id=project.id) + records.total(Artifact.size, project_id=project.id)
    if used + size > most:
        raise Problem("quota", f"the project keeps {used} of {most} bytes; delete what is not needed")


def check_jobs(records: Records, project: Project, limits: Limits) -> None:
    """Raise Problem when the project may have no further job."""
    if most := quota_of(project, limits, "open_jobs"):
        open_ = records.count(Job, Job.state.not_in(ENDED), project_id=project.id)
        if open_ >= most:
            raise Problem("quota", f"the project has {open_} open jobs, at most {most} are taken; wait for some to end")
    if most := quota_of(project, limits, "render_minutes"):
        used = records.worked_seconds(project.id, ("render", "preview")) / 60
        if used >= most:
            raise Problem("quota", f"the project has used {used:.0f} of {most} minutes; ask an administrator for more")
