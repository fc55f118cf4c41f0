"""Where a user's keys and records lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from facefusion.provenance.home import home


def test_a_given_folder_is_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACEFUSION_HOME", str(tmp_path / "mine"))
    assert home() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("platform", "variable", "end"),
    [("linux", "XDG_DATA_HOME", "facefusion"), ("win32", "LOCALAPPDATA", "facefusion/home")],
)
def test_else_it_is_the_platforms_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variable: str, end: str
) -> None:
    monkeypatch.delenv("FACEFUSION_HOME")
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert home() == tmp_path / end
