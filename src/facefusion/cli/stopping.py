"""Ctrl-C: the first asks the run to stop and clean up, the second ends the process at once."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from facefusion.core import Progress
from facefusion.errors import Cancelled

_PATIENCE_SECONDS = 1.0
"""How long the run may take to notice; a first run that compiles its inner loops would take ten times as long."""


def _wake_main_thread() -> None:
    """As if Ctrl-C came again; only a real signal ends a wait for a lock, and only POSIX has it."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@contextmanager
def stopped_by_signals(progress: Progress) -> Iterator[None]:
    """Cancel `progress` on SIGINT, and on SIGTERM and SIGBREAK where the system has them.

    When nothing has come of it after a second, KeyboardInterrupt is raised wherever the main thread is, so that
    everything it holds is still put away.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_overdue = threading.Event()

    def insist() -> None:
        is_overdue.set()
        _wake_main_thread()

    timer = threading.Timer(_PATIENCE_SECONDS, insist)
    timer.daemon = True

    def stop(number: int, _: FrameType | None) -> None:
        if is_overdue.is_set():
            is_overdue.clear()
            raise KeyboardInterrupt
        if progress.is_cancelled:
            os._exit(Cancelled.exit_code)
        progress.cancel()
        timer.start()

    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGBREAK") if (number := getattr(signal, name, None))]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
