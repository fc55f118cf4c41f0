"""Passwords and keys: argon2 hashes, and keys whose secret half is shown once."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER: Final = PasswordHasher()
_KEYS: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_PREFIX: Final = "ff"
_KNOWN_SECONDS: Final = 300.0
_MOST_KNOWN: Final = 4096


def hashed(password: str) -> str:
    """An argon2id hash of a password."""
    return _HASHER.hash(password)


def matches(digest: str, password: str) -> bool:
    """Whether a password has this hash; takes as long where there is no hash, so that names cannot be guessed."""
    try:
        return _HASHER.verify(digest or _NOBODY, password) and bool(digest)
    except (Argon2Error, InvalidHashError):
        return False


def new_key(key_id: str) -> tuple[str, str]:
    """A key to show once, and the hash to keep."""
    secret = secrets.token_urlsafe(32)
    return f"{_PREFIX}_{key_id}_{secret}", _KEYS.hash(secret)


def parts_of(key: str) -> tuple[str, str] | None:
    """The id and the secret of a key; None for what is none."""
    prefix, _, rest = key.partition("_")
    word, _, rest = rest.partition("_")
    number, _, secret = rest.partition("_")
    return (f"{word}_{number}", secret) if prefix == _PREFIX and secret else None


class KnownKeys:
    """Keys that were right a moment ago, by their digest, so that argon2 is not asked at every request."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def matches(self, digest: str, secret: str) -> bool:
        """Whether a secret has this hash. Whoever asks has looked up the key, so a revoked one is not found here."""
        name = hashlib.sha256(f"{digest}\n{secret}".encode()).hexdigest()
        now = time.monotonic()
        with self._lock:
            if self._known.get(name, 0.0) > now:
                return True
        try:
            _KEYS.verify(digest, secret)
        except (Argon2Error, InvalidHashError):
            return False
        with self._lock:
            self._known[name] = now + _KNOWN_SECONDS
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return True


_NOBODY: Final = hashed(secrets.token_urlsafe(16))
