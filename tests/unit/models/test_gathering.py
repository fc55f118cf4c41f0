"""Pictures that several threads ask for go through a model together, and none tells on another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from facefusion.errors import ModelInvalid, UnusableOutput
from facefusion.models import open_session
from facefusion.models.devices import Device
from facefusion.models.gathering import Gather, Row
from facefusion.models.graph_writer import Value, constant, model, node, write


class Slow:
    """A device that is busy until it is told to go on; doubles what it gets."""

    def __init__(self) -> None:
        self.may_go, self.has_begun = threading.Event(), threading.Event()
        self.batches: list[list[float]] = []

    def __call__(self, arrays: Row) -> Row:
        self.batches.append([float(one) for one in arrays[0][:, 0]])
        self.has_begun.set()
        assert self.may_go.wait(10)
        if (arrays[0] == 13).any():
            raise ModelInvalid("thirteen")
        return (arrays[0] * 2,)


def ask(gather: Gather, *values: float) -> list[float]:
    return [float(found[0][0, 0]) for found in gather.run([(np.full((1, 1), value),) for value in values])]


def waiting(gather: Gather, number: int) -> None:
    for _ in range(1000):
        if len(gather._waiting) == number:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{len(gather._waiting)} wait, not {number}")


def test_what_waits_goes_together_and_every_batch_has_one_size() -> None:
    device = Slow()
    gather = Gather(3, 1, device)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(ask, gather, 1)
        assert device.has_begun.wait(10)
        later = [pool.submit(ask, gather, value) for value in (2, 3, 4)]
        later.append(pool.submit(ask, gather, 5, 6))
        waiting(gather, 5)
        device.may_go.set()
        assert first.result(10) == [2]
        assert [one.result(10) for one in later] == [[4], [6], [8], [10, 12]]
    assert device.batches[0] == [1, 1, 1]
    assert [len(batch) for batch in device.batches] == [3, 3, 3]
    assert sorted({value for batch in device.batches[1:] for value in batch}) == [2, 3, 4, 5, 6]


def test_two_lanes_work_side_by_side() -> None:
    device = Slow()
    gather = Gather(2, 2, device)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, gather, value, value) for value in (1, 2, 3)]
        waiting(gather, 2)
        assert len(device.batches) == 2
        device.may_go.set()
        assert [one.result(10) for one in asked] == [[2, 2], [4, 4], [6, 6]]


def test_an_error_reaches_those_of_its_batch_and_nobody_after() -> None:
    device = Slow()
    device.may_go.set()
    gather = Gather(2, 1, device)
    with pytest.raises(ModelInvalid, match="thirteen"):
        ask(gather, 13)
    assert ask(gather, 4) == [8]


def test_pictures_of_other_shapes_go_by_themselves() -> None:
    shapes = []

    def run(arrays: Row) -> Row:
        shapes.append(arrays[0].shape)
        return arrays

    rows = [(np.zeros((1, side)),) for side in (2, 3, 2)]
    found = Gather(2, 1, run).run(rows)
    assert [one[0].shape for one in found] == [(1, 2), (1, 3), (1, 2)]
    assert shapes == [(2, 2), (2, 3)]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A layer that is no stranger to the order of sums: 300 numbers to 40, squeezed."""
    weights = np.random.default_rng(0).normal(size=(300, 40)).astype(np.float32)
    values = Value("x", ("n", 300)), Value("y", ("n", 40))
    nodes = [node("MatMul", ["x", "w"], ["sum"]), node("Tanh", ["sum"], ["y"])]
    return write(tmp_path / "layer.onnx", model(nodes, values[:1], values[1:], [constant("w", weights)]))


def test_an_answer_does_not_depend_on_who_else_was_there(network: Path) -> None:
    random = np.random.default_rng(1)
    pictures = random.random((24, 300), dtype=np.float32)
    session = open_session(network, device=Device(batch=4))
    alone = open_session(network)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: session.run_each(pictures[one : one + 1])[0], range(24)))
    for one, answer in enumerate(found):
        np.testing.assert_array_equal(answer, alone.run_each(pictures[one : one + 1])[0])


def test_only_whose_answer_is_no_number_is_told(tmp_path: Path) -> None:
    values = Value("x", ("n", 2)), Value("y", ("n", 2))
    path = write(tmp_path / "root.onnx", model([node("Sqrt", ["x"], ["y"])], values[:1], values[1:]))
    session = open_session(path, device=Device(batch=3))
    pictures = np.array([[1, 4], [-1, 4], [9, 16]], np.float32)

    def roots(one: int) -> str:
        try:
            return str(session.run_each(pictures[one : one + 1])[0].tolist())
        except UnusableOutput as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        first, second, third = pool.map(roots, range(3))
    assert (first, third) == ("[[1.0, 2.0]]", "[[3.0, 4.0]]")
    assert "no numbers" in second


def test_a_file_that_works_for_one_picture_only_is_taken_at_its_deed(tmp_path: Path) -> None:
    """It leaves the number of pictures free and makes a fixed shape of them inside, as many exports do."""
    values = Value("x", ("n", 2, 3)), Value("y", ("n", 6))
    shape = constant("shape", np.array([1, 6], np.int64))
    path = write(
        tmp_path / "baked.onnx", model([node("Reshape", ["x", "shape"], ["y"])], values[:1], values[1:], [shape])
    )
    pictures = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    for device in (Device(), Device(batch=4)):
        session = open_session(path, device=device)
        assert session.takes_batches
        for _ in range(2):
            np.testing.assert_array_equal(session.run_each(pictures)[0], pictures.reshape(4, 6))
        assert not session.takes_batches
