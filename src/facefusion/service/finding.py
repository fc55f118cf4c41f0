"""A stored thing by its id, for somebody who may have it: what is not theirs is not there."""

from __future__ import annotations

from typing import Any, TypeVar

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Base, Project
from facefusion.service.access import Caller
from facefusion.service.problems import Problem

T = TypeVar("T", bound=Base)


def found(records: Records, caller: Caller, action: str, table: type[T], key: str, *, locked: bool = False) -> T:
    """The thing called `key`, of a project in which `caller` may do `action`. Raises Problem."""
    thing: Any = records.locked(table, key) if locked else records.get(table, key)
    word = table.__name__.lower()
    if thing is None:
        raise Problem("not-found", f"{word} {key[:50]}: there is none of this name; check the id")
    caller.check(action, thing.project_id, what=f"{word} {key[:50]}")
    result: T = thing
    return result


def project_of(records: Records, caller: Caller, action: str, project_id: str, *, locked: bool = False) -> Project:
    """A project in which `caller` may do `action`. Raises Problem."""
    project = records.locked(Project, project_id) if locked else records.get(Project, project_id)
    if project is None:
        raise Problem("not-found", f"project {project_id[:50]}: there is none of this name; see GET /v1/projects")
    caller.check(action, project_id, what=f"project {project_id[:50]}")
    if project.is_archived and not action.endswith((".read", ".manage")):
        raise Problem("conflict", f"project {project.name}: is archived; unarchive it first")
    return project
