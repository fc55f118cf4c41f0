"""Every run is written down: that it began, how it ended, and what went in and came out, by digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import call
from facefusion.core import Frame
from facefusion.media import write_image
from facefusion.provenance.home import home
from portraits import astronaut, somebody_else


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_image(tmp_path / "anna.png", Frame(astronaut()))
    write_image(tmp_path / "bo.png", Frame(somebody_else()))
    return tmp_path


def entries(path: Path | None = None) -> list[dict[str, Any]]:
    return [json.loads(line)["said"] for line in (path or home() / "audit" / "audit.jsonl").read_text().splitlines()]


def swap(folder: Path, *more: str | Path) -> int:
    return call(
        "--source", folder / "anna.png", "--target", folder / "bo.png", "--output", folder / "out.png", *more
    ).code


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_run_is_written_down_by_digest_alone(folder: Path) -> None:
    assert swap(folder) == 0
    begun, done = entries()
    assert (begun["what"], done["what"]) == ("begun", "done")
    assert begun["sources"] == [{"sha256": sha256(folder / "anna.png")}]
    assert begun["targets"] == [{"sha256": sha256(folder / "bo.png")}]
    assert done["outputs"] == [{"sha256": sha256(folder / "out.png")}]
    assert begun["asset"] == done["asset"]
    assert done["decision"]["is_allowed"]
    assert begun["models"]
    text = (home() / "audit" / "audit.jsonl").read_text()
    assert not any(name in text for name in ("anna", "bo.png", "out.png", str(folder)))
    assert call("audit", "verify").code == 0


def test_names_are_told_below_the_project_when_asked_for(folder: Path) -> None:
    log = folder / "log.sqlite"
    assert swap(folder, "--audit-file", log, "--audit-names", "project", "--audit-project", folder) == 0
    outcome = call("--json", "audit", "show", "--audit-file", log)
    rows = json.loads(outcome.out)
    assert [row["what"] for row in rows] == ["begun", "done"]
    assert rows[1]["outputs"][0]["name"] == "out.png"


def test_a_refusal_is_written_down_with_its_decision(folder: Path) -> None:
    assert swap(folder, "--policy", "production") == 5
    *_, last = entries()
    assert last["what"] == "refused"
    assert last["decision"]["is_allowed"] is False
    assert not (folder / "out.png").exists()


def test_a_run_that_began_and_failed_says_so_without_names(folder: Path) -> None:
    write_image(folder / "bo.png", Frame(somebody_else()[:40, :40]), overwrite=True)
    assert swap(folder) != 0
    assert [entry["what"] for entry in entries()] == ["begun", "failed"]
    assert str(folder) not in json.dumps(entries())


def test_without_a_log_nothing_is_made(folder: Path) -> None:
    (folder / "log.jsonl").mkdir()
    assert swap(folder, "--audit-file", folder / "log.jsonl") == 7
    assert not (folder / "out.png").exists()
