"""Devices, what providers are told, and what happens when memory runs out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefusion.errors import OutOfMemory, UsageError
from facefusion.models import open_session
from facefusion.models.devices import Device, Devices, engine_folder, parse_overrides, provider_options
from facefusion.models.graph_writer import Value, model, node, write


def test_a_model_goes_where_its_name_or_task_says() -> None:
    own = parse_overrides(["inswapper_128=cuda:1", "face_enhancer=cpu"])
    devices = Devices(Device(("tensorrt",), 2), own)
    assert devices.of("inswapper_128", "face_swapper") == Device(("cuda",), 1)
    assert devices.of("gfpgan_1.4", "face_enhancer") == Device(("cpu",), 0)
    assert devices.of("ghost_1_256", "face_swapper") == Device(("tensorrt",), 2)


@pytest.mark.parametrize("text", ["", "cuda", "=cuda", "a=", "a=cuda:x", "a=abacus"])
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
    real, sizes = session._session, []

    class Small:
        """A device with room for three."""

        def run(self, names: list[str], feeds: dict[str, Any]) -> Any:
            sizes.append(len(feeds["x"]))
            if sizes[-1] > 3:
                raise RuntimeError("CUDA error: out of memory while allocating 123 bytes")
            return real.run(names, feeds)

    monkeypatch.setattr(session, "_session", Small())
    batch = np.random.default_rng(0).random((8, 4), dtype=np.float32)
    np.testing.assert_array_equal(session.run_each(batch)[0], -batch)
    assert sizes == [8, 4, 2, 2, 4, 2, 2]
    with pytest.raises(OutOfMemory, match=r"not enough memory on cpu; use fewer --threads"):
        session.run(batch)
