"""The examples of the Python guide run as they stand, one after the other, on the demo's media."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import pytest

from demo_files import write_demo_files
from facefusion import reset_options
from facefusion.provenance import verify

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "python.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the three files that the page speaks of."""
    write_demo_files(tmp_path, num_frames=8)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run_and_what_they_write_is_marked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    reset_options()
    try:
        for block in blocks:
            exec(compile(block, PAGE.name, "exec"), names)
    finally:
        reset_options()
    said = capsys.readouterr().out
    assert "1 is seen in 6 frames" in said
    assert "failed" not in said
    assert all(verify(folder / name).is_marked for name in ("result.png", "out.mp4", "again.mp4"))
    assert cv2.imread("result.png").shape == cv2.imread("group.jpg").shape
