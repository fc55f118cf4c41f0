"""What was worked out for the last frames: once, whichever thread asks first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from facefusion.core import Frame

Found = TypeVar("Found")


class _Place:
    """One result, or the lock of the thread that is at it."""

    def __init__(self) -> None:
        self.lock, self.value, self.is_known = Lock(), None, False


class Kept:
    """Results by frame and name, of the last `most` frames that were asked for. Safe in threads.

    What one result is worked out from may be asked for while it is; nothing may ask for itself.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._frames: OrderedDict[Frame, dict[Hashable, Any]] = OrderedDict()

    def get(self, frame: Frame, name: Hashable, make: Callable[[], Found]) -> Found:
        """The result of `make` for `frame`, whose name is `name`; it has to depend on these alone."""
        with self._lock:
            places = self._frames.setdefault(frame, {})
            self._frames.move_to_end(frame)
            while len(self._frames) > self._most:
                self._frames.popitem(last=False)
            place = places.setdefault(name, _Place())
        with place.lock:
            if not place.is_known:
                place.value, place.is_known = make(), True
            found: Found = place.value
            return found
