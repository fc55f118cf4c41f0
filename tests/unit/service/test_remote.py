"""`facefusion remote run`: what is sent, and what is refused before anything is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facefusion.cli import remote
from facefusion.cli.main import main
from facefusion.service.client import Swap


class Service:
    """Notes what reaches it."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.asked: list[Swap] = []

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def projects(self) -> list[dict[str, Any]]:
        return [{"id": "p", "name": "film"}]

    def upload(self, project_id: str, path: Path) -> Any:
        self.sent.append(path.name)
        return SimpleNamespace(id=f"asset of {path.name}")

    def estimate(self, project_id: str, swap: Swap) -> dict[str, Any]:
        self.asked.append(swap)
        return {"frames": 1}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Service:
    made = Service()
    monkeypatch.setattr(remote, "_client", lambda: made)
    monkeypatch.chdir(tmp_path)
    for name in ("clip.mp4", "sky.jpg", "words.mp4"):
        Path(name).write_bytes(b"x")
    return made


def test_a_background_and_speech_are_sent_and_named(service: Service) -> None:
    said = [
        "--target",
        "clip.mp4",
        "--background",
        "sky.jpg",
        "--speech",
        "words.mp4",
        "--output",
        "out.mp4",
        "--dry-run",
    ]
    assert main(["remote", "run", *said]) == 0
    assert sorted(service.sent) == ["clip.mp4", "sky.jpg", "words.mp4"]
    body = service.asked[0].body("p")
    assert (body["target"], body["background"], body["speech"]) == (
        "asset of clip.mp4", "asset of sky.jpg", "asset of words.mp4",
    )  # fmt: skip
    assert body["sources"] == []


@pytest.mark.parametrize("flag", ["--target", "--source", "--background", "--speech"])
def test_a_file_that_is_not_there_is_named_and_nothing_is_sent(
    flag: str, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"--target": "clip.mp4", "--output": "out.mp4", flag: "missing.png"}
    assert main(["remote", "run", *(word for pair in said.items() for word in pair)]) != 0
    assert capsys.readouterr().err == "facefusion: missing.png: no such file; check the spelling\n"
    assert service.sent == []
