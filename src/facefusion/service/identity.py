"""Who is asking: an API key, a signed-in browser, or the one person of a server of their own."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request

from facefusion.jobs.looking import key_called, roles_of, session_called
from facefusion.jobs.records import Records
from facefusion.jobs.tables import ApiKey, User
from facefusion.service.access import Caller
from facefusion.service.passwords import parts_of
from facefusion.service.problems import Problem
from facefusion.service.state import Server, State

COOKIE: Final = "facefusion_session"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "[::1]", "testserver")
_KEY_SEEN_SECONDS: Final = 60.0
_WRONG_KEYS_A_MINUTE: Final = 120


def caller_of(request: Request, server: Server) -> Caller:
    """The caller of a request. Raises Problem where nobody is signed in, or the request is another site's."""
    address = request.client.host if request.client else ""
    caller = _caller(request, server, address)
    wait = server.rates.wait_seconds(caller.name, per_minute=server.settings.limits.requests_per_minute)
    if wait:
        raise Problem("too-many-requests", f"ask again in {wait:.1f} s", headers={"retry-after": str(int(wait) + 1)})
    request.state.caller = caller
    return caller


Who = Annotated[Caller, Depends(caller_of)]


def _caller(request: Request, server: State, address: str) -> Caller:
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Problem("not-signed-in", f"authorization: got {scheme[:20]!r}, supported is Bearer with an API key")
        return _by_key(server, key.strip(), address)
    cookie = request.cookies.get(COOKIE)
    if cookie:
        return _by_cookie(request, server, cookie, address)
    if server.needs_login:
        raise Problem("not-signed-in", "sign in, or send an API key", headers={"www-authenticate": "Bearer"})
    check_same_site(request, server)
    return Caller("", "local", is_admin=True, address=address, via="local")


def _by_key(server: State, key: str, address: str) -> Caller:
    found = parts_of(key)
    if found is None:
        raise _no_key(server, address)
    key_id, secret = found
    with server.database.looking() as connection:
        row = key_called(connection, key_id)
        roles = roles_of(connection, row.user_id) if row is not None else {}
    now = time.time()
    if row is None or not row.is_active or not server.known_keys.matches(row.digest, secret):
        raise _no_key(server, address)
    if row.revoked is not None or (row.expires is not None and row.expires < now):
        raise Problem("not-signed-in", "this API key has expired or was revoked; make another one")
    if row.last_used is None or now - row.last_used > _KEY_SEEN_SECONDS:
        _note_use(server, key_id, now)
    return Caller(row.user_id, row.name, row.is_admin, address, "key", roles=roles)


def _no_key(server: State, address: str) -> Problem:
    """The answer to a wrong key; who tries many has to wait."""
    wait = server.rates.wait_seconds(f"wrong key {address}", per_minute=_WRONG_KEYS_A_MINUTE)
    if wait:
        return Problem(
            "too-many-requests", "too many wrong keys from here", headers={"retry-after": str(int(wait) + 1)}
        )
    return Problem("not-signed-in", "this is no API key of ours; make one in the application or with POST /v1/keys")


def _note_use(server: State, key_id: str, now: float) -> None:
    with server.database.writing() as records:
        row = records.locked(ApiKey, key_id)
        if row is not None:
            row.last_used = now


def _by_cookie(request: Request, server: State, cookie: str, address: str) -> Caller:
    with server.database.looking() as connection:
        row = session_called(connection, session_id(cookie))
        roles = roles_of(connection, row.user_id) if row is not None else {}
    if row is None or not row.is_active or row.expires < time.time():
        raise Problem("not-signed-in", "this session has ended; sign in again")
    check_same_site(request, server)
    if request.method not in _SAFE and not hmac.compare_digest(request.headers.get(CSRF_HEADER, ""), row.csrf):
        raise Problem("csrf", f"the header {CSRF_HEADER} is missing or wrong; take it from GET /v1/session")
    return Caller(row.user_id, row.name, row.is_admin, address, "session", csrf=row.csrf, roles=roles)


def check_same_site(request: Request, server: State) -> None:
    """Raise Problem for a request that another site's page has sent, or that came by a name that is not ours."""
    host = request.headers.get("host", "")
    if server.settings.is_loopback and _name_of(host) not in _LOCAL_NAMES:
        raise Problem("csrf", f"host: got {host[:100]!r}, this server answers to localhost only")
    if request.method in _SAFE:
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise Problem("csrf", "the request comes from a page of another site")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem("csrf", "the request comes from a page of another site")


def _name_of(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def session_id(cookie: str) -> str:
    """Under what name a cookie's session is stored; the database alone lets nobody in."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def user_of(records: Records, caller: Caller) -> User:
    """The stored user of a caller. Raises Problem on a server without users."""
    user = records.get(User, caller.user_id) if caller.user_id else None
    if user is None:
        raise Problem("conflict", "this server has no users; add one with POST /v1/users or facefusion serve add-user")
    return user
