"""From what was sent to a stored job: checked against the project, its permissions and its rules."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from facefusion.errors import FaceFusionError, UsageError
from facefusion.jobs import states
from facefusion.jobs.edits import check as check_edit
from facefusion.jobs.records import Records
from facefusion.jobs.request import PERMISSION_KEYS, RenderRequest
from facefusion.jobs.tables import Artifact, Asset, Idempotency, Job, PermissionCase, Project
from facefusion.pipeline.plan import Plan
from facefusion.service.access import Caller
from facefusion.service.auditing import note
from facefusion.service.problems import Problem, problem_of
from facefusion.service.quotas import check_jobs
from facefusion.service.schemas import JobIn, RenderIn
from facefusion.service.settings import Limits

FIRST: Final = {"render": "analyse", **{kind: kind for kind in ("preview", "people", "proxy", "report", "masks")}}
KEPT: Final = ("target", "sources", "assign", "reference_images", "except_images", "mask_image", "background",
                "speech", "format", "options", "edits", "without_label")  # fmt: skip


def stored_request(said: RenderIn) -> dict[str, Any]:
    """What is kept of a request."""
    plain = said.model_dump(mode="json")
    return {name: plain[name] for name in KEPT}


def checked_plan(records: Records, project: Project, said: RenderIn) -> Plan:
    """The plan that a request comes to, over the names of its assets. Raises Problem."""
    request = RenderRequest.of(stored_request(said))
    files = {asset.id: Path(asset.name) for asset in _assets(records, project, request)}
    _check_unique(said, files)
    server: dict[str, Any] = {"policy": project.policy}
    case = _case(records, project, said, request)
    if case is not None:
        server |= {"use": case.use, "production": case.production, "territory": case.territory}
        server["omit-visible-label"] = case.without_label and said.without_label
    try:
        for key in PERMISSION_KEYS:
            if key in request.options or key.replace("-", "_") in request.options:
                raise UsageError(f"option {key}: comes from the permission (permission_id)")
        for edit in request.edits:
            check_edit(edit, files)
        plan = request.plan(files, _output(files[request.target], request), server)
    except FaceFusionError as error:
        raise problem_of(error) from None
    _check_class(project, said, plan)
    return plan


def _assets(records: Records, project: Project, request: RenderRequest) -> list[Asset]:
    found = []
    for asset_id in request.asset_ids():
        asset = records.get(Asset, asset_id)
        if asset is None or asset.project_id != project.id:
            raise Problem("bad-request", f"asset {asset_id[:50]}: is not in this project; send it first")
        if asset.is_locked:
            raise Problem("locked", f"asset {asset.name}: the permission to use it was taken back")
        found.append(asset)
    return found


def _check_unique(said: RenderIn, files: dict[str, Path]) -> None:
    """Two assets of one name become two files when the job runs; here only the shapes are checked."""
    if said.target in said.sources:
        raise Problem("bad-request", f"{files[said.target]}: source and target are the same file; give another source")


def _output(target: Path, request: RenderRequest) -> Path:
    return Path(f"out.{request.format or target.suffix[1:].lower() or 'mp4'}")


def _case(records: Records, project: Project, said: RenderIn, request: RenderRequest) -> PermissionCase | None:
    """The permission that a request names, when it holds for it. Raises Problem."""
    if said.permission_id is None:
        if said.without_label:
            raise Problem("refused-by-policy", "without_label: needs a permission that allows it (permission_id)")
        if project.needs_permission and request.likeness_ids():
            raise Problem("refused-by-policy", "this project asks for an approved permission (POST /v1/permissions)")
        return None
    case = records.get(PermissionCase, said.permission_id)
    if case is None or case.project_id != project.id:
        raise Problem("bad-request", f"permission {said.permission_id}: is not in this project")
    if case.state != "approved" or (case.expires is not None and case.expires < records.now()):
        raise Problem("refused-by-policy", f"permission {case.id}: is {case.state}, not approved or not any more")
    if not set(request.likeness_ids()) <= set(case.asset_ids):
        raise Problem("refused-by-policy", f"permission {case.id}: is for other sources; ask for these")
    if said.without_label and not case.without_label:
        raise Problem("refused-by-policy", f"permission {case.id}: does not allow leaving the visible label out")
    return case


def _check_class(project: Project, said: RenderIn, plan: Plan) -> None:
    """Raise Problem for what a class may not use."""
    if project.kind != "teaching":
        return
    allowed = project.teaching.get("processors") or []
    beyond = [name for name in plan.job.processor if allowed and name not in allowed]
    if beyond:
        raise Problem("refused-by-policy", f"this class does not use {', '.join(beyond)}; it uses {', '.join(allowed)}")
    assets = project.teaching.get("asset_ids") or []
    strange = [one for one in RenderRequest.of(stored_request(said)).asset_ids() if assets and one not in assets]
    if strange:
        raise Problem("refused-by-policy", f"asset {strange[0]}: is not among those that this class uses")


def submitted(
    records: Records, caller: Caller, project: Project, said: JobIn, limits: Limits, *, kind: str = "render",
    more: dict[str, Any] | None = None, about: str | None = None,
) -> Job:  # fmt: skip
    """Store a job. about: what a side job is about. Raises Problem."""
    check_jobs(records, project, limits)
    for name in ("depends_on", "parent_id"):
        other_id = getattr(said, name)
        other = records.get(Job, other_id) if other_id else None
        if other_id and (other is None or other.project_id != project.id):
            raise Problem("bad-request", f"{name}: {other_id} is no job of this project")
    parent = records.get(Job, said.parent_id) if said.parent_id else None
    job = Job(
        project_id=project.id, created_by=caller.name, kind=kind, state="queued", priority=said.priority,
        name=said.name or "", request={**stored_request(said), **(more or {})}, depends_on=said.depends_on,
        parent_id=said.parent_id, permission_id=said.permission_id, about=about,
        marked=parent.marked if parent is not None else float(int(records.now())),
    )  # fmt: skip
    states.begin(records, job, first=FIRST[kind])
    note(records, caller, "job.create", project_id=project.id, thing=job.id, kind=kind)
    return job


def asked_again(job: Job, **changed: Any) -> JobIn:
    """What a stored job was asked for, to be asked for once more with some things changed."""
    said: dict[str, Any] = {name: job.request[name] for name in KEPT if name in job.request}
    said |= {"project_id": job.project_id, "name": job.name or None, "permission_id": job.permission_id}
    return JobIn.model_validate({**said, **changed})


def check_still_allowed(records: Records, project: Project, job: Job) -> None:
    """Raise Problem where a job may not be done any more: a permission ended, a file was locked or is gone."""
    if job.kind in ("render", "preview"):
        checked_plan(records, project, asked_again(job))
        return
    _assets(records, project, RenderRequest.of(job.request))
    output = records.get(Artifact, job.request.get("output", ""))
    if output is not None and output.is_locked:
        raise Problem("locked", f"{output.name}: a permission that it rests on was taken back")


def body_digest(said: Any) -> str:
    """Equal for equal bodies."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def known_answer(records: Records, caller: Caller, key: str, body: str) -> Job | None:
    """The job of an earlier request with this key. Raises Problem for another body."""
    row = records.get(Idempotency, (caller.name, key))
    if row is None:
        return None
    if row.body != body:
        raise Problem("key-reused", "idempotency-key: belongs to another request; use a new one")
    job = records.get(Job, row.job_id) if row.job_id else None
    if job is None:
        raise Problem("in-flight", "idempotency-key: the first request with it is being answered; ask again")
    return job
