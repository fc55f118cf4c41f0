"""Signing in and out, with a password or by single sign-on."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from facefusion.jobs.records import Records
from facefusion.jobs.tables import LoginSession, User
from facefusion.service import oidc
from facefusion.service.access import Caller
from facefusion.service.auditing import note, plain
from facefusion.service.identity import COOKIE, Who, check_same_site, session_id
from facefusion.service.passwords import matches
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import Taken
from facefusion.service.state import Server, State

log = logging.getLogger("facefusion.service")
router = APIRouter(tags=["sessions"])
_LIVES_SECONDS: Final = 12 * 3600.0
_MOST_FAILED: Final = 5
_LOCKED_SECONDS: Final = 300.0
_STATE_COOKIE: Final = "facefusion_sign_on"


class SignIn(Taken):
    name: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=200)]


class SessionOut(BaseModel):
    """Who is signed in. csrf: what changing requests repeat in X-CSRF-Token. via: local, session or key."""

    name: str
    is_admin: bool
    via: str
    csrf: str
    needs_login: bool
    oidc: bool


class LoginOptions(BaseModel):
    needs_login: bool
    oidc: bool


@router.get("/login-options")
def login_options(server: Server) -> LoginOptions:
    """Whether somebody has to sign in, and how they can."""
    return LoginOptions(needs_login=server.needs_login, oidc=server.settings.oidc is not None)


@router.get("/session", responses=responses())
def show_session(caller: Who, server: Server) -> SessionOut:
    """Who asks."""
    return _shown(caller, server)


@router.post("/session", status_code=201, responses=responses("wrong-credentials", "locked-out", "csrf"))
def sign_in(said: SignIn, request: Request, response: Response, server: Server) -> SessionOut:
    """Sign in with a password. After five wrong ones a name is locked for five minutes."""
    check_same_site(request, server)
    address = request.client.host if request.client else ""
    wait = server.rates.wait_seconds(f"sign in {address}", per_minute=60)
    if wait:
        raise Problem("too-many-requests", "too many tries from here", headers={"retry-after": str(int(wait) + 1)})
    with server.database.reading() as records:
        user = records.first(User, name=said.name)
    left = server.strangers.wait_seconds(said.name) if user is None else user.locked_until - time.time()
    if left > 0:
        left = int(left) + 1
        raise Problem("locked-out", f"wait {left} s, or ask an administrator", headers={"retry-after": str(left)})
    is_right = matches(user.password if user is not None else "", said.password)
    with server.database.writing() as records:
        who = Caller("", plain(said.name), is_admin=False, address=address)
        if user is None or not is_right or not user.is_active:
            is_locked = _count_failure(records, user, said.name, server)
            note(records, who, "session.create", outcome="locked" if is_locked else "refused")
        else:
            caller = _begun(records, user, response, request, address)
    if user is None or not is_right or not user.is_active:
        log.warning("sign in: wrong password for %s from %s%s", who.name, address, "; locked" if is_locked else "")
        raise Problem("wrong-credentials", "name or password is wrong")
    return _shown(caller, server)


def _count_failure(records: Records, user: User | None, name: str, server: State) -> bool:
    """Whether the name is locked by it; also one that nobody has."""
    row = records.locked(User, user.id) if user is not None else None
    if row is None:
        return server.strangers.count(name, most=_MOST_FAILED, seconds=_LOCKED_SECONDS)
    row.failed_logins += 1
    if row.failed_logins < _MOST_FAILED:
        return False
    row.failed_logins, row.locked_until = 0, records.now() + _LOCKED_SECONDS
    return True


def _begun(records: Records, user: User, response: Response, request: Request, address: str) -> Caller:
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    row = records.locked(User, user.id)
    assert row is not None
    row.failed_logins, row.locked_until = 0, 0.0
    session = LoginSession(id=session_id(cookie), user_id=user.id, csrf=csrf, expires=records.now() + _LIVES_SECONDS)
    records.add(session)
    records.remove_where(LoginSession, LoginSession.expires < records.now())
    caller = Caller(user.id, user.name, user.is_admin, address, "session", csrf=csrf)
    note(records, caller, "session.create")
    is_safe = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, int(_LIVES_SECONDS), httponly=True, samesite="strict", secure=is_safe, path="/")
    return caller


@router.delete("/session", status_code=204, responses=responses("csrf"))
def sign_out(caller: Who, request: Request, response: Response, server: Server) -> None:
    """Sign out here."""
    cookie = request.cookies.get(COOKIE)
    if cookie and caller.via == "session":
        with server.database.writing() as records:
            records.remove_where(LoginSession, id=session_id(cookie))
            note(records, caller, "session.delete")
    response.delete_cookie(COOKIE, path="/")


def _shown(caller: Caller, server: State) -> SessionOut:
    return SessionOut(
        name=caller.name, is_admin=caller.is_admin, via=caller.via, csrf=caller.csrf,
        needs_login=server.needs_login, oidc=server.settings.oidc is not None,
    )  # fmt: skip


@router.get("/oidc/login", status_code=302, response_class=RedirectResponse, responses=responses())
def begin_sign_on(request: Request, server: Server) -> Response:
    """Go to the provider (authorisation code with PKCE)."""
    provider = _provider(server)
    begun = oidc.begin(provider, _callback(request, server))
    response = RedirectResponse(begun.url, 302)
    is_safe = request.url.scheme == "https"
    response.set_cookie(
        _STATE_COOKIE, begun.cookie, 600, httponly=True, samesite="lax", secure=is_safe, path="/v1/oidc"
    )
    return response


@router.get("/oidc/callback", status_code=303, response_class=RedirectResponse, responses=responses())
def end_sign_on(
    request: Request, server: Server, code: Annotated[str, Query(max_length=4000)],
    state: Annotated[str, Query(max_length=200)],
) -> Response:  # fmt: skip
    """Come back from the provider, signed in."""
    provider = _provider(server)
    cookie = request.cookies.get(_STATE_COOKIE, "")
    claims = oidc.end(provider, code=code, state=state, cookie=cookie, callback=_callback(request, server))
    response = RedirectResponse("/", 303)
    address = request.client.host if request.client else ""
    with server.database.writing() as records:
        user = _known(records, claims, is_admin=provider.is_admin(claims))
        _begun(records, user, response, request, address)
    response.delete_cookie(_STATE_COOKIE, path="/v1/oidc")
    return response


def _known(records: Records, claims: dict[str, Any], *, is_admin: bool) -> User:
    subject = f"{claims['iss']} {claims['sub']}"
    user = records.first(User, subject=subject)
    if user is None:
        name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:100]
        if records.first(User, name=name) is not None:
            name = f"{name} ({secrets.token_hex(3)})"
        email = str(claims.get("email", ""))[:320]
        user = records.add(User(name=plain(name), email=email, subject=subject, password=""))
    if not user.is_active:
        raise Problem("forbidden", "this user was made inactive; ask an administrator")
    user.is_admin = is_admin
    return user


def _provider(server: State) -> oidc.Provider:
    if server.settings.oidc is None:
        raise Problem("not-found", "single sign-on is not set up; sign in with a password")
    return oidc.provider_of(server.settings.oidc)


def _callback(request: Request, server: State) -> str:
    base = server.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/v1/oidc/callback"
