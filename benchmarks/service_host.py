"""A real server in a process of its own, to be measured and killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]


class Host:
    """One server on this machine; may be ended and started again on the same folder."""

    def __init__(self, folder: Path, **said: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.said = {"folder": str(folder), "port": self.port, **said}
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "server.log"

    def start(self) -> None:
        """Start, and wait until it answers."""
        path = os.pathsep.join([str(ROOT), *sys.path])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.service_host", json.dumps(self.said)],
                cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, stdout=log, stderr=log,
            )  # fmt: skip
        for _ in range(300):
            try:
                if httpx.get(f"{self.address}/livez", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise RuntimeError(f"the server does not start; see {self.log}")

    def kill(self) -> None:
        """End it without a word."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in good order."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=60)


def main() -> None:
    """The server side."""
    from facefusion.service.server import serve
    from facefusion.service.settings import Limits, ServiceSettings

    said = json.loads(sys.argv[1])
    if "marked" in said:
        _mark_as_of(said.pop("marked"))
    limits = Limits(requests_per_minute=0, open_jobs=0)
    serve(ServiceSettings(**{"reports": False, **said, "folder": Path(said["folder"])}, limits=limits))


def _mark_as_of(seconds: float) -> None:
    """Let the marks of every job carry one time, so that the outputs of two servers can be compared bit by bit."""
    from sqlalchemy import event

    from facefusion.jobs.tables import Job

    @event.listens_for(Job, "before_insert")
    def mark(mapper: Any, connection: Any, job: Job) -> None:
        job.marked = seconds


if __name__ == "__main__":
    main()
