"""Single sign-on by OpenID Connect: authorisation code with PKCE, state and nonce; signed by the provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import jwt

from facefusion.service.problems import Problem
from facefusion.service.settings import OidcSettings

_ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA")
_KNOWN_SECONDS: Final = 3600.0
_known: dict[str, tuple[float, Provider]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the cookie that it has to bring back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as it describes itself."""

    settings: OidcSettings
    issuer: str
    authorize: str
    token: str
    keys: str

    def is_admin(self, claims: dict[str, Any]) -> bool:
        """Whether the groups that the token names make an administrator of the server."""
        groups = claims.get("groups", ())
        return bool(self.settings.admin_group) and isinstance(groups, list) and self.settings.admin_group in groups


def provider_of(settings: OidcSettings) -> Provider:
    """The provider of an issuer, asked once an hour. Raises Problem when it does not answer."""
    with _lock:
        until, known = _known.get(settings.issuer, (0.0, None))
        if known is not None and until > time.monotonic() and known.settings == settings:
            return known
    said = _asked("GET", f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer", "").rstrip("/") != settings.issuer.rstrip("/"):
        raise Problem("unavailable", "the sign-on provider names another issuer; check --oidc-issuer")
    found = Provider(settings, said["issuer"], said["authorization_endpoint"], said["token_endpoint"], said["jwks_uri"])
    with _lock:
        _known[settings.issuer] = (time.monotonic() + _KNOWN_SECONDS, found)
    return found


def begin(provider: Provider, callback: str) -> Begun:
    """Where to go, and what to remember."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.settings.client_id,
        "redirect_uri": callback,
        "scope": "openid profile email",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Begun(f"{provider.authorize}?{urlencode(asked)}", ".".join((state, nonce, verifier)))


def end(provider: Provider, *, code: str, state: str, cookie: str, callback: str) -> dict[str, Any]:
    """The claims of who came back. Raises Problem for anything that does not fit."""
    parts = cookie.split(".")
    if len(parts) != 3 or not hmac.compare_digest(parts[0], state):
        raise Problem("not-signed-in", "this sign-on was not begun here; sign in again")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "client_id": provider.settings.client_id,
        "code_verifier": parts[2],
    }
    if provider.settings.client_secret:
        form["client_secret"] = provider.settings.client_secret
    said = _asked("POST", provider.token, data=form)
    claims = _checked(provider, str(said.get("id_token", "")))
    if not hmac.compare_digest(str(claims.get("nonce", "")), parts[1]):
        raise Problem("not-signed-in", "the provider's answer belongs to another sign-on; sign in again")
    return claims


def _checked(provider: Provider, token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        keys = jwt.PyJWKSet.from_dict(_asked("GET", provider.keys)).keys
        key = next(one for one in keys if header.get("kid") in (None, one.key_id))
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=list(_ALGORITHMS), audience=provider.settings.client_id, issuer=provider.issuer,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]}, leeway=30,
        )  # fmt: skip
        return claims
    except (jwt.PyJWTError, StopIteration):
        raise Problem("not-signed-in", "the provider's answer cannot be trusted; sign in again") from None


def _asked(method: str, url: str, **more: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, url, timeout=10, **more)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said
    except (httpx.HTTPError, json.JSONDecodeError):
        raise Problem("unavailable", "the sign-on provider does not answer as expected; try again later") from None
