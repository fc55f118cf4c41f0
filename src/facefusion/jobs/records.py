"""Stored things inside one transaction: find, list, add, lock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, inspect, select, text
from sqlalchemy.orm import Session

from facefusion.jobs.tables import Base, Job, Task

T = TypeVar("T", bound=Base)

_EVENTS_LOCK = 0x0FACE


class Records:
    """One transaction's view of what is stored."""

    def __init__(self, session: Session, *, is_postgres: bool) -> None:
        self.session, self.is_postgres = session, is_postgres

    def now(self) -> float:
        """Seconds since 1970 by the one clock that all who share this database go by."""
        if not self.is_postgres:
            return time.time()
        return float(self.session.scalar(text("select extract(epoch from clock_timestamp())")) or 0.0)

    def get(self, table: type[T], key: Any) -> T | None:
        """The thing called `key`, or None."""
        return self.session.get(table, key)

    def locked(self, table: type[T], key: Any) -> T | None:
        """The same, as it is now, and nobody else changes it before this transaction ends."""
        return self.session.get(table, key, with_for_update=True, populate_existing=True)

    def first(self, table: type[T], **where: Any) -> T | None:
        """Any thing whose columns have these values."""
        return self.session.scalars(select(table).filter_by(**where).limit(1)).first()

    def all(self, table: type[T], *conditions: ColumnElement[bool], **where: Any) -> Sequence[T]:
        """Every thing whose columns have these values, in the order of their names."""
        query = select(table).filter_by(**where).where(*conditions)
        return self.session.scalars(query.order_by(*inspect(table).primary_key)).all()

    def page(
        self,
        table: type[T],
        *,
        limit: int,
        after: Any = None,
        among: tuple[str, Sequence[Any]] | None = None,
        **where: Any,
    ) -> Sequence[T]:
        """Up to `limit` things, the newest first; `after`: the last one of the page before. among: column, values."""
        named: Any = table
        query = select(table).filter_by(**where).order_by(named.id.desc()).limit(limit)
        if after is not None:
            query = query.where(named.id < after)
        if among is not None:
            query = query.where(getattr(table, among[0]).in_(among[1]))
        return self.session.scalars(query).all()

    def count(self, table: type[T], *conditions: ColumnElement[bool], **where: Any) -> int:
        """How many there are."""
        query = select(func.count()).select_from(table).filter_by(**where).where(*conditions)
        return int(self.session.scalar(query) or 0)

    def total(self, column: Any, **where: Any) -> int:
        """The sum of a column of numbers."""
        return int(self.session.scalar(select(func.coalesce(func.sum(column), 0)).filter_by(**where)) or 0)

    def worked_seconds(self, project_id: str, kinds: Sequence[str]) -> float:
        """How long workers were at a project's jobs of these kinds; pauses and waiting do not count."""
        query = select(func.coalesce(func.sum(Task.seconds), 0.0)).join(Job, Job.id == Task.job_id)
        found = self.session.scalar(query.where(Job.project_id == project_id, Job.kind.in_(kinds)))
        return float(found or 0.0)

    def add(self, thing: T) -> T:
        """Store a new thing."""
        self.session.add(thing)
        self.session.flush()
        return thing

    def remove(self, thing: Base) -> None:
        """Forget a thing, and what belongs to it."""
        self.session.delete(thing)
        self.session.flush()

    def remove_where(self, table: type[Base], *conditions: ColumnElement[bool], **where: Any) -> None:
        """Forget every thing like that."""
        self.session.execute(delete(table).filter_by(**where).where(*conditions))

    def in_order(self) -> None:
        """From here on nobody else adds events before this transaction ends, so that ids rise as they become seen."""
        if self.is_postgres:
            self.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _EVENTS_LOCK})
