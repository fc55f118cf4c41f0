"""Whether a record holds at all, apart from any job."""

from __future__ import annotations

from datetime import datetime

from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.policy.coverage import Fault, fault_of
from facefusion.provenance.policy.policy import load_policy
from facefusion.provenance.policy.request import PermissionRequest


def standing(consent: SignedConsent, now: datetime) -> Fault | None:
    """Why the record covers nothing at `now`, not even the very job that it was made for; None when it holds."""
    record = consent.record
    job = PermissionRequest(
        now=now,
        operations=record.operations,
        use=record.use,
        production=record.productions[0],
        territory=record.territory[0],
        requester=record.requester,
    )
    return fault_of(consent, job, load_policy("personal"))
