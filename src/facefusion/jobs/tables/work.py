"""Jobs and the pieces of work they are cut into."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facefusion.jobs.tables.base import Base, Named


class Job(Named, Base):
    """A persisted request. request: as it was asked for. marked: the time that the marks of its output carry.

    about: the asset or the job that a side job (people, proxy, report) is about.

    state: queued, analysing, rendering, delivering, succeeded, failed, cancelled. parent_id: the version before.
    """

    __tablename__ = "jobs"
    word = "job"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), index=True)
    priority: Mapped[int] = mapped_column(default=0)
    is_paused: Mapped[bool] = mapped_column(default=False)
    paused_why: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(255), default="")
    request: Mapped[dict[str, Any]]
    depends_on: Mapped[str | None] = mapped_column(String(40), index=True)
    parent_id: Mapped[str | None] = mapped_column(String(40), index=True)
    about: Mapped[str | None] = mapped_column(String(40), index=True)
    permission_id: Mapped[str | None] = mapped_column(String(40), index=True)
    marked: Mapped[float]
    request_key: Mapped[str] = mapped_column(String(64), default="")
    analysis_key: Mapped[str] = mapped_column(Text, default="")
    frames_total: Mapped[int] = mapped_column(default=0)
    frames_done: Mapped[int] = mapped_column(default=0)
    frames_per_second: Mapped[float] = mapped_column(default=0.0)
    phase: Mapped[str] = mapped_column(String(40), default="")
    newest_key: Mapped[str] = mapped_column(Text, default="")
    newest_frame: Mapped[int | None]
    started: Mapped[float | None]
    ended: Mapped[float | None]
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Task(Named, Base):
    """A piece of work that one worker does. token: who holds it now; a worker that lost it cannot finish it.

    lent: since when somebody works at it; seconds: how long all who did worked at it together.

    state: waiting, ready, running, done, failed, cancelled. result: what is left behind, by place in the storage.
    """

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_state_not_before", "state", "not_before"),)
    word = "tsk"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    place: Mapped[int] = mapped_column(default=0)
    start: Mapped[int] = mapped_column(default=0)
    stop: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[float] = mapped_column(default=0.0)
    worker_id: Mapped[str | None] = mapped_column(String(40), index=True)
    token: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[float] = mapped_column(default=0.0)
    frames_done: Mapped[int] = mapped_column(default=0)
    started: Mapped[float | None]
    ended: Mapped[float | None]
    lent: Mapped[float | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Event(Base):
    """Something that happened to a job; ids rise in the order in which they can be seen."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    created: Mapped[float] = mapped_column(default=time.time)
    project_id: Mapped[str] = mapped_column(String(40), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]]


class Idempotency(Base):
    """The answer to a request that carried a key."""

    __tablename__ = "idempotency"

    who: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str | None] = mapped_column(String(40))
    created: Mapped[float] = mapped_column(default=time.time, index=True)


class WorkerRow(Named, Base):
    """A process that takes tasks."""

    __tablename__ = "workers"
    word = "wrk"

    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    seen: Mapped[float]
    software: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="idle")


class Webhook(Named, Base):
    """An address that is told of a project's events. secret: signs what is sent."""

    __tablename__ = "webhooks"
    word = "whk"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[Any]]
    is_active: Mapped[bool] = mapped_column(default=True)
    sent_up_to: Mapped[int] = mapped_column(default=0)


class WebhookDelivery(Named, Base):
    """One event on its way to one address."""

    __tablename__ = "webhook_deliveries"
    word = "whd"

    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[float] = mapped_column(default=0.0)
    answer: Mapped[str] = mapped_column(String(200), default="")
