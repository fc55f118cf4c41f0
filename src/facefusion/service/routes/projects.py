"""Projects and who is in them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Member, Project, User
from facefusion.service.access import ROLES, Caller, Role
from facefusion.service.auditing import note
from facefusion.service.finding import project_of
from facefusion.service.identity import Who
from facefusion.service.paging import Cursor, Limit, Page, check_unchanged, page_of, tagged
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import ProjectChange, ProjectIn, ProjectOut, Taken
from facefusion.service.state import Server

router = APIRouter(tags=["projects"])


class MemberIn(Taken):
    roles: list[Role]


class MemberOut(BaseModel):
    user_id: str
    name: str
    roles: list[str]


def _shown(project: Project, caller: Caller) -> ProjectOut:
    return ProjectOut.model_validate(project).model_copy(update={"roles": sorted(caller.roles_in(project.id))})


@router.get("/projects", responses=responses())
def list_projects(caller: Who, server: Server, limit: Limit = 50, cursor: Cursor = None) -> Page[ProjectOut]:
    """The projects that the caller is in; an administrator of the server sees all."""
    among = None if caller.is_admin else ("id", list(caller.roles))
    with server.database.reading() as records:
        rows = records.page(Project, limit=limit + 1, after=cursor, among=among)
        return page_of(rows, limit, lambda project: _shown(project, caller))


@router.post("/projects", status_code=201, responses=responses())
def create_project(said: ProjectIn, caller: Who, server: Server, response: Response) -> ProjectOut:
    """Make a project; for administrators of the server, who become its administrator."""
    caller.check_server("user.manage")
    with server.database.writing() as records:
        policy = "teaching" if said.kind == "teaching" else said.policy
        project = Project(name=said.name, kind=said.kind, policy=policy, needs_permission=said.needs_permission)
        records.add(project)
        if caller.user_id:
            records.add(Member(project_id=project.id, user_id=caller.user_id, role="admin"))
        note(records, caller, "project.create", project_id=project.id, thing=project.id)
    tagged(response, project)
    roles = ["admin"] if caller.user_id else sorted(ROLES)
    return ProjectOut.model_validate(project).model_copy(update={"roles": roles})


@router.get("/projects/{project_id}", responses=responses())
def show_project(caller: Who, server: Server, project_id: str, response: Response) -> ProjectOut:
    """One project."""
    with server.database.reading() as records:
        project = project_of(records, caller, "project.read", project_id)
    tagged(response, project)
    return _shown(project, caller)


@router.patch("/projects/{project_id}", responses=responses("changed"))
def change_project(
    said: ProjectChange, caller: Who, server: Server, project_id: str, request: Request, response: Response
) -> ProjectOut:
    """Change what a project is called, allows and may use. Quotas are for administrators of the server."""
    changes = said.model_dump(exclude_none=True)
    if "quotas" in changes:
        caller.check_server("user.manage")
    with server.database.writing() as records:
        project = project_of(records, caller, "project.manage", project_id, locked=True)
        check_unchanged(request, project)
        if project.kind == "teaching" and changes.get("policy", "teaching") != "teaching":
            raise Problem("conflict", "policy: a class keeps to the policy teaching")
        for name, value in changes.items():
            setattr(project, name, value)
        project.version += 1
        note(records, caller, "project.manage", project_id=project_id, thing=project_id, changed=sorted(changes))
    tagged(response, project)
    return _shown(project, caller)


@router.get("/projects/{project_id}/members", responses=responses())
def list_members(caller: Who, server: Server, project_id: str) -> list[MemberOut]:
    """Who is in a project, with their roles."""
    with server.database.reading() as records:
        project_of(records, caller, "project.read", project_id)
        return _members(records, project_id)


@router.put("/projects/{project_id}/members/{user_id}", responses=responses("conflict"))
def set_member(said: MemberIn, caller: Who, server: Server, project_id: str, user_id: str) -> list[MemberOut]:
    """Give somebody these roles in a project, and no others; none removes them."""
    with server.database.writing() as records:
        project_of(records, caller, "project.manage", project_id, locked=True)
        if records.get(User, user_id) is None:
            raise Problem("not-found", f"user {user_id[:50]}: there is none of this name; see GET /v1/users")
        for member in records.all(Member, project_id=project_id, user_id=user_id):
            records.remove(member)
        for role in dict.fromkeys(said.roles):
            records.add(Member(project_id=project_id, user_id=user_id, role=role))
        note(records, caller, "project.members", project_id=project_id, thing=user_id, roles=list(said.roles))
        return _members(records, project_id)


def _members(records: Records, project_id: str) -> list[MemberOut]:
    found: dict[str, MemberOut] = {}
    for member in records.all(Member, project_id=project_id):
        user = records.get(User, member.user_id)
        if user is not None:
            one = found.setdefault(user.id, MemberOut(user_id=user.id, name=user.name, roles=[]))
            one.roles.append(member.role)
    return list(found.values())
