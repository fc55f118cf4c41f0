"""Files: what comes in, what goes out, and what people allowed."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from facefusion.jobs.tables.base import Base, Named


class Asset(Named, Base):
    """A file that was brought in. key: where its bytes lie; facts: what its header says, by `media.probe`."""

    __tablename__ = "assets"
    __table_args__ = (UniqueConstraint("project_id", "sha256"),)
    word = "ast"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20))
    media_type: Mapped[str] = mapped_column(String(120))
    suffix: Mapped[str] = mapped_column(String(12))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_locked: Mapped[bool] = mapped_column(default=False)


class Upload(Named, Base):
    """An upload on its way (tus 1.0). offset: bytes that are safe on the disk."""

    __tablename__ = "uploads"
    word = "upl"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(String(120), index=True)
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    offset: Mapped[int] = mapped_column(default=0)
    expires: Mapped[float] = mapped_column(index=True)
    asset_id: Mapped[str | None] = mapped_column(String(40))
    fault: Mapped[str] = mapped_column(Text, default="")


class Artifact(Named, Base):
    """A file that a job made."""

    __tablename__ = "artifacts"
    word = "art"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(Text)
    more: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_locked: Mapped[bool] = mapped_column(default=False)


class Consent(Named, Base):
    """A signed consent record that a project works under. record: as it is exported, without its template key.

    template_key: sealed with the server's own secret.
    """

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("project_id", "record_id"),)
    word = "cns"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(String(120))
    record_id: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="active")
    valid_until: Mapped[float]
    record: Mapped[dict[str, Any]]
    template_key: Mapped[str] = mapped_column(Text, default="")


class PermissionCase(Named, Base):
    """A question whether somebody's face may be used: asked → approved or declined → expired or revoked."""

    __tablename__ = "permissions"
    word = "prm"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="asked", index=True)
    asked_by: Mapped[str] = mapped_column(String(120))
    asset_ids: Mapped[list[Any]]
    use: Mapped[str] = mapped_column(Text)
    production: Mapped[str] = mapped_column(Text, default="")
    territory: Mapped[str] = mapped_column(Text, default="")
    without_label: Mapped[bool] = mapped_column(default=False)
    consent_id: Mapped[str | None] = mapped_column(String(40))
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    expires: Mapped[float | None]
    changed: Mapped[float] = mapped_column(default=time.time)
