"""How often somebody may ask: a bucket that fills steadily, for each caller."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

_MOST_KNOWN = 20_000


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
