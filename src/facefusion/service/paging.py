"""Lists in pages, and answers that say which version they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query, Request, Response
from pydantic import BaseModel

from facefusion.service.problems import Problem

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=60, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Part of a list, the newest first. next: the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None = None


def page_of(rows: Sequence[Any], limit: int, shown: Callable[[Any], T]) -> Page[T]:
    """`limit` + 1 rows as a page."""
    items = [shown(row) for row in rows[:limit]]
    return Page(items=items, next=str(rows[limit - 1].id) if len(rows) > limit else None)


def tagged(response: Response, row: Any) -> None:
    """Let an answer say which version of a thing it shows."""
    response.headers["etag"] = etag_of(row)


def etag_of(row: Any) -> str:
    """The version of a stored thing."""
    return etag(row.id, row.version)


def etag(name: str, version: int) -> str:
    """The tag of one version of the thing called `name`."""
    return f'"{name}.{version}"'


def check_unchanged(request: Request, row: Any) -> None:
    """Raise Problem when the caller has seen another version (If-Match)."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted not in ("*", etag_of(row)):
        raise Problem("changed", "look at it again, then change it")
