"""Progress and cancellation: one object that is passed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from facefusion.errors import Cancelled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """A state of the run. `total` is 0 while unknown; `faces` counts faces worked on so far."""

    phase: str
    done: int
    total: int
    faces: int
    elapsed_seconds: float
    message: str = ""

    @property
    def per_second(self) -> float:
        return self.done / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        if not self.total or not self.done:
            return None
        return (self.total - self.done) * self.elapsed_seconds / self.done


Listener = Callable[[ProgressEvent], None]


def _no_listener(_: ProgressEvent) -> None:
    return None


@dataclass(slots=True, eq=False)
class Progress:
    """Counts work, tells a listener, and carries the request to stop.

    A listener that raises ends the run with that error. `cancel()` may be called from any thread or a signal handler.
    """

    listener: Listener = _no_listener
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _phase: str = ""
    _done: int = 0
    _total: int = 0
    _faces: int = 0
    _started: float = field(default_factory=time.monotonic)

    def cancel(self) -> None:
        """Ask the run to stop; the next `check` raises `Cancelled`."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` when the run was asked to stop."""
        if self._cancelled.is_set():
            raise Cancelled("cancelled: the run was stopped before it was done; nothing was written")

    def start(self, phase: str, *, total: int = 0) -> None:
        """Begin a phase of `total` frames (0: unknown)."""
        self.check()
        self._phase, self._total, self._done, self._faces = phase, total, 0, 0
        self._started = time.monotonic()
        self._tell("")

    def advance(self, *, frames: int = 1, faces: int = 0) -> None:
        """Count finished work and tell the listener; raises `Cancelled`."""
        self.check()
        self._done += frames
        self._faces += faces
        self._tell("")

    def say(self, message: str) -> None:
        """Send a line of text to the listener (a warning, say)."""
        self._tell(message)

    def track(self, items: Iterable[T]) -> Iterator[T]:
        """Yield `items`, counting one frame each; raises `Cancelled` between two."""
        for item in items:
            self.check()
            yield item
            self.advance()

    def _tell(self, message: str) -> None:
        elapsed = time.monotonic() - self._started
        self.listener(ProgressEvent(self._phase, self._done, self._total, self._faces, elapsed, message))
