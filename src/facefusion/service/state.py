"""What a running server holds, and how a route comes by it."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from facefusion.errors import DiskFull
from facefusion.jobs.crew import Crew
from facefusion.jobs.database import Database
from facefusion.jobs.looking import has_users
from facefusion.jobs.storage import Storage
from facefusion.service.feed import Feed
from facefusion.service.passwords import KnownKeys
from facefusion.service.rates import Rates, Seen, Strangers
from facefusion.service.settings import ServiceSettings


@dataclass(eq=False)
class State:
    """One server. secret: what seals keys in the database."""

    settings: ServiceSettings
    database: Database
    storage: Storage
    secret: bytes
    feed: Feed
    crew: Crew | None = None
    known_keys: KnownKeys = field(default_factory=KnownKeys)
    rates: Rates = field(default_factory=Rates)
    seen: Seen = field(default_factory=Seen)
    strangers: Strangers = field(default_factory=Strangers)
    stopping: threading.Event = field(default_factory=threading.Event)
    _has_users: bool = False

    @property
    def uploads(self) -> Path:
        """Where uploads lie until they are whole."""
        return self.settings.folder / "uploads"

    @property
    def needs_login(self) -> bool:
        """Whether somebody has to say who they are."""
        if self.settings.oidc is not None or not self.settings.is_loopback or self._has_users:
            return True
        with self.database.looking() as connection:
            self._has_users = has_users(connection)
        return self._has_users

    def check_room(self, promised: int = 0) -> None:
        """Raise DiskFull when no new work can be taken, or not `promised` bytes more."""
        free = shutil.disk_usage(self.settings.folder).free - promised
        if free < self.settings.limits.free_bytes:
            raise DiskFull("the disk is full; free some space")


async def state_of(request: Request) -> State:
    """The server that a request came to. A coroutine, since a plain function would be sent to a thread."""
    state: Any = request.app.state.facefusion
    assert isinstance(state, State)
    return state


Server = Annotated[State, Depends(state_of)]
