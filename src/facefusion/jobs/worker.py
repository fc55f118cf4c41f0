"""A worker: takes one task after another, tells how far it is, and stops in good order."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from facefusion.core import Progress, ProgressEvent
from facefusion.errors import Cancelled, DiskFull
from facefusion.jobs.bundle import bundle_of
from facefusion.jobs.database import Database, Unreachable
from facefusion.jobs.execution import Executor
from facefusion.jobs.faults import fault_of, is_final
from facefusion.jobs.queue import Doing, Lease, Queue
from facefusion.jobs.storage import Storage, StorageDown

log = logging.getLogger("facefusion.worker")
_IDLE_SECONDS, _TELL_SECONDS = 0.3, 0.5
_PATIENCE_SECONDS = 600.0
_AWAY_SECONDS = 2.0
_FULL = "the worker's disk is full; free some space, then resume the job"


@dataclass(eq=False)
class Worker:
    """One process's side of the queue. drain_seconds: how long a task may go on after `stop`.

    reserve_bytes: with less room than this on the disk a task pauses, while there is still room to write that down.
    """

    database: Database
    storage: Storage
    executor: Executor
    folder: Path
    host: str
    pid: int
    software: str
    lease_seconds: float = 15.0
    drain_seconds: float = 30.0
    reserve_bytes: int = 100_000_000
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, *, until_idle: bool = False) -> None:
        """Take tasks until `stop`; with `until_idle` only while there are some."""
        queue = Queue(self.database, lease_seconds=self.lease_seconds)
        worker_id = _asked_again(
            lambda: queue.enlist(host=self.host, pid=self.pid, software=self.software), self.stopping
        )
        if worker_id is None:
            return
        while not self.stopping.is_set():
            lease = _asked_again(lambda: queue.claim(worker_id), self.stopping)
            if lease is not None:
                _Turn(self, queue, lease).take()
            elif until_idle and queue.is_idle():
                break
            else:
                self.stopping.wait(_IDLE_SECONDS)
        try:
            queue.dismiss(worker_id)
        except Unreachable:
            log.warning("the database is gone; this worker's tasks go to others when their leases end")

    def stop(self) -> None:
        """Take nothing more; what is being done may end."""
        self.stopping.set()


class _Turn:
    """One task in the hands of this worker."""

    def __init__(self, worker: Worker, queue: Queue, lease: Lease) -> None:
        self.worker, self.queue, self.lease = worker, queue, lease
        self.progress = Progress(self._hear)
        self.doing, self.told = Doing(), Doing()
        self.verdict = "go on"
        self.is_full = False
        self.ended = threading.Event()

    def take(self) -> None:
        """Do the work and hand it over, or say why not."""
        beats = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        beats.start()
        try:
            self._work()
        finally:
            self.ended.set()
            beats.join(timeout=5)

    def _work(self) -> None:
        try:
            bundle = bundle_of(self.worker.database, self.lease)
            if bundle is None:
                return
            result = self.worker.executor.execute(bundle, self.progress, self._show)
        except Cancelled:
            if self.is_full:
                self._settle(lambda: self.queue.pause(self.lease, _FULL))
            elif self.verdict != "lost":
                self._settle(lambda: self.queue.give_back(self.lease))
        except DiskFull as error:
            log.warning("%s: %s", self.lease.task_id, error)
            self._settle(lambda: self.queue.pause(self.lease, _FULL))
        except (StorageDown, Unreachable) as error:
            self._put_back(error)
        except Exception as error:
            if self._has_lost_its_files():
                self._put_back(error)
            else:
                self._failed(error)
        else:
            if self._settle(lambda: self.queue.complete(self.lease, result)) is False:
                log.warning("%s: done, but it was not wanted any more; left aside", self.lease.task_id)
                self._forget(result)

    def _put_back(self, error: Exception) -> None:
        log.warning("%s: given back, %s", self.lease.task_id, type(error).__name__)
        self.worker.stopping.wait(_AWAY_SECONDS)
        self._settle(lambda: self.queue.give_back(self.lease))

    def _has_lost_its_files(self) -> bool:
        """Whether the storage went away under the work, which then says that some file is not there."""
        try:
            self.worker.storage.check()
        except StorageDown:
            return True
        return False

    def _failed(self, error: Exception) -> None:
        said, final = fault_of(error, self.worker.folder), is_final(error)
        if not final:
            log.exception("%s: went wrong", self.lease.task_id)
        self._settle(lambda: self.queue.fail(self.lease, said, is_final=final))

    def _forget(self, result: Mapping[str, Any]) -> None:
        """Remove from the storage what this attempt handed over for nothing; nobody else writes under its token."""
        keys = [result.get("segment_key", ""), result.get("analysis_key", "")]
        keys += [one["key"] for one in result.get("artifacts", ())]
        for key in keys:
            if f"/{self.lease.token}/" in key:
                with suppress(StorageDown):
                    self.worker.storage.remove(key)

    def _settle(self, what: Callable[[], Any]) -> Any:
        """Tell the database how it ended, also when that is away for a while."""
        return _asked_again(what, None)

    def _hear(self, event: ProgressEvent) -> None:
        frames = event.done if event.phase == "render" else 0
        self.doing = replace(self.doing, phase=event.phase, frames=frames, total=event.total)

    def _show(self, picture: Path, frame: int) -> None:
        key = f"jobs/{self.lease.job_id}/newest.jpg"
        try:
            self.worker.storage.put(key, picture)
        except StorageDown:
            return
        self.doing = replace(self.doing, newest_key=key, newest_frame=frame)

    def _beat(self) -> None:
        renewed = time.monotonic()
        while not self.ended.wait(_TELL_SECONDS):
            news = self.doing if self.doing != self.told else None
            due = time.monotonic() - renewed > self.worker.lease_seconds / 4
            if news is not None or due:
                self._renew(news)
                renewed = time.monotonic()
            self._drain()
            self._look_for_room()

    def _look_for_room(self) -> None:
        with suppress(OSError):
            if shutil.disk_usage(self.worker.folder).free < self.worker.reserve_bytes:
                self.is_full = True
                self.progress.cancel()

    def _renew(self, news: Doing | None) -> None:
        try:
            self.verdict = self.queue.heartbeat(self.lease, news)
        except Unreachable:
            return
        self.told = news or self.told
        if self.verdict != "go on":
            self.progress.cancel()

    def _drain(self) -> None:
        if not self.worker.stopping.is_set():
            return
        self._since = getattr(self, "_since", time.monotonic())
        if time.monotonic() - self._since > self.worker.drain_seconds:
            self.progress.cancel()


def _asked_again(what: Callable[[], Any], stopping: threading.Event | None) -> Any:
    """What the database answers, asked again while it is away; None when told to stop, or after ten minutes."""
    begun, wait = time.monotonic(), 0.5
    while time.monotonic() - begun < _PATIENCE_SECONDS:
        try:
            return what()
        except Unreachable:
            log.warning("the database does not answer; asking again in %.1f s", wait)
        if stopping is not None and stopping.wait(wait):
            return None
        if stopping is None:
            time.sleep(wait)
        wait = min(wait * 2, 10.0)
    return None
