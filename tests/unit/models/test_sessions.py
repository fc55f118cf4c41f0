"""Sessions, on miniature ONNX graphs with the real names and shapes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from facefusion.errors import InvalidInput, ModelInvalid, ModelMissing, UsageError
from facefusion.models import (
    ModelStore,
    TensorSpec,
    available_providers,
    choose_providers,
    close_sessions,
    open_session,
    starting,
)
from facefusion.models.devices import Device
from facefusion.models.providers import PROVIDERS
from facefusion.models.tensors import bind


def swapper(path: Path, *, names: tuple[str, str, str] = ("target", "source", "output"), side: int = 128) -> Path:
    """A graph with inswapper's contract: the picture plus the mean of the embedding."""
    target, source, output = names
    nodes = [
        helper.make_node("ReduceMean", [source], ["mean"], axes=[0, 1], keepdims=0),
        helper.make_node("Add", [target, "mean"], [output]),
    ]
    inputs = [
        helper.make_tensor_value_info(source, TensorProto.FLOAT, [1, 512]),
        helper.make_tensor_value_info(target, TensorProto.FLOAT, [1, 3, side, side]),
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, 3, side, side])]
    emap = numpy_helper.from_array(np.eye(512, dtype=np.float32), "emap")
    graph = helper.make_graph(nodes, "swapper", inputs, outputs, [emap])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, path)
    return path


TARGET = np.random.default_rng(0).random((1, 3, 128, 128), dtype=np.float32)
SOURCE = np.full((1, 512), 0.25, np.float32)


def test_inputs_are_bound_by_the_card_whatever_the_file_calls_them(tmp_path: Path) -> None:
    for number, names in enumerate([("target", "source", "output"), ("in.1", "in.2", "y"), ("source", "target", "x")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        session = open_session(swapper(folder / "hyperswap_like.onnx", names=names))
        renamed = open_session(swapper(folder / "inswapper_128_fp16.onnx", names=names))
        assert [spec.name for spec in renamed.inputs] == ["target", "source"]
        np.testing.assert_allclose(renamed.run(TARGET, SOURCE)[0], TARGET + 0.25, atol=1e-6)
        assert [spec.shape for spec in session.inputs] == [(1, 512), (1, 3, 128, 128)]  # without a card: the file's own
        np.testing.assert_allclose(session.run(SOURCE, TARGET)[0], TARGET + 0.25, atol=1e-6)


def test_a_file_that_breaks_its_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"no tensor fits target \(1, 3, 128, 128\); the file has") as caught:
        open_session(swapper(tmp_path / "inswapper_128_fp16.onnx", side=64))
    assert "\n" not in str(caught.value)


def test_wrong_arrays_are_one_line_errors(tmp_path: Path) -> None:
    session = open_session(swapper(tmp_path / "inswapper_128_fp16.onnx"))
    with pytest.raises(InvalidInput, match=r"input target got shape \(1, 3, 64, 64\), supported is \(1, 3, 128, 128\)"):
        session.run(TARGET[:, :, ::2, ::2], SOURCE)
    with pytest.raises(InvalidInput, match="got 1 arrays, the inputs are target, source"):
        session.run(TARGET)


def test_a_model_that_fails_while_running_is_one_line(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "fails",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["m", 7])],
        [numpy_helper.from_array(np.array([-1, 7]), "shape")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, tmp_path / "fails.onnx")
    session = open_session(tmp_path / "fails.onnx")
    assert session.run(np.zeros(14))[0].shape == (2, 7)  # float64 is brought to the tensor's type
    with pytest.raises(ModelInvalid, match="fails failed in its operator Reshape: The input tensor") as caught:
        session.run(np.zeros(13, np.float32))
    assert "\n" not in str(caught.value)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    with pytest.raises(ModelInvalid, match=r"text.onnx cannot be loaded: ") as caught:
        open_session(text)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelMissing, match=r"no model file at .*none.onnx"):
        open_session(tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="threads"):
        open_session("blazeface_short_range", threads=0)


def test_sessions_are_kept_by_file_providers_and_threads(tmp_path: Path) -> None:
    path = swapper(tmp_path / "mine.onnx")
    first = open_session(path)
    assert open_session(path) is first
    assert open_session(path, threads=2) is not first
    swapper(path, names=("a", "b", "c"))
    assert open_session(path) is not first  # the file changed
    again = open_session("blazeface_short_range", store=ModelStore((tmp_path,)))
    assert open_session("blazeface_short_range") is again
    close_sessions()
    assert open_session("blazeface_short_range") is not again


def test_threads_get_one_session_and_the_same_answers() -> None:
    close_sessions()
    pictures = np.random.default_rng(1).random((8, 128, 128, 3), dtype=np.float32)
    expected = open_session("blazeface_short_range").run(pictures)[0]
    close_sessions()
    seen, answers = [], [np.empty(0)] * 8

    def work(number: int) -> None:
        session = open_session("blazeface_short_range")
        seen.append(session)
        for _ in range(5):
            answers[number] = session.run(pictures[number : number + 1])[0]

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(map(id, seen))) == 1
    np.testing.assert_allclose(np.concatenate(answers), expected, atol=1e-4)


def test_a_provider_that_is_not_there_is_warned_of_and_never_silent() -> None:
    absent = [name for name in PROVIDERS if name not in available_providers()]
    assert absent, "this test needs a machine without every provider"
    session = open_session("blazeface_short_range", providers=(absent[0], "cpu"))
    assert session.providers == ("cpu",)
    (warning,) = session.warnings
    assert warning.provider == absent[0]
    assert warning.package.startswith("onnxruntime")
    assert f"pip install {warning.package}" in str(warning)
    assert open_session("blazeface_short_range", providers=("cpu",)).warnings == ()


def test_order_of_preference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "onnxruntime.get_available_providers",
        lambda: ["CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"],
    )
    assert available_providers() == ("cpu", "cuda", "tensorrt")
    chosen, missing = choose_providers(["tensorrt", "directml", "cuda", "directml"])
    assert chosen == ("tensorrt", "cuda", "cpu")
    assert [warning.package for warning in missing] == ["onnxruntime-directml"]
    assert choose_providers([]) == (("cpu",), ())
    with pytest.raises(UsageError, match="unknown execution provider 'gpu'; known are cpu, cuda"):
        choose_providers(["gpu"])


def test_a_provider_that_does_not_start_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    real = starting.start
    monkeypatch.setattr(
        "onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(starting, "start", lambda path, device, *rest: real(path, Device(), *rest))
    session = open_session("blazeface_short_range", providers=("cuda",))
    assert [str(warning) for warning in session.warnings] == [
        "execution provider cuda is installed (onnxruntime-gpu) but did not start: "
        "it needs an NVIDIA driver with CUDA 12 and cuDNN 9; using cpu"
    ]
    close_sessions()


def test_bind_prefers_names_then_the_order_of_the_file() -> None:
    wanted = (TensorSpec("a", (1, 3)), TensorSpec("b", (1, 3)), TensorSpec("c", ("n", 4)))
    assert bind("m", wanted, (TensorSpec("b", (1, 3)), TensorSpec("x", ("any", 3)), TensorSpec("y", (2, 4)))) == (
        "x",
        "b",
        "y",
    )


def test_importing_the_room_leaves_onnxruntime_alone() -> None:
    code = "import sys, facefusion.models as m; m.cards(); sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
