"""Ctrl-C: the first asks the run to stop and clean up, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from facefusion.core import Progress
from facefusion.errors import Cancelled


@contextmanager
def stopped_by_signals(progress: Progress) -> Iterator[None]:
    """Cancel `progress` on SIGINT, and on SIGTERM and SIGBREAK where the system has them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        if progress.is_cancelled:
            os._exit(Cancelled.exit_code)
        progress.cancel()

    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGBREAK") if (number := getattr(signal, name, None))]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
