"""What is known of a face, held steady over its neighbours: the same in parts as in one, and never across a cut."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Analysis, FaceLight, Frame, Shot
from facefusion.faces.parse import Looked
from facefusion.pipeline.held import REACH, Known, Ready, held, median_of, steadily_known

COUNT, CUT = 12, 6
ANALYSIS = Analysis(COUNT, 64, 64, shots=(Shot(0, CUT), Shot(CUT, COUNT)))
MATRIX = np.eye(2, 3, dtype=np.float32)


def light(value: float) -> FaceLight:
    return FaceLight(np.full((4, 4, 3), value, np.float32), np.full(3, value / 2, np.float32))


def looked(value: float) -> Looked:
    return Looked(np.full((6, 6), value, np.float32), MATRIX)


def ready(index: int) -> Ready:
    """Light that trembles by a few percent around 0.2 before the cut and around 0.5 after it."""
    value = (0.2 if index < CUT else 0.5) * (1.03 if index % 2 else 0.97)
    return Ready(Frame(np.zeros((8, 8, 3), np.uint8), index), (), {7: Known(looked(0.9), light(value))})


def skin_at(items: dict[int, Ready], index: int) -> float:
    found = items[index].known[7].light
    assert found is not None
    return float(found.skin.mean())


def steadied(start: int, stop: int) -> dict[int, Ready]:
    return {one.frame.index: one for one in steadily_known((ready(i) for i in range(start, stop)), ANALYSIS)}


def test_light_that_trembles_is_steadied_and_stays_in_its_shot() -> None:
    whole = steadied(0, COUNT)
    assert list(whole) == list(range(COUNT))
    before = np.ptp([skin_at(whole, index) for index in range(2, 4)])
    assert before < 0.4 * 0.2 * 0.06
    assert skin_at(whole, CUT - 1) < 0.21
    assert skin_at(whole, CUT) > 0.48


def test_parts_are_the_same_as_the_whole() -> None:
    whole = steadied(0, COUNT)
    part = steadied(2, 9)
    for index in range(2 + REACH, 9 - REACH):
        np.testing.assert_array_equal(part[index].known[7].light.skin, whole[index].known[7].light.skin)  # type: ignore[union-attr]


def test_a_flash_stays_a_flash() -> None:
    around = {away: Known(light=light(0.5 if away == 0 else 0.2)) for away in range(-2, 3)}
    found = held(around).light
    assert found is not None
    assert found.skin.mean() == pytest.approx(0.5, rel=1e-3)
    assert found.lips is not None
    assert found.lips.mean() == pytest.approx(0.25, rel=1e-3)


def test_a_flickering_answer_is_decided_by_its_neighbours() -> None:
    answers = {-2: 0.95, -1: 0.9, 0: 0.4, 1: 0.95, 2: 0.92}
    found = held({away: Known(looked(value)) for away, value in answers.items()}).looked
    assert found is not None
    assert found.seen.max() == pytest.approx(0.92)


def test_what_is_surely_hidden_stays_hidden() -> None:
    answers = {-1: 0.95, 0: 0.05, 1: 0.95}
    found = held({away: Known(looked(value)) for away, value in answers.items()}).looked
    assert found is not None
    assert found.seen.max() == pytest.approx(0.05)


def test_answers_of_one_side_alone_do_not_decide() -> None:
    found = held({0: Known(looked(0.4)), 1: Known(looked(0.9)), 2: Known(looked(0.9))}).looked
    assert found is not None
    assert found.seen.max() == pytest.approx(0.4)


def test_nothing_known_stays_nothing() -> None:
    around = {-1: Known(looked(0.5), light(0.2)), 0: Known(), 1: Known(looked(0.5), light(0.2))}
    assert held(around).light is None
    assert held(around).looked is None


@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_the_median_is_the_median(count: int) -> None:
    arrays = list(np.random.default_rng(count).random((count, 9, 7)).astype(np.float32))
    np.testing.assert_array_equal(median_of(arrays), np.median(arrays, axis=0))
