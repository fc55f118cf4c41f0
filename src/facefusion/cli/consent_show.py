"""`facefusion consent list`, `show` and `verify`: what is kept, what it says, and whether it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.call import Call
from facefusion.errors import RefusedByPolicy

if TYPE_CHECKING:
    from facefusion.provenance.consent.signatures import SignedConsent

_RECORD = typer.Argument(..., help="A record's file, its id, or the beginning of the id.")


def list_(context: typer.Context) -> None:
    """Every record that is kept: whose face, for what, until when, and whether it holds now."""
    from facefusion.provenance.consent.store import ConsentStore

    call = Call.of(context)
    rows = [
        {"file": str(kept.path), "state": "damaged", "reason": kept.fault}
        if kept.consent is None
        else {"file": str(kept.path), **_row(kept.consent)}
        for kept in ConsentStore().all()
    ]
    if call.as_json:
        call.answer(rows)
        return
    for row in rows:
        print(_line(row))
    if not rows:
        print("no consent record is kept here; make one with: facefusion consent new")


def show(context: typer.Context, record: str = _RECORD) -> None:
    """Everything that a record says, who signed it, and whether it holds now."""
    from facefusion.provenance.consent.page import rows_of
    from facefusion.provenance.consent.store import ConsentStore

    call = Call.of(context)
    path, consent = ConsentStore().find(record)
    row = {"file": str(path), **_row(consent)}
    if call.as_json:
        call.answer({**row, **consent.to_plain()})
        return
    for name, text in rows_of(consent):
        print(f"{name}: {text}")
    print(f"State: {row['state']}" + (f" ({row['reason']})" if row["reason"] else ""))
    print(f"File: {path}")


def verify(context: typer.Context, record: str = _RECORD) -> None:
    """Check the signatures, the dates and the revocation of a record; exit code 5 when it does not hold now."""
    from facefusion.provenance.consent.store import ConsentStore

    call = Call.of(context)
    path, consent = ConsentStore().find(record)
    row = {"file": str(path), **_row(consent)}
    if call.as_json:
        call.answer(row)
    if row["reason"]:
        raise RefusedByPolicy(f"refused by rule {row['state']}: {row['reason']}")
    if not call.as_json:
        print(_line(row))


def _row(consent: SignedConsent) -> dict[str, Any]:
    from facefusion.provenance import moments
    from facefusion.provenance.consent.matching import usable_key
    from facefusion.provenance.policy.standing import standing

    record, fault = consent.record, standing(consent, moments.now())
    return {
        "id": record.record_id,
        "subject": record.subject,
        "requester": record.requester,
        "use": record.use,
        "productions": list(record.productions),
        "operations": list(record.operations),
        "valid_until": moments.moment_text(record.valid_until),
        "may_omit_visible_label": record.may_omit_visible_label,
        "state": "holds" if fault is None else fault.rule,
        "reason": "" if fault is None else fault.reason,
        "has_template_key": usable_key(record) is not None,
        "keys": {one.role: one.key.to_text() for one in consent.signatures},
    }


def _line(row: dict[str, Any]) -> str:
    if row["state"] == "damaged":
        return f"damaged   {row['reason']}"
    what = f"{', '.join(row['operations'])} for {row['use']!r} in {', '.join(row['productions'])}"
    return f"{row['id'][:12]}  {row['state']}  {row['subject']}: {what}, until {row['valid_until'][:10]}"
