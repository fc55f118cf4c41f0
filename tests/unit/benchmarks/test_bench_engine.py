"""The benchmarks of the render engine, on figures made by hand."""

from __future__ import annotations

import threading
import time

import pytest
from benchmarks import cached, kill, stages, workers
from benchmarks.cost import Spent
from benchmarks.kill import Killed, Undisturbed


def burn(seconds: float) -> None:
    """Use the processor for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_stage_does_not_count_what_is_inside_of_it() -> None:
    clock = stages.Clock()
    with clock.within("outer"):
        burn(0.02)
        with clock.within("inner"):
            burn(0.05)
    assert 0.015 < clock.seconds["outer"] < 0.04
    assert 0.045 < clock.seconds["inner"] < 0.07


def test_waiting_does_not_count_and_threads_are_told_apart() -> None:
    clock = stages.Clock()

    def work() -> None:
        with clock.within("other"):
            burn(0.03)

    with clock.within("main"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        time.sleep(0.02)
    assert clock.seconds["main"] < 0.01
    assert clock.seconds["other"] > 0.025


def test_the_steps_of_a_generator_are_clocked_and_it_is_closed() -> None:
    clock, closed = stages.Clock(), []

    def numbers() -> object:
        try:
            for number in range(5):
                burn(0.01)
                yield number
        finally:
            closed.append(True)

    items = clock.clocked("count", numbers)()
    assert next(items) == 0
    burn(0.02)
    items.close()
    assert closed == [True]
    assert 0.005 < clock.seconds["count"] < 0.02


def test_every_stage_is_there_and_is_put_back() -> None:
    from facefusion.media.joining import Joining

    before = Joining.finish
    with stages.clocks_on(stages.Clock()):
        assert Joining.finish is not before
    assert Joining.finish is before


def test_shares_are_judged_without_the_four_that_a_run_is_for() -> None:
    row = {"decode": 0.2, "models": 0.2, "warp and blend": 0.3, "encode": 0.2, "flow": 0.06, "other": 0.04}
    result = stages.summary({"720p": row}, {"720p": 100.0})
    assert result.figures["largest_other_share_720p"] == 0.06
    assert result.misses() == []


def test_the_speed_up_is_that_of_medians() -> None:
    spent = {1: [Spent(10, 10), Spent(12, 10), Spent(11, 10)], 2: [Spent(6, 11), Spent(5.5, 11), Spent(9, 11)]}
    result = workers.summary(spent, {"one"}, [1.9, 1.95])
    assert result.name == "workers"
    assert result.figures["speed_up"] == 11 / 6
    assert result.figures["processor_time_ratio"] == 1.1
    assert result.misses() == []
    assert [bar.figure for bar in workers.summary(spent, {"one", "two"}, [2.0]).misses()] == ["other_results"]


def test_a_speed_up_on_a_machine_that_was_not_free_is_no_claim() -> None:
    spent = {1: [Spent(10, 10)], 2: [Spent(9, 11)]}
    result = workers.summary(spent, {"one"}, [1.9, 1.2])
    assert result.name == "workers_disturbed"
    assert result.figures["machine_speed_up"] == pytest.approx(1.55)
    assert workers.machine_speed_up(1) == pytest.approx(1, rel=0.9)


def test_a_second_run_is_judged_by_medians() -> None:
    result = cached.summary([(10.0, 6.0), (20.0, 5.0), (11.0, 7.0)], {"one"})
    assert result.figures["second_over_first"] == 6 / 11


def test_kills_are_judged_by_the_worst() -> None:
    good = Killed("segments", 3.0, had_appeared=False, finished=4, in_flight=2, kept=4, is_same=True)
    lost = Killed("segments", 3.0, had_appeared=False, finished=4, in_flight=2, kept=3, is_same=True)
    other = Killed("segments", 3.0, had_appeared=False, finished=4, in_flight=3, kept=4, is_same=False)
    assert kill.summary([good] * 20, Undisturbed(9.0, 0.1, 4, ""), 2).misses() == []
    assert kill.summary([good] * 20, Undisturbed(9.0, 0.1, 4, ""), 2).name == "kill"
    assert [bar.figure for bar in kill.summary([good, lost], Undisturbed(9.0, 0.1, 4, ""), 2).misses()] == [
        "segments_lost"
    ]
    assert len(kill.summary([good, other], Undisturbed(9.0, 0.1, 4, ""), 2).misses()) == 2
