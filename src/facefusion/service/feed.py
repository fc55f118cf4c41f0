"""The newest events, read once for everybody who waits for some."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from facefusion.jobs.database import Database, Unreachable
from facefusion.jobs.looking import newer_events, newest_event
from facefusion.jobs.states import ENDED

log = logging.getLogger("facefusion.feed")
_LOOK_SECONDS: Final = 0.1
_MOST_KEPT: Final = 5000
_NEVER: Final = 1 << 62
_MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as a stream says it. may_end: whether its job ended with it."""

    id: int
    project_id: str
    job_id: str
    text: str
    may_end: bool


def told(row: Any) -> Told:
    """A stored event."""
    said = {name: getattr(row, name) for name in ("id", "created", "project_id", "job_id", "kind", "data")}
    text = f"id: {row.id}\nevent: {row.kind}\ndata: {json.dumps(said, separators=(',', ':'))}\n\n"
    return Told(row.id, row.project_id, row.job_id, text, row.kind == "state" and row.data.get("state") in ENDED)


class Feed:
    """Reads new events while somebody waits and keeps the last ones; all but the reading is done on the loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: deque[Told] = deque()
        self._after = _NEVER
        """Every event after this one, up to the newest that was read, is kept."""
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look."""
        self._loop = loop
        threading.Thread(target=self._look, name="feed", daemon=True).start()

    def stop(self) -> None:
        """Look no more; whoever waits is woken."""
        self._stop.set()
        self._tell(self._wake, list(self._waiting))

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def begins_after(self) -> int:
        """Everything up to here was stored before it was read; 0 while nothing was."""
        return 0 if self._after == _NEVER else self._after

    def since(self, after: int, of: str) -> Sequence[Told] | None:
        """The kept events after `after` of a job or a project; None where older ones would have to be read."""
        if after < self._after:
            return None
        newer: list[Told] = []
        for one in reversed(self._kept):
            if one.id <= after:
                break
            if of in (one.job_id, one.project_id):
                newer.append(one)
        return newer[::-1]

    async def wait(self, of: str, after: int, seconds: float) -> bool:
        """Wait for anything after `after` of a job or a project; False when the time is over."""
        if self._after != _NEVER and self.since(after, of) != []:
            return True
        mine = asyncio.Event()
        self._waiting[of].add(mine)
        try:
            await asyncio.wait_for(mine.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting[of].discard(mine)
            if not self._waiting[of]:
                del self._waiting[of]
        return True

    def _look(self) -> None:
        last: int | None = None
        while not self._stop.wait(_LOOK_SECONDS):
            if not self._waiting:
                continue
            try:
                last = self._seen(last)
            except Unreachable:
                continue

    def _seen(self, last: int | None) -> int:
        """Read what follows `last`; where that is too much at once, everybody reads their own and it begins anew."""
        with self._database.looking() as connection:
            rows = newer_events(connection, last, most=_MOST_AT_ONCE) if last is not None else ()
            if last is None or len(rows) == _MOST_AT_ONCE:
                newest = newest_event(connection)
                self._tell(self._begin, newest)
                return newest
        if rows:
            self._tell(self._take, [told(row) for row in rows])
            last = rows[-1].id
        return last

    def _begin(self, newest: int) -> None:
        self._kept.clear()
        self._after = newest
        self._wake(list(self._waiting))

    def _take(self, news: Sequence[Told]) -> None:
        self._kept.extend(news)
        while len(self._kept) > _MOST_KEPT:
            self._after = self._kept.popleft().id
        self._wake({one.job_id for one in news} | {one.project_id for one in news})

    def _wake(self, whose: Iterable[str]) -> None:
        for of in whose:
            for one in self._waiting.get(of, ()):
                one.set()

    def _tell(self, what: Any, about: Any) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(what, about)
