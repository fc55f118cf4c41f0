"""A worker as a process of its own: `python -m facefusion.jobs.worker_process`, told everything in one JSON line."""

from __future__ import annotations

import importlib
import json
import logging
import os
import platform
import signal
import sys
import threading
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

from facefusion import __version__

_BEHIND = 5


def main(said: dict[str, Any]) -> None:
    """said: database, storage, folder, threads, parent (a process id, 0 for none), executor (`module:name`)."""
    from facefusion.jobs.database import Database, Unreachable
    from facefusion.jobs.queue import Queue
    from facefusion.jobs.sealing import server_secret
    from facefusion.jobs.storage import storage_at
    from facefusion.jobs.worker import Worker
    from facefusion.jobs.workplace import Workplace

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    folder = Path(said["folder"])
    storage = storage_at(said.get("storage", ""), folder=folder)
    workplace = Workplace(folder / "work" / platform.node(), storage)
    module, _, name = said.get("executor", "facefusion.jobs.execution:EngineExecutor").partition(":")
    make = getattr(importlib.import_module(module), name)
    executor = make(workplace, threads=said.get("threads", 1), secret=server_secret(folder))
    database = Database(said["database"])
    with suppress(Unreachable):
        workplace.tidy(*Queue(database).at_work())
    worker = Worker(
        database, storage, executor, workplace.folder, platform.node(), os.getpid(), __version__,
        lease_seconds=said.get("lease_seconds", 15.0), drain_seconds=said.get("drain_seconds", 30.0),
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if said.get("parent"):
        _step_back()
        threading.Thread(target=_leave_with, args=(int(said["parent"]), worker), daemon=True).start()
    with closing(executor) if hasattr(executor, "close") else nullcontext():
        worker.run()


def _step_back() -> None:
    """Let the server that started this process answer first where both want the processor."""
    if hasattr(os, "nice"):
        os.nice(_BEHIND)


def _leave_with(parent: int, worker: Any) -> None:
    """Stop when the server that started this process has gone."""
    while os.getppid() == parent:
        if worker.stopping.wait(1.0):
            return
    worker.stop()


if __name__ == "__main__":
    main(json.loads(os.environ.get("FACEFUSION_WORKER") or sys.stdin.readline()))
