"""What a server looks up at almost every question, as plain rows: these cost a quarter of what stored objects do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, func, select

from facefusion.jobs.tables import ApiKey, Artifact, Event, Job, LoginSession, Member, Review, Task, User

Rows = Sequence[Any]
"""Rows whose columns are attributes."""

_WHOSE: Final = (User.id.label("user_id"), User.name, User.is_admin, User.is_active)
_KEY: Final = (
    select(*_WHOSE, ApiKey.digest, ApiKey.expires, ApiKey.revoked, ApiKey.last_used)
    .join(User, User.id == ApiKey.user_id)
    .where(ApiKey.id == bindparam("name"))
)
_SESSION: Final = (
    select(*_WHOSE, LoginSession.csrf, LoginSession.expires)
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.id == bindparam("name"))
)
_ROLES: Final = select(Member.project_id, Member.role).where(Member.user_id == bindparam("name"))
_USER: Final = select(User.id).limit(1)
_VERDICT: Final = (
    select(Review.verdict).where(Review.job_id == Job.id).order_by(Review.id.desc()).limit(1).scalar_subquery()
)
_JOB: Final = select(*Job.__table__.c, _VERDICT.label("verdict")).where(Job.id == bindparam("name"))
_TASKS: Final = (
    select(*Task.__table__.c)
    .where(Task.job_id == bindparam("name"))
    .order_by(case((Task.kind == "analyse", 0), else_=1), Task.place, Task.id)
)
_ARTIFACTS: Final = select(*Artifact.__table__.c).where(Artifact.job_id == bindparam("name")).order_by(Artifact.id)
_NEWER: Final = (
    select(*Event.__table__.c).where(Event.id > bindparam("name")).order_by(Event.id).limit(bindparam("most"))
)
_NEWEST: Final = select(func.max(Event.id))


def key_called(connection: Connection, key_id: str) -> Any:
    """An API key with its user: digest, expires, revoked, last_used, user_id, name, is_admin, is_active; or None."""
    return connection.execute(_KEY, {"name": key_id}).first()


def session_called(connection: Connection, session_id: str) -> Any:
    """A signed-in browser with its user: csrf, expires, user_id, name, is_admin, is_active; or None."""
    return connection.execute(_SESSION, {"name": session_id}).first()


def roles_of(connection: Connection, user_id: str) -> dict[str, frozenset[str]]:
    """All roles of a user, by project."""
    found: dict[str, frozenset[str]] = {}
    for project_id, role in connection.execute(_ROLES, {"name": user_id}):
        found[project_id] = found.get(project_id, frozenset()) | {role}
    return found


def has_users(connection: Connection) -> bool:
    """Whether there is any user."""
    return connection.execute(_USER).first() is not None


def job_rows(connection: Connection, job_id: str) -> tuple[Any, Rows, Rows]:
    """A job (None where there is none) with the newest `verdict` about it, its tasks in order, its artifacts."""
    asked = {"name": job_id}
    job = connection.execute(_JOB, asked).first()
    if job is None:
        return None, (), ()
    return job, connection.execute(_TASKS, asked).all(), connection.execute(_ARTIFACTS, asked).all()


def newer_events(connection: Connection, after: int, *, most: int) -> Rows:
    """Events of all projects with larger ids, in order."""
    return connection.execute(_NEWER, {"name": after, "most": most}).all()


def newest_event(connection: Connection) -> int:
    """The id of the last event; 0 when there is none."""
    return int(connection.scalar(_NEWEST) or 0)
