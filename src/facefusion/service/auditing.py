"""The service's own record of who did what; runs are in the engine's signed log besides."""

from __future__ import annotations

from typing import Any

from facefusion.jobs.records import Records
from facefusion.jobs.tables import AuditEntry
from facefusion.service.access import Caller
from facefusion.service.state import State


def note(
    records: Records, caller: Caller, action: str, *, project_id: str | None = None, thing: str = "",
    outcome: str = "done", **more: Any,
) -> None:  # fmt: skip
    """Write one line, in the transaction that does the thing. Line ends and control codes are written as spaces."""
    records.add(
        AuditEntry(
            who=plain(caller.name),
            address=plain(caller.address),
            action=action,
            project_id=project_id,
            thing=plain(thing),
            outcome=outcome,
            more={name: plain(value) if isinstance(value, str) else value for name, value in more.items()},
            created=records.now(),
        )
    )


def looked_at(server: State, caller: Caller, action: str, thing: Any, *, is_part: bool = False) -> None:
    """Write that somebody saw a stored thing. is_part: one of many requests of a player, of which the first counts."""
    is_new = server.seen.is_new(f"{caller.name} {action}", thing.id)
    if is_new or not is_part:
        with server.database.writing() as records:
            note(records, caller, action, project_id=thing.project_id, thing=thing.id)


def plain(text: str) -> str:
    """`text` on one line and short."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:500]
