"""Bounded read-ahead: decode in a thread while the caller works."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


def prefetch(items: Iterable[T], *, depth: int = 4) -> Generator[T, None, None]:
    """Yield `items` in order, produced up to `depth` ahead by one thread.

    The first error of the producer is raised here, after the items that came before it. When the consumer stops early
    (break, exception, `close()`), the producer ends after the item in hand and the thread is joined.
    """
    if depth < 1:
        raise ValueError(f"prefetch depth: got {depth}, supported is at least 1")
    return _pump(items, depth)


def _pump(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    ready: queue.Queue[T | _End] = queue.Queue(depth)
    stopped = threading.Event()
    producer = threading.Thread(target=_produce, args=(items, ready, stopped), name="prefetch", daemon=True)
    producer.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stopped.set()
        _drain(ready)
        producer.join()


def _produce(items: Iterable[T], ready: queue.Queue[T | _End], stopped: threading.Event) -> None:
    iterator = iter(items)
    try:
        for item in iterator:
            if not _put(ready, item, stopped):
                return
        _put(ready, _End(), stopped)
    except BaseException as error:
        _put(ready, _End(error), stopped)
    finally:
        if isinstance(iterator, Generator):
            with closing(iterator):
                pass


def _put(ready: queue.Queue[T | _End], item: T | _End, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            ready.put(item, timeout=0.05)
            return True
        except queue.Full:
            continue
    return False


def _drain(ready: queue.Queue[T | _End]) -> None:
    while True:
        try:
            ready.get_nowait()
        except queue.Empty:
            return
