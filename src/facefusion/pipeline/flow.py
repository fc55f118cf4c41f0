"""Threads joined by bounded channels. The first error of any side stops every side at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from facefusion.core import Progress

T = TypeVar("T")
R = TypeVar("R")
_TICK_SECONDS = 0.05
"""How long a side may wait before it looks whether the run has ended."""


class Stopped(Exception):
    """Another side failed, or the run was cancelled; never leaves a `Flow`."""


class Flow:
    """The sides of one run. A context: the body is one side, `spawn` starts others.

    When it ends, every side has ended. It raises the first error of any side, or `Cancelled`.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` in a thread of its own; what it raises ends the run."""
        thread = threading.Thread(target=self._guard, args=(work,), name=f"facefusion-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, GeneratorExit):
            self._stop.set()
        elif error is not None and not isinstance(error, Stopped):
            self._fail(error)
        for thread in self._threads:
            thread.join()
        if self._error is not None and self._error is not error:
            raise self._error from None
        if error is None or isinstance(error, Stopped):
            self._progress.check()

    def check(self) -> None:
        """Raise when the run is to end: `Cancelled`, or `Stopped` after another side's error."""
        self._progress.check()
        if self._stop.is_set():
            raise Stopped

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            pass
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._error is None:
                self._error = error
        self._stop.set()


class Channel(Generic[T]):
    """A bounded queue between two sides; whoever waits on it ends when the flow ends."""

    _END: Any = object()

    def __init__(self, flow: Flow, *, size: int) -> None:
        self._flow = flow
        self._queue: queue.Queue[Any] = queue.Queue(size)
        self._abandoned = threading.Event()

    def put(self, item: T) -> None:
        """Wait for room, then hand `item` over."""
        while True:
            self._flow.check()
            if self._abandoned.is_set():
                raise Stopped
            try:
                return self._queue.put(item, timeout=_TICK_SECONDS)
            except queue.Full:
                continue

    def close(self) -> None:
        """Say that nothing more comes."""
        self.put(self._END)

    def abandon(self) -> None:
        """Say that nobody takes anything any more; whoever puts ends."""
        self._abandoned.set()

    def fill(self, items: Iterable[T]) -> None:
        """Hand over all `items`, then close."""
        for item in items:
            self.put(item)
        self.close()

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._get()
            if item is self._END:
                return
            yield item

    def _get(self) -> Any:
        while True:
            self._flow.check()
            try:
                return self._queue.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                continue


def mapped(
    flow: Flow, work: Callable[[T], R], items: Iterable[T], *, workers: int, ahead: int
) -> Generator[R, None, None]:
    """`work` of every item, in the order of the items, by `workers` threads; at most `ahead` items are on their way."""
    channel: Channel[Future[R]] = Channel(flow, size=max(1, ahead - workers))
    pool = ThreadPoolExecutor(workers, thread_name_prefix="facefusion-render")
    flow.spawn("submit", lambda: channel.fill(_submitted(pool, work, item) for item in items))
    try:
        for future in channel:
            yield _result(flow, future)
    finally:
        channel.abandon()
        pool.shutdown(wait=True, cancel_futures=True)


def _submitted(pool: ThreadPoolExecutor, work: Callable[[T], R], item: T) -> Future[R]:
    try:
        return pool.submit(work, item)
    except RuntimeError as error:  # the pool was shut down: the consumer has left
        raise Stopped from error


def _result(flow: Flow, future: Future[R]) -> R:
    while True:
        flow.check()
        try:
            return future.result(timeout=_TICK_SECONDS)
        except FutureTimeout:
            if future.done():
                raise
