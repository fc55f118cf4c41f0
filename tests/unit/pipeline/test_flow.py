"""Every side ends when one ends; order is kept; nothing piles up."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from facefusion.core import Progress
from facefusion.errors import Cancelled
from facefusion.pipeline.flow import Channel, Flow, mapped


def test_results_come_in_the_order_of_the_items() -> None:
    flow = Flow(Progress())

    def work(n: int) -> int:
        time.sleep(0.001 * ((n * 7) % 5))
        return n * n

    with flow:
        assert list(mapped(flow, work, range(50), workers=4, ahead=8)) == [n * n for n in range(50)]


def test_no_more_than_the_bound_is_ever_on_its_way() -> None:
    flow, lock, alive, most = Flow(Progress()), threading.Lock(), [0], [0]

    def items() -> Iterator[int]:
        for n in range(60):
            with lock:
                alive[0] += 1
                most[0] = max(most[0], alive[0])
            yield n

    with flow:
        for _ in mapped(flow, lambda n: n, items(), workers=2, ahead=6):
            time.sleep(0.002)
            with lock:
                alive[0] -= 1
    assert most[0] <= 6 + 3


@pytest.mark.parametrize("failing", [0, 1, 17])
def test_an_error_midway_ends_every_side_with_that_error(failing: int) -> None:
    flow, produced = Flow(Progress()), []

    def endless() -> Iterator[int]:
        n = 0
        while True:
            produced.append(n)
            yield n
            n += 1

    def work(n: int) -> int:
        if n == failing:
            raise ArithmeticError(f"frame {n}")
        return n

    before = threading.active_count()
    with pytest.raises(ArithmeticError, match=f"frame {failing}"), flow:
        list(mapped(flow, work, endless(), workers=2, ahead=4))
    assert threading.active_count() <= before
    assert len(produced) < failing + 20


def test_an_error_of_the_producer_ends_the_consumer() -> None:
    flow = Flow(Progress())
    channel: Channel[int] = Channel(flow, size=2)

    def produce() -> None:
        channel.put(1)
        raise OSError("the disk went away")

    flow.spawn("produce", produce)
    with pytest.raises(OSError, match="the disk went away"), flow:
        list(channel)


def test_an_error_of_the_consumer_ends_a_producer_that_waits_for_room() -> None:
    flow = Flow(Progress())
    channel: Channel[int] = Channel(flow, size=1)
    flow.spawn("produce", lambda: channel.fill(range(1000)))

    def consume() -> None:
        with flow:
            next(iter(channel))
            raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        consume()


def test_cancel_ends_the_run_soon() -> None:
    progress = Progress()
    flow = Flow(progress)

    def forever() -> Iterator[int]:
        n = 0
        while True:
            time.sleep(0.005)
            yield n
            n += 1

    threading.Timer(0.2, progress.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled), flow:
        sum(mapped(flow, lambda n: n, forever(), workers=2, ahead=4))
    assert time.monotonic() - begun < 1.0


def test_a_consumer_that_leaves_early_ends_the_flow() -> None:
    flow = Flow(Progress())

    with flow, closing(mapped(flow, lambda n: n, range(10_000), workers=2, ahead=4)) as results:
        assert next(results) == 0


def test_a_generator_around_a_flow_can_be_closed_early() -> None:
    def numbers() -> Generator[int, None, None]:
        with Flow(Progress()) as flow, closing(mapped(flow, lambda n: n, range(10_000), workers=2, ahead=4)) as results:
            yield from results

    before = threading.active_count()
    with closing(numbers()) as results:
        assert [next(results), next(results)] == [0, 1]
    assert threading.active_count() <= before


def test_the_consumers_own_error_wins_over_what_it_causes() -> None:
    def consume() -> None:
        flow = Flow(Progress())
        with flow, closing(mapped(flow, lambda n: n, range(10_000), workers=2, ahead=4)) as results:
            next(results)
            raise ValueError("mine")

    for _ in range(20):
        with pytest.raises(ValueError, match="mine"):
            consume()
