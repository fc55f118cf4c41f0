"""Numbers for Prometheus: what the database says when it is asked, and how requests went."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from facefusion.jobs.states import STATES
from facefusion.jobs.tables import Job, Task, WorkerRow
from facefusion.service.state import State

REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter("facefusion_requests", "Answers", ["method", "route", "status"], registry=REGISTRY)
SECONDS: Final = Histogram(
    "facefusion_request_seconds", "Time to the first byte", ["method", "route"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip


class _Stored:
    def __init__(self, server: State) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        """Jobs by state, tasks by state, workers, free bytes."""
        with self._server.database.reading() as records:
            jobs = GaugeMetricFamily("facefusion_jobs", "Jobs", labels=["state"])
            for state in STATES:
                jobs.add_metric([state], records.count(Job, state=state))
            tasks = GaugeMetricFamily("facefusion_tasks", "Pieces of work", labels=["state"])
            for state in ("waiting", "ready", "running", "failed"):
                tasks.add_metric([state], records.count(Task, state=state))
            workers = GaugeMetricFamily("facefusion_workers", "Worker processes", value=records.count(WorkerRow))
        free = GaugeMetricFamily(
            "facefusion_free_bytes", "Room on the disk", value=shutil.disk_usage(self._server.settings.folder).free
        )
        yield from (jobs, tasks, workers, free)


def exposed(server: State) -> tuple[bytes, str]:
    """The numbers as text, and its type."""
    stored = CollectorRegistry()
    stored.register(_Stored(server))
    return generate_latest(REGISTRY) + generate_latest(stored), CONTENT_TYPE_LATEST
