"""Users and API keys."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from facefusion.jobs.ids import new_id
from facefusion.jobs.tables import ApiKey, LoginSession, User
from facefusion.service.auditing import note
from facefusion.service.identity import Who, user_of
from facefusion.service.paging import Cursor, Limit, Page, page_of, tagged
from facefusion.service.passwords import hashed, new_key
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import Given, Name, Taken
from facefusion.service.state import Server

router = APIRouter(tags=["users"])
Password = Annotated[str, Field(min_length=10, max_length=200)]


class UserIn(Taken):
    """password: empty for somebody who only comes by key or single sign-on."""

    name: Name
    email: Annotated[str, Field(max_length=320)] = ""
    password: Password | None = None
    is_admin: bool = False


class UserChange(Taken):
    password: Password | None = None
    is_admin: bool | None = None
    is_active: bool | None = None


class UserOut(Given):
    id: str
    name: str
    email: str
    is_admin: bool
    is_active: bool
    created: float
    version: int


class KeyIn(Taken):
    name: Name
    days: Annotated[int, Field(ge=1, le=3650, description="Days until it expires.")] = 365


class KeyOut(Given):
    id: str
    name: str
    created: float
    expires: float | None
    revoked: float | None
    last_used: float | None


class NewKey(KeyOut):
    """key: shown this once."""

    key: str


@router.get("/users", responses=responses())
def list_users(caller: Who, server: Server, limit: Limit = 50, cursor: Cursor = None) -> Page[UserOut]:
    """Everybody; for administrators of the server."""
    caller.check_server("user.manage")
    with server.database.reading() as records:
        return page_of(records.page(User, limit=limit + 1, after=cursor), limit, UserOut.model_validate)


@router.post("/users", status_code=201, responses=responses("conflict"))
def create_user(said: UserIn, caller: Who, server: Server, response: Response) -> UserOut:
    """Add somebody; the first one is an administrator, and from then on everybody has to sign in."""
    caller.check_server("user.manage")
    with server.database.writing() as records:
        if records.first(User, name=said.name) is not None:
            raise Problem("conflict", f"user {said.name}: is there already; choose another name")
        is_first = records.count(User) == 0
        if is_first and not said.password:
            raise Problem("bad-request", "password: the first user needs one, or nobody could sign in any more")
        password = hashed(said.password) if said.password else ""
        user = User(name=said.name, email=said.email, password=password, is_admin=said.is_admin or is_first)
        records.add(user)
        note(records, caller, "user.create", thing=user.id, name=user.name)
    tagged(response, user)
    return UserOut.model_validate(user)


@router.patch("/users/{user_id}", responses=responses("conflict"))
def change_user(said: UserChange, caller: Who, server: Server, user_id: str) -> UserOut:
    """Change somebody; who is made inactive is signed out everywhere."""
    caller.check_server("user.manage")
    with server.database.writing() as records:
        user = records.locked(User, user_id)
        if user is None:
            raise Problem("not-found", f"user {user_id[:50]}: there is none of this name")
        if user.id == caller.user_id and (said.is_admin is False or said.is_active is False):
            raise Problem("conflict", "you cannot lock yourself out; ask another administrator")
        user.is_admin = user.is_admin if said.is_admin is None else said.is_admin
        user.is_active = user.is_active if said.is_active is None else said.is_active
        if said.password is not None:
            user.password, user.failed_logins, user.locked_until = hashed(said.password), 0, 0.0
        if said.password is not None or not user.is_active:
            records.remove_where(LoginSession, user_id=user.id)
        user.version += 1
        note(records, caller, "user.change", thing=user.id, changed=sorted(said.model_dump(exclude_none=True)))
    return UserOut.model_validate(user)


@router.get("/keys", responses=responses("conflict"))
def list_keys(caller: Who, server: Server) -> list[KeyOut]:
    """The caller's own API keys."""
    with server.database.reading() as records:
        user = user_of(records, caller)
        return [KeyOut.model_validate(one) for one in records.all(ApiKey, user_id=user.id)]


@router.post("/keys", status_code=201, responses=responses("conflict"))
def create_key(said: KeyIn, caller: Who, server: Server) -> NewKey:
    """Make an API key; it is shown in this answer and never again."""
    with server.database.writing() as records:
        user = user_of(records, caller)
        key_id = new_id("key")
        text, digest = new_key(key_id)
        expires = time.time() + said.days * 86_400
        key = ApiKey(id=key_id, user_id=user.id, name=said.name, digest=digest, expires=expires)
        records.add(key)
        note(records, caller, "key.create", thing=key.id)
    return NewKey(**KeyOut.model_validate(key).model_dump(), key=text)


@router.delete("/keys/{key_id}", status_code=204, responses=responses("conflict"))
def revoke_key(caller: Who, server: Server, key_id: str) -> None:
    """Take a key back, one's own or, for administrators of the server, anybody's."""
    with server.database.writing() as records:
        key = records.locked(ApiKey, key_id)
        if key is None or (key.user_id != caller.user_id and not caller.is_admin):
            raise Problem("not-found", f"key {key_id[:50]}: there is none of this name")
        key.revoked = key.revoked or records.now()
        note(records, caller, "key.revoke", thing=key.id)
