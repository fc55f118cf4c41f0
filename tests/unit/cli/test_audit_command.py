"""`facefusion audit` on logs that are whole and on logs that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import call
from facefusion.provenance.audit.log import AuditLog


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog.at(tmp_path / "audit.jsonl")
    for number in range(3):
        made.append({"what": "run", "output": f"{number:064x}", "asset": f"{number}"})
    return made


def test_show_tells_the_newest_last(log: AuditLog) -> None:
    outcome = call("audit", "show", "--audit-file", log.store.path, "--last", "2")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["2", "3"]


def test_show_finds_an_asset(log: AuditLog) -> None:
    rows = json.loads(call("--json", "audit", "show", "--audit-file", log.store.path, "--asset", "1").out)
    assert [row["number"] for row in rows] == [2]


def test_verify_ends_with_0_for_a_whole_log_and_1_for_another(log: AuditLog) -> None:
    path = log.store.path
    assert call("audit", "verify", "--audit-file", path).code == 0
    path.write_bytes(path.read_bytes().replace(b'"asset":"1"', b'"asset":"9"'))
    outcome = call("audit", "verify", "--audit-file", path)
    assert (outcome.code, "entry 2 was changed" in outcome.out) == (1, True)


def test_an_exported_head_shows_what_was_rolled_back(log: AuditLog, tmp_path: Path) -> None:
    path, kept = log.store.path, tmp_path / "kept.head"
    before, head_before = path.read_bytes(), log.head_path.read_bytes()
    log.append({"what": "run"})
    assert call("audit", "export", kept, "--audit-file", path).code == 0
    path.write_bytes(before)
    log.head_path.write_bytes(head_before)
    assert call("audit", "verify", "--audit-file", path).code == 0
    outcome = call("audit", "verify", "--audit-file", path, "--checkpoint", kept)
    assert (outcome.code, "cut off: entry 4" in outcome.out) == (1, True)


def test_export_writes_every_entry_and_replaces_nothing(log: AuditLog, tmp_path: Path) -> None:
    assert call("audit", "export", tmp_path / "all.json", "--audit-file", log.store.path).code == 0
    found = json.loads((tmp_path / "all.json").read_text())
    assert (len(found["entries"]), found["head"]["number"]) == (3, 3)
    again = call("audit", "export", tmp_path / "all.json", "--audit-file", log.store.path)
    assert (again.code, "is there already" in again.err) == (7, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "--audit-file", "nothing.jsonl"), 3, "no such file"),
        (("verify", "--checkpoint", "nothing.head"), 3, "cannot be read"),
        (("export", "x.json"), 3, "nothing is written down"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], code: int, says: str) -> None:
    outcome = call("audit", *arguments)
    assert (outcome.code, says in outcome.err) == (code, True), outcome
