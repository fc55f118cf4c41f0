"""Who may do what: users, their keys and sessions, projects, roles, and the record of what was done."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facefusion.jobs.tables.base import Base, Named


class User(Named, Base):
    """A person or a machine that signs in. password: an argon2 hash; empty where only keys or single sign-on count."""

    __tablename__ = "users"
    word = "usr"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    email: Mapped[str] = mapped_column(String(320), default="")
    password: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str | None] = mapped_column(String(512), unique=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[float] = mapped_column(default=0.0)


class ApiKey(Named, Base):
    """A key of a user; `digest` is an argon2 hash of its secret half, which is shown once."""

    __tablename__ = "api_keys"
    word = "key"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(Text)
    expires: Mapped[float | None]
    revoked: Mapped[float | None]
    last_used: Mapped[float | None]


class LoginSession(Named, Base):
    """A signed-in browser. id: SHA-256 of the cookie; csrf: what a changing request has to repeat in a header."""

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    expires: Mapped[float]


class Project(Named, Base):
    """A production or a class. policy: of `facefusion.provenance.policy`. quotas: limits, absent ones are the server's.

    teaching: {"processors": [...], "assets": [...], "options": {...}} of a class, empty for a production.
    """

    __tablename__ = "projects"
    word = "prj"

    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default="production")
    policy: Mapped[str] = mapped_column(String(60), default="personal")
    needs_permission: Mapped[bool] = mapped_column(default=False)
    quotas: Mapped[dict[str, Any]] = mapped_column(default=dict)
    teaching: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_archived: Mapped[bool] = mapped_column(default=False)


class Member(Base):
    """One role of one user in one project."""

    __tablename__ = "members"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class AuditEntry(Base):
    """One thing that somebody did or tried."""

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    created: Mapped[float] = mapped_column(default=time.time, index=True)
    who: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(80), index=True)
    project_id: Mapped[str | None] = mapped_column(String(40), index=True)
    thing: Mapped[str] = mapped_column(String(80), default="")
    outcome: Mapped[str] = mapped_column(String(40), default="done")
    more: Mapped[dict[str, Any]] = mapped_column(default=dict)
