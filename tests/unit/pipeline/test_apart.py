"""Faces that do not touch are changed side by side, and the picture is that of one after another."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from facefusion.core import Pixels
from facefusion.errors import UnusableOutput
from facefusion.pipeline.apart import Change, groups_apart, in_turn_or_at_once
from facefusion.pipeline.spans import Span

LEFT, RIGHT, MIDDLE, NOWHERE = Span(10, 10, 50, 50), Span(70, 10, 110, 50), Span(45, 20, 85, 60), Span(0, 0, 0, 0)


def test_groups_hold_what_stays_apart_in_order() -> None:
    assert groups_apart([LEFT, RIGHT, MIDDLE], 4) == [[0, 1], [2]]
    assert groups_apart([LEFT, MIDDLE, RIGHT], 4) == [[0], [1], [2]]
    assert groups_apart([LEFT, RIGHT], 1) == [[0], [1]]
    assert groups_apart([LEFT, Span(52, 10, 90, 50)], 4) == [[0], [1]]  # a hair's breadth is too near
    assert groups_apart([], 4) == []


def added(span: Span, value: int, wait: Callable[[], object] = lambda: None) -> Change:
    """Adds to a face what was there before, so that the order shows where faces overlap."""

    def change(pixels: Pixels) -> tuple[Pixels, str]:
        wait()
        found = pixels.copy()
        found[span.part] += found[span.part] // 2 + np.uint8(value)
        return found, f"added {value}"

    return change


@pytest.mark.parametrize("spans", [[LEFT, RIGHT, MIDDLE], [MIDDLE, LEFT, RIGHT], [LEFT], [LEFT, NOWHERE, RIGHT]])
def test_the_picture_is_that_of_one_after_another(spans: list[Span]) -> None:
    pixels = np.random.default_rng(0).integers(0, 100, (80, 120, 3), np.uint8)
    changes = [added(span, number + 1) for number, span in enumerate(spans)]
    kept = pixels.copy()
    one, notes = in_turn_or_at_once(pixels, changes, spans, 1)
    other, same = in_turn_or_at_once(pixels, changes, spans, 8)
    np.testing.assert_array_equal(one, other)
    assert notes == same == [f"added {number + 1}" for number in range(len(spans))]
    np.testing.assert_array_equal(pixels, kept)


def test_they_are_under_way_together() -> None:
    both = threading.Barrier(2, timeout=10)
    pixels = np.zeros((80, 120, 3), np.uint8)
    in_turn_or_at_once(pixels, [added(LEFT, 1, both.wait), added(RIGHT, 2, both.wait)], [LEFT, RIGHT], 2)


def test_an_error_of_one_is_the_error_of_the_frame() -> None:
    def broken(pixels: Pixels) -> tuple[Pixels, str]:
        raise UnusableOutput("frame 3: no numbers")

    with pytest.raises(UnusableOutput, match="frame 3"):
        in_turn_or_at_once(np.zeros((80, 120, 3), np.uint8), [added(LEFT, 1), broken], [LEFT, RIGHT], 2)
