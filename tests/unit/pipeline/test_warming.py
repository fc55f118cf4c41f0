"""Learned models are loaded beside the analysis, by a thread that nobody has to wait for in vain."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facefusion.errors import ModelInvalid
from facefusion.models import close_sessions, open_session, opening
from facefusion.models.devices import Device
from facefusion.models.graph_writer import Value, model, node, write
from facefusion.models.sessions import Session
from facefusion.pipeline.warming import warming


class Zoo:
    """Two models, and one that each of them needs."""

    def __init__(self, open_one: Any) -> None:
        self.session = open_one

    def names(self, model: str, task: str) -> tuple[str, ...]:
        return (model, "shared")

    def device_of(self, name: str) -> Device:
        return Device(("cpu",) if name == "here" else ("cuda",))


def plan_of(open_one: Any, *learned: str) -> Any:
    return SimpleNamespace(learned=tuple((name, "face_swapper") for name in learned), zoo=Zoo(open_one))


def test_models_are_opened_in_a_thread_of_their_own() -> None:
    opened: list[tuple[str, str]] = []
    all_asked = threading.Event()

    def open_one(name: str) -> Any:
        opened.append((name, threading.current_thread().name))
        if name == "a":
            all_asked.set()
        return SimpleNamespace(warm_up=lambda: opened.append((f"{name} tried", "")))

    with warming(plan_of(open_one, "here", "a")):
        assert all_asked.wait(10)
    names = [name for name, _ in opened]
    assert names[:4] == ["shared", "shared tried", "a", "a tried"]  # the processor loads none ahead
    assert opened[0][1] == "facefusion-warming"
    assert not [one for one in threading.enumerate() if one.name == "facefusion-warming"]


def test_one_that_fails_keeps_nobody_from_the_next() -> None:
    opened, all_asked = [], threading.Event()

    def open_one(name: str) -> Any:
        opened.append(name)
        if name == "bad":
            raise ModelInvalid("bad: cannot be loaded")
        all_asked.set()
        return SimpleNamespace(warm_up=lambda: None)

    with warming(plan_of(open_one, "bad", "good")):
        assert all_asked.wait(10)
    assert opened[:2] == ["bad", "good"]


def test_the_end_of_a_run_waits_for_the_model_in_hand_and_for_no_other() -> None:
    is_loading, go_on, opened = threading.Event(), threading.Event(), []

    def open_one(name: str) -> Any:
        opened.append(name)
        is_loading.set()
        assert go_on.wait(10)
        return SimpleNamespace(warm_up=lambda: None)

    def failing() -> None:
        with warming(plan_of(open_one, "a", "b")):
            assert is_loading.wait(10)
            threading.Timer(0.1, go_on.set).start()
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert opened == ["a"]


def test_without_learned_models_there_is_no_thread() -> None:
    with warming(plan_of(None)):
        assert not [one for one in threading.enumerate() if one.name == "facefusion-warming"]


def test_a_model_that_loads_keeps_nobody_from_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = Value("x", ("n", 2)), Value("y", ("n", 2))
    slow, quick = (
        write(tmp_path / f"{name}.onnx", model([node("Neg", ["x"], ["y"])], values[:1], values[1:]))
        for name in ("slow", "quick")
    )
    is_loading, go_on, made = threading.Event(), threading.Event(), []

    class Slow(Session):
        def __init__(self, path: Path, **rest: Any) -> None:
            made.append(path.stem)
            if path == slow:
                is_loading.set()
                assert go_on.wait(10)
            super().__init__(path, **rest)

    close_sessions()
    monkeypatch.setattr(opening, "Session", Slow)
    found: list[Session] = []
    threads = [threading.Thread(target=lambda: found.append(open_session(slow))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert is_loading.wait(10)
    open_session(quick)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert made == ["slow", "quick"]
    assert len({id(one) for one in found}) == 1
    close_sessions()


def test_a_model_that_failed_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "later.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ModelInvalid):
        open_session(path)
    values = Value("x", ("n", 2)), Value("y", ("n", 2))
    write(path, model([node("Neg", ["x"], ["y"])], values[:1], values[1:]))
    assert open_session(path).name == "later"
