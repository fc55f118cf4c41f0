"""The worker processes of one machine: started, watched, started again, and stopped in good order."""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from facefusion.jobs.database import Database, Unreachable
from facefusion.jobs.queue import Queue

log = logging.getLogger("facefusion.crew")
_LOOK_SECONDS, _CALM_SECONDS, _LONGEST_PAUSE = 0.5, 30.0, 10.0


@dataclass(eq=False)
class Crew:
    """said: what every worker is told, as `worker_process.main` takes it."""

    database: Database
    said: dict[str, Any]
    size: int
    drain_seconds: float = 30.0
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None
    _pause: float = 0.0
    _calm_since: float = 0.0

    def start(self) -> None:
        """Start the workers and somebody who watches them."""
        self._processes = [self._started() for _ in range(self.size)]
        self._watch = threading.Thread(target=self._keep_up, name="crew", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Let every worker end its task, up to the time that draining may take, then end it."""
        self._stopping.set()
        for process in self._processes:
            with suppress(OSError):
                process.terminate()
        until = time.monotonic() + self.drain_seconds + 10
        for process in self._processes:
            try:
                process.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def pids(self) -> list[int]:
        """The processes that are there now."""
        return [process.pid for process in self._processes if process.poll() is None]

    def _started(self) -> subprocess.Popen[bytes]:
        told = json.dumps({**self.said, "parent": os.getpid(), "drain_seconds": self.drain_seconds})
        process = subprocess.Popen(
            [sys.executable, "-m", "facefusion.jobs.worker_process"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(told.encode() + b"\n")
        process.stdin.close()
        return process

    def _keep_up(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for place, process in enumerate(self._processes):
                if process.poll() is not None and not self._stopping.is_set():
                    log.warning("worker %d ended with %s; another takes its place", process.pid, process.returncode)
                    with suppress(Unreachable):
                        Queue(self.database).dismiss_process(host=platform.node(), pid=process.pid)
                    self._stopping.wait(self._pause)
                    self._pause = min(self._pause * 2 + 0.1, _LONGEST_PAUSE)
                    self._processes[place] = self._started()
                    self._calm_since = time.monotonic()
            if time.monotonic() - self._calm_since > _CALM_SECONDS:
                self._pause = 0.0
