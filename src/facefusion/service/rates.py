"""How often somebody may ask: a bucket that fills steadily, for each caller."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

_MOST_KNOWN = 20_000
_SEEN_SECONDS = 600.0


class Rates:
    """Buckets by name, in this process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, name: str, *, per_minute: int) -> float:
        """0 when one more is allowed now (and it is counted), else how long to wait. per_minute 0: no limit."""
        if per_minute <= 0:
            return 0.0
        most, a_second = max(1.0, per_minute / 6), per_minute / 60
        now = time.monotonic()
        with self._lock:
            left, seen = self._buckets.pop(name, (most, now))
            left = min(most, left + (now - seen) * a_second)
            allowed = left >= 1
            self._buckets[name] = (left - 1 if allowed else left, now)
            while len(self._buckets) > _MOST_KNOWN:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / a_second


class Seen:
    """Who looked at what a moment ago, so that a player's hundred requests for parts are one line in the audit."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, who: str, thing: str) -> bool:
        """Whether this is the first look for ten minutes; it counts as one."""
        now = time.monotonic()
        with self._lock:
            last = self._times.get((who, thing))
            if last is not None and now - last < _SEEN_SECONDS:
                return False
            self._times[who, thing] = now
            self._times.move_to_end((who, thing))
            while len(self._times) > _MOST_KNOWN:
                self._times.popitem(last=False)
        return True


class Strangers:
    """Wrong passwords for names that nobody has: they lock as well, or a lock would tell which names there are."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, name: str) -> float:
        """How long the name is locked."""
        with self._lock:
            return max(0.0, self._failures.get(name, (0, 0.0))[1] - time.monotonic())

    def count(self, name: str, *, most: int, seconds: float) -> bool:
        """Note a wrong password; gives back whether the name is locked by it."""
        with self._lock:
            failures = self._failures.pop(name, (0, 0.0))[0] + 1
            is_locked = failures >= most
            self._failures[name] = (0, time.monotonic() + seconds) if is_locked else (failures, 0.0)
            while len(self._failures) > _MOST_KNOWN:
                self._failures.popitem(last=False)
        return is_locked
