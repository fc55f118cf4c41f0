"""Permissions: asked → approved or declined, and later expired or revoked. Nobody decides about their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Asset, Consent, PermissionCase, Project
from facefusion.service.access import Caller
from facefusion.service.auditing import note
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.locking import case_ended
from facefusion.service.paging import Cursor, Limit, Page, check_unchanged, page_of
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import Given, Id, Taken, Text
from facefusion.service.state import Server, State

router = APIRouter(tags=["permissions"])
CaseState = Literal["asked", "approved", "declined", "expired", "revoked"]
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "asked": frozenset({"approved", "declined"}),
    "approved": frozenset({"expired", "revoked"}),
    "declined": frozenset(),
    "expired": frozenset(),
    "revoked": frozenset(),
}
"""From each state, those that may follow."""


class PermissionIn(Taken):
    """assets: pictures of the person whose face is put on. use, production, territory: in the words of the consent."""

    project_id: Id
    asset_ids: Annotated[list[Id], Field(min_length=1, max_length=64)]
    use: Annotated[str, Field(min_length=1, max_length=2000)]
    production: Annotated[str, Field(max_length=2000)] = ""
    territory: Annotated[str, Field(max_length=2000)] = ""
    without_label: bool = Field(False, description="Also ask to leave the visible label out.")


class Approval(Taken):
    """consent_id: the record that it rests on; needed to leave the visible label out. days: how long it holds."""

    consent_id: Id | None = None
    reason: Text = ""
    days: Annotated[int, Field(ge=1, le=3650)] = 365


class Refusal(Taken):
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class PermissionOut(Given):
    id: str
    project_id: str
    state: CaseState
    asked_by: str
    asset_ids: list[str]
    use: str
    production: str
    territory: str
    without_label: bool
    consent_id: str | None
    decided_by: str
    decided: float | None
    reason: str
    expires: float | None
    created: float
    version: int


@router.get("/permissions", responses=responses())
def list_permissions(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None,
    state: CaseState | None = None,
) -> Page[PermissionOut]:  # fmt: skip
    """The permissions of a project, the newest first."""
    with server.database.reading() as records:
        project_of(records, caller, "permission.read", project_id)
        among = ("state", [state]) if state else None
        rows = records.page(PermissionCase, limit=limit + 1, after=cursor, among=among, project_id=project_id)
        return page_of(rows, limit, PermissionOut.model_validate)


@router.post("/permissions", status_code=201, responses=responses("refused-by-policy"))
def ask(said: PermissionIn, caller: Who, server: Server) -> PermissionOut:
    """Ask whether a person's face may be used."""
    with server.database.writing() as records:
        project = project_of(records, caller, "permission.ask", said.project_id)
        if project.kind == "teaching" and said.without_label:
            raise Problem("refused-by-policy", "a class labels everything; leave without_label out")
        for asset_id in said.asset_ids:
            asset = records.get(Asset, asset_id)
            if asset is None or asset.project_id != project.id:
                raise Problem("bad-request", f"asset {asset_id}: is not in this project; send it first")
        case = PermissionCase(state="asked", asked_by=caller.name, **said.model_dump())
        records.add(case)
        note(records, caller, "permission.ask", project_id=project.id, thing=case.id)
    return PermissionOut.model_validate(case)


@router.get("/permissions/{permission_id}", responses=responses())
def show_permission(caller: Who, server: Server, permission_id: str) -> PermissionOut:
    """One permission."""
    with server.database.reading() as records:
        return PermissionOut.model_validate(found(records, caller, "permission.read", PermissionCase, permission_id))


@router.post("/permissions/{permission_id}/approve", responses=responses("conflict", "changed"))
def approve(said: Approval, caller: Who, server: Server, permission_id: str, request: Request) -> PermissionOut:
    """Allow it; for a rights manager who did not ask."""
    with server.database.writing() as records:
        case = _decided(records, caller, permission_id, request, "approved")
        consent = _consent(records, case, said)
        now = records.now()
        until = now + said.days * 86_400
        case.expires = min(until, consent.valid_until) if consent is not None else until
        case.consent_id = consent.id if consent is not None else None
        case.state, case.reason, case.decided_by, case.decided, case.changed = (
            "approved", said.reason, caller.name, now, now,
        )  # fmt: skip
        case.version += 1
        note(records, caller, "permission.approve", project_id=case.project_id, thing=case.id)
    return PermissionOut.model_validate(case)


def _consent(records: Records, case: PermissionCase, said: Approval) -> Consent | None:
    if said.consent_id is None:
        project = records.get(Project, case.project_id)
        if case.without_label or (project is not None and project.policy in ("production", "broadcast")):
            raise Problem("conflict", "consent_id: this permission has to rest on a consent record")
        return None
    consent = records.get(Consent, said.consent_id)
    if consent is None or consent.project_id != case.project_id:
        raise Problem("bad-request", f"consent {said.consent_id}: is not in this project")
    if consent.state != "active" or consent.valid_until < records.now():
        raise Problem("conflict", f"consent {said.consent_id}: is {consent.state}, or has ended")
    if case.without_label and not consent.record["record"].get("may_omit_visible_label"):
        raise Problem("conflict", "the consent record does not allow leaving the visible label out")
    return consent


@router.post("/permissions/{permission_id}/decline", responses=responses("conflict", "changed"))
def decline(said: Refusal, caller: Who, server: Server, permission_id: str, request: Request) -> PermissionOut:
    """Refuse it, with a reason."""
    with server.database.writing() as records:
        case = _decided(records, caller, permission_id, request, "declined")
        now = records.now()
        case.state, case.reason, case.decided_by, case.decided, case.changed = (
            "declined", said.reason, caller.name, now, now,
        )  # fmt: skip
        case.version += 1
        note(records, caller, "permission.decline", project_id=case.project_id, thing=case.id, reason=said.reason)
    return PermissionOut.model_validate(case)


@router.post("/permissions/{permission_id}/revoke", responses=responses("conflict", "changed"))
def revoke(said: Refusal, caller: Who, server: Server, permission_id: str, request: Request) -> PermissionOut:
    """Take it back: running jobs stop, and their results and its sources are locked."""
    with server.database.writing() as records:
        case = found(records, caller, "permission.decide", PermissionCase, permission_id, locked=True)
        check_unchanged(request, case)
        _check_may_follow(case, "revoked")
        case_ended(records, caller, case, "revoked", said.reason)
    return PermissionOut.model_validate(case)


def _decided(records: Records, caller: Caller, permission_id: str, request: Request, state: str) -> PermissionCase:
    case = found(records, caller, "permission.decide", PermissionCase, permission_id, locked=True)
    check_unchanged(request, case)
    _check_may_follow(case, state)
    if case.asked_by == caller.name and not caller.is_local:
        raise Problem("forbidden", "nobody decides about their own question; ask another rights manager")
    return case


def _check_may_follow(case: PermissionCase, state: str) -> None:
    if state not in TRANSITIONS[case.state]:
        follows = ", ".join(sorted(TRANSITIONS[case.state])) or "nothing"
        raise Problem("conflict", f"{case.id}: is {case.state}; {follows} may follow")


def expired(server: State) -> int:
    """End the permissions whose time is over; gives back how many."""
    with server.database.writing() as records:
        late = records.all(PermissionCase, PermissionCase.expires < records.now(), state="approved")
        for case in late:
            case_ended(records, Caller("", "service", is_admin=True), case, "expired", "its time is over")
        return len(late)
