"""Networks that are held to an amount of memory: smaller batches, smaller tiles, then one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facefusion.errors import OutOfMemory
from facefusion.models import TensorSpec, open_session
from facefusion.models.adapters.frames import Upscaler
from facefusion.models.card import ModelCard
from facefusion.models.devices import Device
from facefusion.models.graph_writer import Value, constant, model, node, write
from facefusion.models.memory import is_spent
from facefusion.models.sessions import Session
from facefusion.models.starting import start

MEGABYTE = 10**6


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers with 64 channels between them: a 256-pixel picture needs 17 MB there."""
    random = np.random.default_rng(0)
    first, second = (random.normal(0, 0.05, shape).astype(np.float32) for shape in ((64, 3, 3, 3), (3, 64, 3, 3)))
    values = Value("x", ("n", 3, "h", "w")), Value("y", ("n", 3, "h", "w"))
    nodes = [
        node("Conv", ["x", "first"], ["wide"], pads=[1, 1, 1, 1]),
        node("Conv", ["wide", "second"], ["y"], pads=[1, 1, 1, 1]),
    ]
    constants = [constant("first", first), constant("second", second)]
    path = tmp_path_factory.mktemp("wide") / "wide.onnx"
    return write(path, model(nodes, values[:1], values[1:], constants))


def test_batches_get_smaller_under_a_real_limit_and_stay_right(wide: Path) -> None:
    pictures = np.random.default_rng(1).random((8, 3, 256, 256), dtype=np.float32)
    (expected,) = open_session(wide).run_each(pictures)
    limited = open_session(wide, device=Device(memory_bytes=70 * MEGABYTE))
    np.testing.assert_array_equal(limited.run_each(pictures)[0], expected)
    assert 0 < limited._most < 8
    known = limited._most
    limited.run_each(pictures)
    assert limited._most == known


def test_what_does_not_fit_at_all_ends_in_one_line(wide: Path, capfd: pytest.CaptureFixture[str]) -> None:
    limited = open_session(wide, device=Device(memory_bytes=70 * MEGABYTE))
    with pytest.raises(
        OutOfMemory, match=r"wide: 0\.07 GB \(--execution-memory-limit\) are too little on cpu; use few"
    ):
        limited.run(np.zeros((1, 3, 1024, 1024), np.float32))
    assert capfd.readouterr().err == ""


def test_tiles_get_smaller_under_a_real_limit(wide: Path) -> None:
    picture = np.random.default_rng(2).random((470, 470, 3), dtype=np.float32)
    shape = ("n", 3, "height", "width")
    tensors = [TensorSpec(name, shape, "NCHW", "rgb") for name in "xy"]
    card = ModelCard(
        name="wide", task="frame_enhancer", contract="upscaler", summary="", file="wide.onnx", vendor="", origin="",
        licence="MIT", commercial_use=True, inputs=(tensors[0],), outputs=(tensors[1],),
    )  # fmt: skip
    sizes: list[Upscaler] = []
    for device in (Device(), Device(memory_bytes=40 * MEGABYTE)):
        sizes.append(Upscaler(Session(wide, card=card, device=device), tile=512, margin=16))
    whole, small = (one.enlarge(picture) for one in sizes)
    np.testing.assert_allclose(small, whole, atol=1e-5)
    assert sizes[0]._tile == 512
    assert sizes[1]._tile < 512


def test_a_model_that_finds_no_room_says_so_at_the_start(wide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spent(*_: object, **__: object) -> None:
        raise RuntimeError("Available memory of 0 is smaller than requested bytes of 16000000")

    monkeypatch.setattr("onnxruntime.InferenceSession", spent)
    with pytest.raises(OutOfMemory, match=r"wide\.onnx: 0\.005 GB .* larger --execution-memory-limit"):
        start(wide, Device(memory_bytes=5 * MEGABYTE), 1, 0)


@pytest.mark.parametrize(
    "said",
    [
        "Available memory of 4194304 is smaller than requested bytes of 134217728",
        "CUDA error cudaErrorMemoryAllocation:out of memory",
        "Failed to allocate memory for requested buffer of size 12",
        "CUDNN_STATUS_ALLOC_FAILED ; GPU=0",
    ],
)
def test_words_that_mean_no_memory(said: str) -> None:
    assert is_spent(said)
    assert not is_spent("Got invalid dimensions for input: x")
