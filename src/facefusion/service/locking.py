"""What follows when a permission ends: running jobs stop, and what was made under it is locked."""

from __future__ import annotations

from facefusion.jobs import states
from facefusion.jobs.records import Records
from facefusion.jobs.tables import Artifact, Asset, Consent, Job, PermissionCase
from facefusion.service.access import Caller
from facefusion.service.auditing import note

_TAKEN_BACK = {
    "type": "permission-ended",
    "title": "The permission for this job was taken back",
    "detail": "nothing more is made under it, and what was made is locked; ask the rights manager",
}


def case_ended(records: Records, caller: Caller, case: PermissionCase, state: str, reason: str) -> None:
    """End an approved permission as `revoked` or `expired`. An expiry stops new work and locks nothing."""
    case.state, case.reason, case.changed = state, reason[:2000], records.now()
    case.version += 1
    for known in records.all(Job, permission_id=case.id):
        job = records.locked(Job, known.id)
        if job is not None:
            _stop(records, job, locks=state == "revoked")
    if state == "revoked":
        _lock_assets(records, case)
    note(records, caller, f"permission.{state}", project_id=case.project_id, thing=case.id, reason=reason)


def consent_ended(records: Records, caller: Caller, consent: Consent) -> None:
    """End every permission that rests on a consent record, and lock what was made under the record without one.

    Jobs that are on their way without a permission are asked again by the engine before their next segment.
    """
    for case in records.all(PermissionCase, consent_id=consent.id, state="approved"):
        case_ended(records, caller, case, "revoked", "the consent record was revoked")
    for job in records.all(Job, project_id=consent.project_id, state="succeeded"):
        if consent.record_id in (job.report.get("decision") or {}).get("record_ids", ()):
            _stop(records, job, locks=True)


def is_locked(records: Records, job: Job) -> bool:
    """Whether what a job has made may be shown to nobody."""
    if job.error.get("type") == _TAKEN_BACK["type"] or records.first(Artifact, job_id=job.id, is_locked=True):
        return True
    case = records.get(PermissionCase, job.permission_id) if job.permission_id else None
    return case is not None and case.state == "revoked"


def _stop(records: Records, job: Job, *, locks: bool) -> None:
    if job.state not in states.ENDED:
        states.fail(records, job, _TAKEN_BACK)
    if locks:
        for artifact in records.all(Artifact, job_id=job.id):
            artifact.is_locked = True
        _stop_about(records, job.id)


def _stop_about(records: Records, about: str) -> None:
    """The same for portraits, proxies and reports, which show what was locked."""
    for known in records.all(Job, about=about):
        side = records.locked(Job, known.id)
        if side is not None:
            _stop(records, side, locks=True)


def _lock_assets(records: Records, case: PermissionCase) -> None:
    """The sources of a revoked permission, as far as no other one still allows them."""
    others = records.all(PermissionCase, project_id=case.project_id, state="approved")
    still = {one for other in others if other.id != case.id for one in other.asset_ids}
    for asset_id in set(case.asset_ids) - still:
        asset = records.locked(Asset, asset_id)
        if asset is not None:
            asset.is_locked = True
            asset.version += 1
            _stop_about(records, asset.id)
