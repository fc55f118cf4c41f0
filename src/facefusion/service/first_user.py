"""The first user of a server, who is made where the server runs."""

from __future__ import annotations

import secrets
import time

from facefusion.errors import UsageError
from facefusion.jobs.database import Database
from facefusion.jobs.ids import new_id
from facefusion.jobs.migrating import migrate
from facefusion.jobs.tables import ApiKey, User
from facefusion.service.access import Caller
from facefusion.service.auditing import note
from facefusion.service.passwords import hashed, new_key
from facefusion.service.settings import ServiceSettings

_KEY_SECONDS = 365 * 86_400


def added(settings: ServiceSettings, name: str, *, is_admin: bool) -> dict[str, str]:
    """Add a user; gives back name, a password and an API key, both shown this once. Raises UsageError."""
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    migrate(database)
    password, key_id = secrets.token_urlsafe(12), new_id("key")
    key, digest = new_key(key_id)
    with database.writing() as records:
        if records.first(User, name=name) is not None:
            raise UsageError(f"user {name}: is there already; choose another name")
        is_admin = is_admin or records.count(User) == 0
        user = records.add(User(name=name, password=hashed(password), is_admin=is_admin))
        expires = time.time() + _KEY_SECONDS
        records.add(ApiKey(id=key_id, user_id=user.id, name="first", digest=digest, expires=expires))
        note(records, Caller("", "command line", is_admin=True), "user.create", thing=user.id, name=name)
    database.close()
    return {"name": name, "password": password, "key": key}
