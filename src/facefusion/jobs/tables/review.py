"""What people say about results, and what a class is asked to do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from facefusion.jobs.tables.base import Base, Named


class Review(Named, Base):
    """One verdict about one version: approved, rejected or retry."""

    __tablename__ = "reviews"
    word = "rev"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    author: Mapped[str] = mapped_column(String(120))
    verdict: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")


class Note(Named, Base):
    """A remark pinned to frames [start, stop) of a version. drawing: strokes, in parts of width and height."""

    __tablename__ = "notes"
    word = "nte"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    author: Mapped[str] = mapped_column(String(120))
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    drawing: Mapped[list[Any]] = mapped_column(default=list)
    is_resolved: Mapped[bool] = mapped_column(default=False)


class Exercise(Named, Base):
    """What a teacher asks of a class. checks: lines that a student ticks off."""

    __tablename__ = "exercises"
    word = "exr"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text, default="")
    asset_ids: Mapped[list[Any]] = mapped_column(default=list)
    checks: Mapped[list[Any]] = mapped_column(default=list)


class HandIn(Named, Base):
    """What a student did for an exercise. ticked: places in its checks."""

    __tablename__ = "hand_ins"
    __table_args__ = (UniqueConstraint("exercise_id", "student"),)
    word = "hnd"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercises.id", ondelete="CASCADE"), index=True)
    student: Mapped[str] = mapped_column(String(120))
    job_id: Mapped[str | None] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(Text, default="")
    ticked: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(20), default="open")
    remark: Mapped[str] = mapped_column(Text, default="")
