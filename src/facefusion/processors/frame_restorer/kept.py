"""What was worked out for the frames that are in view: once, whichever thread asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from facefusion.core import Frame

Found = TypeVar("Found")


class _Place:
    """One result, or the lock of the thread that is at it."""

    def __init__(self) -> None:
        self.lock, self.value, self.is_known = threading.Lock(), None, False


class Kept:
    """Results by frame and name, of the frames that some thread has in view. Safe in threads.

    What one result is worked out from may be asked for while it is; nothing may ask for itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: dict[int, tuple[Frame, ...]] = {}
        self._frames: dict[Frame, dict[Hashable, Any]] = {}

    def view(self, frames: Sequence[Frame]) -> None:
        """From now on this thread works on `frames`; what no living thread has in view any more is let go."""
        with self._lock:
            self._views[threading.get_ident()] = tuple(frames)
            living = {thread.ident for thread in threading.enumerate()} | {threading.get_ident()}
            self._views = {thread: seen for thread, seen in self._views.items() if thread in living}
            wanted = {frame for seen in self._views.values() for frame in seen}
            self._frames = {frame: places for frame, places in self._frames.items() if frame in wanted}

    def get(self, frame: Frame, name: Hashable, make: Callable[[], Found]) -> Found:
        """The result of `make` for `frame`, whose name is `name`; it has to depend on these alone."""
        with self._lock:
            place = self._frames.setdefault(frame, {}).setdefault(name, _Place())
        with place.lock:
            if not place.is_known:
                place.value, place.is_known = make(), True
            found: Found = place.value
            return found
