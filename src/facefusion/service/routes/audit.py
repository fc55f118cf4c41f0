"""The record of who did what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from facefusion.jobs.tables import AuditEntry
from facefusion.service.finding import project_of
from facefusion.service.identity import Who
from facefusion.service.paging import Limit
from facefusion.service.problems import responses
from facefusion.service.schemas import Given
from facefusion.service.state import Server

router = APIRouter(tags=["audit"])


class AuditOut(Given):
    id: int
    created: float
    who: str
    address: str
    action: str
    project_id: str | None
    thing: str
    outcome: str
    more: dict[str, Any]


class AuditPage(BaseModel):
    items: list[AuditOut]
    next: int | None


@router.get("/audit", responses=responses())
def list_audit(
    caller: Who, server: Server, limit: Limit = 50, before: Annotated[int | None, Query(ge=1, le=1 << 60)] = None,
    project_id: Annotated[str | None, Query(max_length=40)] = None,
    who: Annotated[str | None, Query(max_length=120)] = None,
    action: Annotated[str | None, Query(max_length=80)] = None,
) -> AuditPage:  # fmt: skip
    """What was done, the newest first: of one project, or of the server for its administrators."""
    where = {name: value for name, value in (("project_id", project_id), ("who", who), ("action", action)) if value}
    with server.database.reading() as records:
        if project_id:
            project_of(records, caller, "audit.read", project_id)
        else:
            caller.check_server("audit.all")
        rows = records.page(AuditEntry, limit=limit + 1, after=before, among=None, **where)
    items = [AuditOut.model_validate(row) for row in rows[:limit]]
    return AuditPage(items=items, next=items[-1].id if len(rows) > limit else None)
