"""Consents: signed records that a project works under. A revocation stops what rests on them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from facefusion.errors import FaceFusionError
from facefusion.jobs.sealing import sealed
from facefusion.jobs.tables import Consent
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.signatures import SignedConsent, signature_fault
from facefusion.service.auditing import looked_at, note
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.locking import consent_ended
from facefusion.service.paging import Cursor, Limit, Page, page_of
from facefusion.service.problems import Problem, problem_of, responses
from facefusion.service.schemas import Given, Id, Taken
from facefusion.service.state import Server

router = APIRouter(tags=["consents"])


class ConsentIn(Taken):
    """record: as `facefusion consent export` writes it. passphrase: of the template key that it carries."""

    project_id: Id
    record: dict[str, Any]
    passphrase: str | None = Field(None, max_length=1000)


class RevocationIn(Taken):
    """revocation: the signed statement that `facefusion consent revoke` writes."""

    revocation: dict[str, Any]


class ConsentOut(Given):
    """state: active or revoked. record: who allowed what to whom, with signatures."""

    id: str
    project_id: str
    record_id: str
    subject: str
    state: str
    valid_until: float
    record: dict[str, Any]
    created: float
    created_by: str
    version: int


@router.get("/consents", responses=responses())
def list_consents(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[ConsentOut]:
    """The records of a project, the newest first."""
    with server.database.reading() as records:
        project_of(records, caller, "consent.read", project_id)
        rows = records.page(Consent, limit=limit + 1, after=cursor, project_id=project_id)
        return page_of(rows, limit, ConsentOut.model_validate)


@router.post("/consents", status_code=201, responses=responses("conflict", "invalid-input"))
def add_consent(said: ConsentIn, caller: Who, server: Server) -> ConsentOut:
    """Take a signed record in, with the key that makes its face templates match."""
    with server.database.reading() as records:
        project_of(records, caller, "consent.write", said.project_id)
    consent, key = _opened(said)
    record = consent.record
    with server.database.writing() as records:
        project_of(records, caller, "consent.write", said.project_id)
        if records.first(Consent, project_id=said.project_id, record_id=record.record_id) is not None:
            raise Problem("conflict", f"consent {record.record_id[:8]}: is in this project already")
        plain = {name: value for name, value in consent.to_plain().items() if name != "template_key"}
        row = Consent(
            project_id=said.project_id, created_by=caller.name, record_id=record.record_id,
            subject=record.subject[:200],
            state="revoked" if consent.revocation else "active", valid_until=record.valid_until.timestamp(),
            record=plain,
            template_key=sealed(key, server.secret, record.record_id) if key else "",
        )  # fmt: skip
        records.add(row)
        note(records, caller, "consent.add", project_id=said.project_id, thing=row.id, record=record.record_id)
    return ConsentOut.model_validate(row)


def _opened(said: ConsentIn) -> tuple[SignedConsent, bytes]:
    try:
        consent = SignedConsent.from_plain(said.record)
        if fault := signature_fault(consent):
            raise Problem("invalid-input", f"consent: {fault}; ask for the original")
        if not consent.signatures:
            raise Problem("invalid-input", "consent: nobody has signed it; the rights holder signs first")
        if consent.wrapped_key is None:
            return consent, b""
        if not said.passphrase:
            raise Problem("invalid-input", "consent: carries a template key; send its passphrase")
        key = consent.wrapped_key.opened(consent.record.record_id, said.passphrase.encode())
        if not consent.record.templates.belongs_to(key):
            raise Problem("invalid-input", "consent: the template key that it carries is not that of its templates")
        return consent, key
    except FaceFusionError as error:
        raise problem_of(error) from None
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise Problem("invalid-input", "consent: is no record as `facefusion consent export` writes it") from None


@router.get("/consents/{consent_id}", responses=responses())
def show_consent(caller: Who, server: Server, consent_id: str) -> ConsentOut:
    """One record."""
    with server.database.reading() as records:
        consent = found(records, caller, "consent.read", Consent, consent_id)
    looked_at(server, caller, "consent.read", consent, is_part=True)
    return ConsentOut.model_validate(consent)


@router.post("/consents/{consent_id}/revoke", responses=responses("conflict", "invalid-input"))
def revoke_consent(said: RevocationIn, caller: Who, server: Server, consent_id: str) -> ConsentOut:
    """Take in a signed revocation: running jobs stop, and what was made under the record is locked."""
    with server.database.writing() as records:
        row = found(records, caller, "consent.write", Consent, consent_id, locked=True)
        if row.state == "revoked":
            raise Problem("conflict", f"{consent_id}: was revoked already")
        row.record = {**row.record, "revocation": _checked(row, said.revocation)}
        row.state = "revoked"
        row.version += 1
        consent_ended(records, caller, row)
        note(records, caller, "consent.revoke", project_id=row.project_id, thing=row.id)
    return ConsentOut.model_validate(row)


def _checked(row: Consent, said: dict[str, Any]) -> dict[str, Any]:
    try:
        consent, revocation = SignedConsent.from_plain(row.record), Revocation.from_plain(said)
        holder = consent.by("rights-holder")
        if holder is None:
            raise Problem("conflict", "consent: nobody has signed it; there is nothing to revoke")
        if fault := revocation.fault(consent.record, holder.key):
            raise Problem("invalid-input", f"revocation: {fault}")
        return revocation.to_plain()
    except FaceFusionError as error:
        raise problem_of(error) from None
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise Problem("invalid-input", "revocation: is none as `facefusion consent revoke` writes it") from None
