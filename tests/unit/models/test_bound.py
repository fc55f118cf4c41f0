"""Tensors that stay in buffers of a card; here the card's memory is the processor's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from facefusion.models import sessions
from facefusion.models.bound import BoundRuns
from facefusion.models.devices import Device, memory_of
from facefusion.models.graph_writer import Value, model, node, write
from facefusion.models.sessions import Session

PLACE = ("cpu", 0)


class Counting:
    """A runtime's session that counts its plain runs and those by buffers."""

    def __init__(self, real: Any) -> None:
        self._real, self.plain, self.bound = real, 0, 0

    def run(self, *arguments: Any) -> Any:
        self.plain += 1
        return self._real.run(*arguments)

    def run_with_iobinding(self, binding: Any) -> None:
        self.bound += 1
        self._real.run_with_iobinding(binding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def adding(tmp_path: Path) -> Path:
    """y = picture + person, of any number of pictures."""
    values = Value("picture", ("n", 3)), Value("person", (1, 3)), Value("y", ("n", 3))
    return write(tmp_path / "add.onnx", model([node("Add", ["picture", "person"], ["y"])], values[:2], values[2:]))


def counting(path: Path) -> Counting:
    return Counting(onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]))


def test_buffers_are_kept_and_answers_are_ones_own(adding: Path) -> None:
    session = counting(adding)
    runs = BoundRuns(session, PLACE, ["y"])
    person = np.array([[10, 20, 30]], np.float32)
    pictures = [np.full((2, 3), value, np.float32) for value in range(5)]
    found = [runs.run({"picture": picture, "person": person})[0] for picture in pictures]
    for picture, answer in zip(pictures, found, strict=True):
        np.testing.assert_array_equal(answer, picture + person)
    assert (session.plain, session.bound) == (1, 4)
    assert sum(map(len, runs._idle.values())) == 1
    np.testing.assert_array_equal(pictures[1], np.full((2, 3), 1))  # nothing was written into what was given
    runs.run({"picture": np.zeros((5, 3), np.float32), "person": person})
    assert (session.plain, session.bound) == (2, 4)  # new shapes are tried plainly first
    runs.forget()
    assert not runs._idle


def test_what_is_read_only_is_sent_once(adding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, ...]] = []
    real = onnxruntime.OrtValue.update_inplace
    monkeypatch.setattr(
        onnxruntime.OrtValue, "update_inplace", lambda self, array: (sent.append(array.shape), real(self, array))
    )
    runs = BoundRuns(counting(adding), PLACE, ["y"])
    anna, bert = np.array([[1, 2, 3]], np.float32), np.array([[4, 5, 6]], np.float32)
    anna.flags.writeable = False
    picture = np.zeros((2, 3), np.float32)
    for person in (anna, anna, anna, bert, bert, anna):
        (found,) = runs.run({"picture": picture, "person": person})
        np.testing.assert_array_equal(found, picture + person)
    assert sent.count((2, 3)) == 5
    assert sent.count((1, 3)) == 4  # anna, bert, bert again since it may have changed, anna


def test_threads_have_buffers_of_their_own(adding: Path) -> None:
    runs = BoundRuns(counting(adding), PLACE, ["y"])
    person = np.ones((1, 3), np.float32)

    def work(number: int) -> None:
        for value in range(50):
            picture = np.full((2, 3), number * 100 + value, np.float32)
            np.testing.assert_array_equal(runs.run({"picture": picture, "person": person})[0], picture + 1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))


def test_a_model_whose_answers_change_their_shape_is_run_plainly(tmp_path: Path) -> None:
    values = Value("x", (4,)), Value("y", (1, "n"), "int64")
    path = write(tmp_path / "some.onnx", model([node("NonZero", ["x"], ["y"])], values[:1], values[1:]))
    session = counting(path)
    runs = BoundRuns(session, PLACE, ["y"])
    for row in ([1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 1], [1, 0, 0, 0]):
        (found,) = runs.run({"x": np.array(row, np.float32)})
        np.testing.assert_array_equal(found, [np.flatnonzero(row)])
    assert session.plain == 4


def test_sessions_of_cards_use_them_and_others_do_not(adding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory_of(("cuda", "cpu"), 1) == memory_of(("tensorrt", "cuda", "cpu"), 1) == ("cuda", 1)
    assert memory_of(("cpu",), 0) is None
    plain = Session(adding, card=None, device=Device())
    monkeypatch.setattr(sessions, "memory_of", lambda providers, number: PLACE)
    bound = Session(adding, card=None, device=Device())
    arrays = np.random.default_rng(0).random((3, 3), dtype=np.float32), np.ones((1, 3), np.float32)
    for _ in range(3):
        np.testing.assert_array_equal(bound.run(*arrays)[0], plain.run(*arrays)[0])
    assert bound._spread._cards[0]._bound._idle
    assert plain._spread._cards[0]._bound is None
