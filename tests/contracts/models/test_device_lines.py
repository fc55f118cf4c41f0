"""Whoever asks a device for something that it does not do is told, once, before the work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command_line import call
from facefusion.errors import ModelInvalid
from facefusion.models import close_sessions, starting
from facefusion.models.devices import Device
from facefusion.pipeline.device_lines import asked_lines, opened_lines
from facefusion.pipeline.plan import Plan
from portraits import astronaut, scene, write_png

MODEL = "hyperswap_1a_256"


@pytest.fixture
def job(folder: Path, tmp_path: Path) -> dict[str, Any]:
    source, target = write_png(tmp_path / "source.png", astronaut()), write_png(tmp_path / "target.png", scene())
    said = {"source": [str(source)], "target": str(target), "output": str(tmp_path / "out.png")}
    return {**said, "face-swapper-model": MODEL, "models-folder": str(folder)}


def test_a_device_of_one_model_that_is_not_there_is_named_once(job: dict[str, Any]) -> None:
    flags = [text for key, value in job.items() for text in (f"--{key}", value[0] if key == "source" else value)]
    outcome = call(*flags, "--model-provider", f"{MODEL}=coreml")
    assert outcome.code == 0
    (line,) = outcome.complaints
    assert "execution provider coreml is not available" in line
    assert "pip install onnxruntime" in line


def test_what_the_processor_does_not_do_is_said(job: dict[str, Any]) -> None:
    (line,) = asked_lines(Plan.from_mapping({**job, "execution-precision": "fp16"}))
    assert line.startswith("execution provider cpu computes as the file says")
    assert asked_lines(Plan.from_mapping({**job, "execution-memory-limit": 2.0})) == []
    assert asked_lines(Plan.from_mapping(job)) == []


def test_a_card_that_refuses_one_model_is_told_of_with_its_name(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = starting.start

    def start(path: Path, device: Device, threads: int, number: int) -> Any:
        if device.providers[0] == "cuda":
            raise ModelInvalid("no kernel image for this card")
        return real(path, replace(device, providers=("cpu",)), threads, number)

    close_sessions()
    monkeypatch.setattr(
        "onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(starting, "start", start)
    plan = Plan.from_mapping({**job, "model-provider": [f"{MODEL}=cuda"]})
    told = asked_lines(plan)
    assert told == []
    assert opened_lines(plan, told) == []
    plan.zoo.session(MODEL)
    (line,) = opened_lines(plan, told)
    assert line.startswith(f"{MODEL}: execution provider cuda is installed (onnxruntime-gpu) but did not start")
    assert "no kernel image for this card" in line
    assert opened_lines(plan, [line.partition(": ")[2]]) == []
    close_sessions()
