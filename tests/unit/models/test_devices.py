"""Devices, what providers are told, and what happens when memory runs out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefusion.errors import DeviceLost, ModelInvalid, OutOfMemory, UsageError
from facefusion.models import choose_providers, open_session, starting
from facefusion.models.devices import (
    Device,
    Devices,
    Engine,
    engine_folder,
    parse_numbers,
    parse_overrides,
    provider_options,
    shape_range,
)
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
    told = provider_options("tensorrt", 0, engine=Engine(Path("/engines"), {"trt_profile_min_shapes": "x:1x3"}, False))
    assert (told["trt_engine_cache_path"], told["trt_profile_min_shapes"]) == ("/engines", "x:1x3")
    assert not {"trt_fp16_enable", "trt_int8_enable"} & set(told)
    told = provider_options("tensorrt", 0, Device(precision="fp16"), Engine(Path("/engines"), {}, True))
    assert told["trt_fp16_enable"] == told["trt_int8_enable"] == "1"
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
    assert sizes == [8, 4, 2, 2, 2, 2]  # what failed once is not tried again
    with pytest.raises(OutOfMemory, match=r"not enough memory on cpu; use fewer --threads or a smaller model$"):
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
    real = starting.start

    def loaded(path: Path, device: Device, threads: int, number: int) -> Any:
        return Card(real(path, Device(), threads, 0), number, runs, dead)

    monkeypatch.setattr(starting, "start", loaded)
    session = Session(path, card=None, device=Device(("cuda", "cpu"), (0, 2)))
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
    real, runs = starting.start, []

    def loaded(path: Path, device: Device, threads: int, number: int) -> Any:
        if device.providers != ("cpu",) and number == 1:
            raise ModelInvalid("neg: driver too old")
        return Card(real(path, Device(), threads, 0), number, runs, set())

    monkeypatch.setattr(starting, "start", loaded)
    session = Session(path, card=None, device=Device(("cuda", "cpu"), (0, 1)))
    assert session._spread.numbers == (0,)
    assert [str(one) for one in session.warnings] == [
        "card 1 of cuda did not start (neg: driver too old); the others serve"
    ]


def test_a_limit_is_told_to_those_that_keep_one() -> None:
    device = Device(("cuda",), memory_bytes=3 * 10**9, precision="fp16")
    assert provider_options("cuda", 0, device)["gpu_mem_limit"] == "3000000000"
    assert provider_options("rocm", 0, device)["gpu_mem_limit"] == "3000000000"
    assert provider_options("migraphx", 0, device)["migraphx_mem_limit"] == "3000000000"
    assert provider_options("tensorrt", 0, device)["trt_max_workspace_size"] == "3000000000"
    assert provider_options("migraphx", 0, device)["migraphx_fp16_enable"] == "1"
    assert provider_options("openvino", 1, device) == {"device_type": "GPU.0", "precision": "FP16"}
    assert provider_options("openvino", 1) == {"device_type": "GPU.0", "precision": "FP32"}
    assert "gpu_mem_limit" not in provider_options("cuda", 0)


def test_what_a_provider_does_not_do_is_named() -> None:
    asked = Device(("directml", "cpu"), memory_bytes=1, precision="fp16")
    limit, precision = (str(warning) for warning in asked.not_kept())
    assert limit == "execution provider directml keeps no --execution-memory-limit"
    assert "facefusion models optimise NAME --precision fp16" in precision
    assert Device(("tensorrt", "cpu"), memory_bytes=1, precision="fp16").not_kept() == ()


def test_the_shapes_of_an_engine() -> None:
    free = [("x", ("n", 3, 256, 256)), ("source", ("n", 512)), ("weight", (1,))]
    told = shape_range(free, 4)
    assert told["trt_profile_min_shapes"] == "x:1x3x256x256,source:1x512,weight:1"
    assert told["trt_profile_opt_shapes"] == "x:4x3x256x256,source:4x512,weight:1"
    assert told["trt_profile_max_shapes"] == "x:16x3x256x256,source:16x512,weight:1"
    assert shape_range([("x", (1, 3, 256, 256))], 4) == {}
    assert shape_range([("x", ("n", 3, "h", "w"))], 4) == {}


def test_single_models_elsewhere_keep_batch_limit_and_precision() -> None:
    usual = Device(("cuda",), (0,), batch=4, memory_bytes=7, precision="fp16")
    found = Devices(usual, parse_overrides(["a=tensorrt:1"])).of("a")
    assert found == Device(("tensorrt",), (1,), batch=4, memory_bytes=7, precision="fp16")


def test_tensorrt_leaves_the_rest_to_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: names)
    assert choose_providers(["tensorrt"]) == (("tensorrt", "cuda", "cpu"), ())
    assert choose_providers(["cuda"])[0] == ("cuda", "cpu")


def test_a_run_under_memory_trouble_gives_its_buffers_back(
    two_cards: tuple[Session, list[int], set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def spent(*_: Any) -> Any:
        raise RuntimeError("out of memory")

    session, _, _ = two_cards
    forgotten = []
    for card in session._spread._cards:
        monkeypatch.setattr(card, "forget", lambda: forgotten.append(1))
        monkeypatch.setattr(card, "run", spent)
    with pytest.raises(OutOfMemory):
        session.run(np.ones((1, 4), np.float32))
    assert forgotten == [1]


def test_what_would_help_is_what_was_not_done() -> None:
    assert Device().room == "not enough memory on cpu; use fewer --threads or a smaller model"
    assert Device(("cuda",), batch=2).room == (
        "not enough memory on cuda; use fewer --threads, a smaller --execution-batch, a smaller model or "
        "--execution-provider cpu"
    )
    assert Device(memory_bytes=5 * 10**8).room == (
        "0.5 GB (--execution-memory-limit) are too little on cpu; use fewer --threads, a smaller model or a larger "
        "--execution-memory-limit"
    )
