"""One look at the newest events for everybody who waits for some."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress

from facefusion.jobs.database import Database, Unreachable
from facefusion.jobs.events import newest_event_id

log = logging.getLogger("facefusion.feed")
_LOOK_SECONDS = 0.25


class Feed:
    """Looks for new events while somebody waits; whoever is woken reads its own from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.newest = 0
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look."""
        self._loop = loop
        self._thread = threading.Thread(target=self._look, name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; whoever waits is woken."""
        self._stop.set()
        self._tell()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    async def wait(self, seconds: float) -> bool:
        """Wait for anything new; False when the time is over."""
        mine = asyncio.Event()
        self._waiting.add(mine)
        try:
            await asyncio.wait_for(mine.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(mine)
        return True

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            if not self._waiting:
                continue
            try:
                with self._database.reading() as records:
                    newest = newest_event_id(records)
            except Unreachable:
                continue
            if newest != self.newest:
                self.newest = newest
                self._tell()

    def _tell(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for one in list(self._waiting):
            one.set()
