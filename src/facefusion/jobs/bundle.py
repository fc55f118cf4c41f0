"""Everything that a worker needs to know of a task, read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from facefusion.errors import RefusedByPolicy
from facefusion.jobs.database import Database
from facefusion.jobs.queue import Lease
from facefusion.jobs.records import Records
from facefusion.jobs.request import RenderRequest
from facefusion.jobs.tables import Artifact, Asset, Consent, Job, PermissionCase, Project, Task


@dataclass(frozen=True, slots=True)
class Material:
    """A file that a job reads."""

    name: str
    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """One task with its job.

    server: the keys of the plan that the server says. segments: (start, stop) and results of the finished ones, in
    order. parents: results of segments of the version before. consents: the project's records and their sealed keys.
    """

    lease: Lease
    project_id: str
    kind: str
    place: int
    start: int
    stop: int
    said: Mapping[str, Any]
    created: datetime
    analysis_key: str
    request_key: str
    server: Mapping[str, Any]
    materials: Mapping[str, Material]
    segments: Sequence[Mapping[str, Any]]
    parents: Sequence[Mapping[str, Any]]
    consents: Sequence[tuple[Mapping[str, Any], str]]

    @property
    def request(self) -> RenderRequest:
        """What was asked for."""
        return RenderRequest.of(self.said)


def bundle_of(database: Database, lease: Lease) -> Bundle | None:
    """What there is to know of a lent task; None when its job has gone."""
    with database.reading() as records:
        job, task = records.get(Job, lease.job_id), records.get(Task, lease.task_id)
        project = records.get(Project, job.project_id) if job is not None else None
        if job is None or task is None or project is None:
            return None
        return Bundle(
            lease=lease,
            project_id=project.id,
            kind=task.kind,
            place=task.place,
            start=task.start,
            stop=task.stop,
            said=job.request,
            created=datetime.fromtimestamp(int(job.marked), UTC),
            analysis_key=job.analysis_key,
            request_key=job.request_key,
            server=_server_says(records, job, project),
            materials=_materials(records, job),
            segments=_results(records, job.id),
            parents=_results(records, job.parent_id) if job.parent_id else (),
            consents=[(one.record, one.template_key) for one in records.all(Consent, project_id=project.id)],
        )


def _server_says(records: Records, job: Job, project: Project) -> dict[str, Any]:
    said: dict[str, Any] = {"policy": project.policy, "overwrite": True, "keep-work": "unfinished"}
    case = records.get(PermissionCase, job.permission_id) if job.permission_id else None
    if case is not None:
        if case.state != "approved" or (case.expires is not None and case.expires < records.now()):
            raise RefusedByPolicy(f"permission {case.id}: is {case.state}, not approved or not any more")
        said |= {"use": case.use, "production": case.production, "territory": case.territory}
        said["omit-visible-label"] = bool(case.without_label and job.request.get("without_label"))
        consent = records.get(Consent, case.consent_id) if case.consent_id else None
        if consent is not None:
            said["consent"] = [consent.record_id]
    return said


def _materials(records: Records, job: Job) -> dict[str, Material]:
    found: dict[str, Material] = {}
    names: set[str] = set()
    for asset_id in RenderRequest.of(job.request).asset_ids():
        asset = records.get(Asset, asset_id)
        if asset is not None:
            name = asset.name if asset.name not in names else f"{asset.id[-6:]}-{asset.name}"
            names.add(name)
            found[asset_id] = Material(name, asset.key, asset.sha256)
    for name in ("output", "against"):
        artifact = records.get(Artifact, job.request.get(name) or "")
        if artifact is not None:
            found[artifact.id] = Material(f"{name}-{artifact.name}", artifact.key, artifact.sha256)
    return found


def _results(records: Records, job_id: str) -> list[dict[str, Any]]:
    tasks = sorted(records.all(Task, job_id=job_id, kind="segment", state="done"), key=lambda task: task.place)
    return [{"start": task.start, "stop": task.stop, **task.result} for task in tasks]
