"""Results are kept as long as the policy said when they were made; nothing else is deleted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from command_line import call, refused, succeeded
from facefusion.pipeline.marking import Facts, Marking
from facefusion.provenance import Marks
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.audit.log import AuditLog
from facefusion.provenance.manifest.claim import Digest
from facefusion.provenance.manifest.copies import copy_path
from facefusion.provenance.manifest.settings import SigningSettings
from facefusion.provenance.policy import Decision
from facefusion.provenance.policy.retention import delete, results_in, term_of
from marked_media import MARKS, write_medium

MADE = MARKS.created
"""2026-03-01."""


def marks_of(path: Path) -> Marks:
    """Every name is another result."""
    return Marks.of({"mesh"}, created=MADE, produce_id=path.name, version="1.2.3")


def result(path: Path, days: int, policy: str = "teaching") -> Path:
    """A signed result that its policy lets be kept for so many days."""
    path.parent.mkdir(exist_ok=True)
    write_medium(path)
    marking = Marking.of(marks_of(path), Facts(effects=(("face_swapper", "mesh"),)), SigningSettings(), overwrite=True)
    marking.decide(Decision(True, "allowed", "", (), "visible", "", policy, "0" * 64, days))
    with marking.appearing(path):
        marking.seal(path)(path)
    return path


@pytest.mark.parametrize(("days", "after", "state"), [(30, 29, "kept"), (30, 31, "over"), (0, 9999, "no limit")])
def test_the_day_is_that_of_the_policy(tmp_path: Path, days: int, after: int, state: str) -> None:
    term = term_of(result(tmp_path / "a.png", days), MADE + timedelta(days=after))
    assert (term.state, term.policy) == (state, "teaching")
    assert term.until == (MADE + timedelta(days=days) if days else None)


def test_what_is_not_surely_a_result_of_ours_is_left_alone(tmp_path: Path) -> None:
    late = MADE + timedelta(days=999)
    plain, changed = write_medium(tmp_path / "plain.png"), result(tmp_path / "changed.png", 1)
    data = bytearray(changed.read_bytes())
    data[-40] ^= 1
    changed.write_bytes(bytes(data))
    assert term_of(plain, late).state == term_of(changed, late).state == "unknown"
    elsewhere = result(tmp_path / "elsewhere.png", 1)
    assert term_of(elsewhere, late).state == "over"
    copy_path(asset_id_of(marks_of(elsewhere))).unlink()
    assert term_of(elsewhere, late).state == "unknown"
    with pytest.raises(ValueError, match="supported is over"):
        delete(term_of(elsewhere, late))


def test_what_lies_beside_a_result_goes_with_it(tmp_path: Path) -> None:
    path = result(tmp_path / "a.avi", 1)
    (tmp_path / "a.avi.anonymity.json").write_text("{}")
    (tmp_path / "b.avi.anonymity.json").write_text("{}")
    gone = delete(term_of(path, MADE + timedelta(days=2)))
    assert {one.name for one in gone} == {"a.avi", "a.avi.xmp", "a.avi.c2pa", "a.avi.anonymity.json"}
    assert [one.name for one in tmp_path.iterdir()] == ["b.avi.anonymity.json"]


def test_hidden_folders_and_links_are_left_out(tmp_path: Path) -> None:
    for name in (".work/a.png", "deep/b.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link.png").symlink_to(tmp_path / "deep/b.png")
    assert [path.name for path in results_in([tmp_path])] == ["b.png"]


def test_the_command_lists_then_deletes_and_writes_it_down(tmp_path: Path) -> None:
    old, young = result(tmp_path / "out/old.png", 1), result(tmp_path / "out/young.png", 90_000)
    listed = succeeded("policy", "sweep", tmp_path / "out").out
    assert f"{old}: time is over: was to be kept until 2026-03-02 by policy teaching" in listed
    assert old.exists()
    digest = Digest.of(old).sha256
    rows = json.loads(call("--json", "policy", "sweep", "--delete", tmp_path / "out").out)
    assert [(row["state"], row["is_deleted"]) for row in rows] == [("over", True), ("kept", False)]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [young.name]
    (entry,) = AuditLog.at(None).entries()
    assert (entry.said["what"], entry.said["outputs"]) == ("deleted", [{"sha256": digest}])
    refused(tmp_path, 3, "no such file", "policy", "sweep", tmp_path / "nowhere")


def test_policies_are_listed_and_shown(tmp_path: Path) -> None:
    assert succeeded("policy", "list").out.startswith("personal: ")
    assert "retention days: 30" in succeeded("policy", "show", "teaching").out
    assert json.loads(call("--json", "policy", "show", "broadcast").out)["needs_target"] is True
    refused(tmp_path, 2, "unknown", "policy", "show", "nobody")
