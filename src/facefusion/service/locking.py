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
    """End every permission that rests on a consent record, and stop jobs that named none."""
    for case in records.all(PermissionCase, consent_id=consent.id, state="approved"):
        case_ended(records, caller, case, "revoked", "the consent record was revoked")


def _stop(records: Records, job: Job, *, locks: bool) -> None:
    if job.state not in states.ENDED:
        states.fail(records, job, _TAKEN_BACK)
    if locks:
        for artifact in records.all(Artifact, job_id=job.id):
            artifact.is_locked = True


def _lock_assets(records: Records, case: PermissionCase) -> None:
    """The sources of a revoked permission, as far as no other one still allows them."""
    others = records.all(PermissionCase, project_id=case.project_id, state="approved")
    still = {one for other in others if other.id != case.id for one in other.asset_ids}
    for asset_id in set(case.asset_ids) - still:
        asset = records.locked(Asset, asset_id)
        if asset is not None:
            asset.is_locked = True
            asset.version += 1
