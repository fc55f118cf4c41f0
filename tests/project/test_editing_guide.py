"""Every command of the editing guide does what it says, on the clip that the guide shows."""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from command_line import call
from edited_clips import face_at
from facefusion.core import Analysis, Identity, MediaIdentity, Shot, Track
from facefusion.pipeline.analysis_file import write_analysis

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "editing.md").read_text(encoding="utf-8")
NUM_FRAMES = 300
TRACKS = {1: (0, 120, 1), 2: (38, 117, 2), 3: (160, 211, 1), 4: (120, 160, 3)}
"""First frame, end and person of each."""
LINES = sorted(set(re.findall(r"^(?:\$ )?(facefusion edit .*)$|`(facefusion edit clip[^`…]*)`", PAGE, re.MULTILINE)))
COMMANDS = [" ".join(filter(None, pair)) for pair in LINES]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """clip.ffa as the guide has it, with three edits, the last undone, and edits.json; the working folder."""
    tracks = tuple(
        Track.of(number, {frame: face_at(90, 80) for frame in range(first, stop)}, person)
        for number, (first, stop, person) in TRACKS.items()
    )
    people = (Identity(1, None, (1, 3), 171), Identity(2, None, (2,), 79), Identity(3, None, (4,), 40))
    media = MediaIdentity("00" * 32, 1, NUM_FRAMES, Fraction(1, 25), "clip.mp4", np.arange(NUM_FRAMES))
    shots = (Shot(0, 120), Shot(120, 160), Shot(160, NUM_FRAMES))
    write_analysis(tmp_path / "clip.ffa", Analysis(NUM_FRAMES, 320, 160, shots, tracks, people, media=media))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "shown.txt").write_text(call("edit", "clip.ffa", "show").out)
    (tmp_path / "edits.json").write_text('{"edits": [{"kind": "exclude", "who": {"person": 3}}]}')
    made = ("rename 1 anna", "strength 0.9 --person 2 --to 40f", "exclude --track 4 --from 130f", "undo")
    for words in made:
        assert call("edit", "clip.ffa", *words.split()).code == 0
    return tmp_path


def test_show_prints_what_the_guide_prints(folder: Path) -> None:
    shown = (folder / "shown.txt").read_text()
    (printed,) = re.findall(r"^\$ facefusion edit clip\.ffa show\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert [line.split() for line in shown.rstrip().splitlines()] == [line.split() for line in printed.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_of_the_guide_work(folder: Path, line: str) -> None:
    words = shlex.split(line.removeprefix("facefusion "))
    (folder / "edits.json").unlink() if "export" in words else None
    before = (folder / "clip.ffa").read_bytes()
    given = [word if word != "3" or "undo" not in words else "2" for word in words]
    outcome = call(*[word for word in given if word != "…"])
    assert outcome.code == 0, outcome
    assert ((folder / "clip.ffa").read_bytes() != before) == (not {"show", "log", "export"} & set(words))


def test_the_guide_names_every_edit() -> None:
    named = {word for line in COMMANDS for word in line.split()}
    assert {"merge", "split", "rename", "drop", "reference", "strength", "exclude", "settings"} <= named
    assert {"plan", "undo", "redo", "log", "show", "export", "apply"} <= named
