"""Devices, what providers are told, and what happens when memory runs out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefusion.errors import DeviceLost, ModelInvalid, OutOfMemory, UsageError
from facefusion.models import open_session, sessions
from facefusion.models.devices import Device, Devices, engine_folder, parse_numbers, parse_overrides, provider_options
from facefusion.models.graph_writer import Value, model, node, write
from facefusion.models.sessions import Session


def test_a_model_goes_where_its_name_or_task_says() -> None:
    own = parse_overrides(["inswapper_128=cuda:1", "face_enhancer=cpu"])
    devices = Devices(Device(("tensorrt",), (2,)), own)
    assert devices.of("inswapper_128", "face_swapper") == Device(("cuda",), (1,))
    assert devices.of("gfpgan_1.4", "face_enhancer") == Device(("cpu",), (0,))
    assert devices.of("ghost_1_256", "face_swapper") == Device(("tensorrt",), (2,))
    assert parse_overrides(["a=cuda:0+2"])["a"].numbers == (0, 2)


@pytest.mark.parametrize("text", ["", "a", "0,1", "0+", "-1", "64", "²"])
def test_a_wrong_number_of_a_card_says_what_is_supported(text: str) -> None:
    with pytest.raises(UsageError, match=r"execution-device: .*like 1 or 0\+1"):
        parse_numbers(text)


@pytest.mark.parametrize("text", ["", "cuda", "=cuda", "a=", "a=cuda:x", "a=cuda:0+", "a=abacus"])
def test_a_wrong_override_says_what_is_supported(text: str) -> None:
    with pytest.raises(UsageError, match="cuda"):
        parse_overrides([text])


def test_engines_are_kept_apart() -> None:
    facts = {"model_sha256": "a", "runtime": "1.31", "driver": "550", "shapes": "1x3", "precision": "fp16"}
    first = engine_folder(Path("/x"), **facts)
    assert engine_folder(Path("/x"), **facts) == first
    for key in facts:
        assert engine_folder(Path("/x"), **{**facts, key: "other"}) != first


def test_what_providers_are_told() -> None:
    assert provider_options("cpu", 3) == {}
    assert provider_options("cuda", 3)["device_id"] == "3"
    told = provider_options("tensorrt", 0, engines=Path("/engines"))
    assert (told["trt_engine_cache_path"], told["trt_fp16_enable"]) == ("/engines", "1")
    assert provider_options("migraphx", 1)["device_id"] == provider_options("rocm", 1)["device_id"] == "1"


def test_where_memory_does_not_suffice_batches_are_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = Value("x", ("n", 4)), Value("y", ("n", 4))
    path = write(tmp_path / "neg.onnx", model([node("Neg", ["x"], ["y"])], value[:1], value[1:]))
    session = open_session(path)
    card, sizes = session._spread._cards[0], []
    real = card.session

    class Small:
        """A device with room for three."""

        def run(self, names: list[str], feeds: dict[str, Any]) -> Any:
            sizes.append(len(feeds["x"]))
            if sizes[-1] > 3:
                raise RuntimeError("CUDA error: out of memory while allocating 123 bytes")
            return real.run(names, feeds)

    monkeypatch.setattr(card, "session", Small())
    batch = np.random.default_rng(0).random((8, 4), dtype=np.float32)
    np.testing.assert_array_equal(session.run_each(batch)[0], -batch)
    assert sizes == [8, 4, 2, 2, 4, 2, 2]
    with pytest.raises(OutOfMemory, match=r"not enough memory on cpu; use fewer --threads"):
        session.run(batch)


class Card:
    """Stands for a loaded model on a card: says it runs on CUDA, notes its runs, dies where it is told to."""

    def __init__(self, real: Any, number: int, runs: list[int], dead: set[int]) -> None:
        self._real, self._number, self._runs, self._dead = real, number, runs, dead

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, *arguments: Any) -> Any:
        if self._number in self._dead:
            raise RuntimeError(f"CUDA failure 999: unknown error ; GPU={self._number}")
        self._runs.append(self._number)
        return self._real.run(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Session, list[int], set[int]]:
    """A model on the cards 0 and 2, the cards of its runs, and those that are dead."""
    value = Value("x", ("n", 4)), Value("y", ("n", 4))
    path = write(tmp_path / "neg.onnx", model([node("Neg", ["x"], ["y"])], value[:1], value[1:]))
    runs: list[int] = []
    dead: set[int] = set()
    real = sessions._load

    def loaded(path: Path, providers: Any, threads: int, number: int) -> Any:
        return Card(real(path, ("cpu",), threads, 0), number, runs, dead)

    monkeypatch.setattr(sessions, "_load", loaded)
    session = Session(path, card=None, providers=("cuda", "cpu"), warnings=(), threads=1, numbers=(0, 2))
    return session, runs, dead


def test_cards_share_the_runs_in_turns(two_cards: tuple[Session, list[int], set[int]]) -> None:
    session, runs, _ = two_cards
    for _ in range(4):
        session.run(np.ones((1, 4), np.float32))
    assert runs == [0, 2, 0, 2]
    with session._spread.freest() as busy:
        assert busy.number == 0
        session.run(np.ones((1, 4), np.float32))
        session.run(np.ones((1, 4), np.float32))
    assert runs[4:] == [2, 2]


def test_a_run_goes_on_on_another_card_when_one_dies(two_cards: tuple[Session, list[int], set[int]]) -> None:
    session, runs, dead = two_cards
    dead.add(0)
    np.testing.assert_array_equal(session.run(np.ones((1, 4), np.float32))[0], -np.ones((1, 4)))
    session.run(np.ones((1, 4), np.float32))
    assert runs == [2, 2]
    assert (session._spread.numbers, session.dead) == ((2,), (0,))
    dead.add(2)
    with pytest.raises(DeviceLost, match="neg: cuda stopped answering"):
        session.run(np.ones((1, 4), np.float32))


def test_a_card_that_does_not_start_leaves_the_work_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = Value("x", ("n", 4)), Value("y", ("n", 4))
    path = write(tmp_path / "neg.onnx", model([node("Neg", ["x"], ["y"])], value[:1], value[1:]))
    real, runs = sessions._load, []

    def loaded(path: Path, providers: Any, threads: int, number: int) -> Any:
        if providers != ("cpu",) and number == 1:
            raise ModelInvalid("neg: driver too old")
        return Card(real(path, ("cpu",), threads, 0), number, runs, set())

    monkeypatch.setattr(sessions, "_load", loaded)
    session = Session(path, card=None, providers=("cuda", "cpu"), warnings=(), threads=1, numbers=(0, 1))
    assert session._spread.numbers == (0,)
    assert [str(one) for one in session.warnings] == [
        "card 1 of cuda did not start (neg: driver too old); the others serve"
    ]
