"""The audit log: whatever is done to it is found, whoever writes at once, and whenever a writer dies."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.errors import DiskFull, InvalidInput, OutputFailed, UsageError
from facefusion.provenance.audit.checking import AuditReport, check
from facefusion.provenance.audit.entry import Entry, Head, Malformed
from facefusion.provenance.audit.log import AuditLog
from facefusion.provenance.keys import SigningKey, local_key

KINDS = ("audit.jsonl", "audit.sqlite")


@pytest.fixture(params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> AuditLog:
    made = AuditLog.at(tmp_path / request.param)
    for number in range(5):
        made.append({"what": "run", "output": f"{number:064x}"})
    return made


def report(log: AuditLog, *heads: Head) -> AuditReport:
    return check(log, trusted=[local_key("audit").public], checkpoints=heads)


def stored(log: AuditLog) -> list[str]:
    return list(log.store.lines())


def store(log: AuditLog, lines: list[str]) -> None:
    """Write `lines` in place of the log, past it."""
    path = log.store.path
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM entries")
        base.executemany("INSERT INTO entries (line) VALUES (?)", [(line,) for line in lines])


def test_a_log_that_nobody_touched_is_whole(log: AuditLog) -> None:
    found = report(log)
    assert (found.is_whole, found.count, found.notes) == (True, 5, ())
    assert [entry.said["output"] for entry in log.entries()] == [f"{number:064x}" for number in range(5)]


def changed(lines: list[str]) -> list[str]:
    return [line.replace(f"{2:064x}", f"{7:064x}") for line in lines]


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (changed, "entry 3 was changed"),
        (lambda lines: lines[:2] + lines[3:], "entry 4 follows entry 2"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "another order"),
        (lambda lines: lines[:3], "cut off: entry 5"),
        (lambda lines: [], "cut off: entry 5"),
        (lambda lines: lines[1:], "entry 2 follows entry 0"),
        (lambda lines: [*lines, lines[-1]], "entry 5 follows entry 5"),
        (lambda lines: [*lines[:-1], lines[-1][:-40]], "cut off: entry 5"),
    ],
)
def test_what_is_done_to_a_log_is_found(log: AuditLog, attack: Callable[[list[str]], list[str]], told: str) -> None:
    store(log, attack(stored(log)))
    found = report(log)
    assert not found.is_whole
    assert any(told in str(problem) for problem in found.problems), found.problems


def test_an_attack_is_still_found_after_the_next_entry(log: AuditLog) -> None:
    store(log, stored(log)[:3])
    log.append({"what": "run"})
    assert "entry 6 follows entry 3" in str(report(log).problems[0])
    assert list(log.entries())[-1].said["remark"] == "entries before this one are missing"


def test_a_changed_last_entry_is_still_found_after_the_next_one(log: AuditLog) -> None:
    *others, last = stored(log)
    store(log, [*others, last.replace(f"{4:064x}", f"{9:064x}")])
    log.append({"what": "run"})
    assert any("entry 5 was changed" in str(problem) for problem in report(log).problems)


def test_a_log_written_anew_with_another_key_is_forged(log: AuditLog) -> None:
    said = [dict(entry.said) for entry in log.entries()]
    log.store.path.unlink()
    log.head_path.unlink()
    other = SigningKey.generate()
    forger = AuditLog(log.store, key=lambda: other)
    for words in said:
        forger.append(words)
    assert "not trusted" in str(report(log).problems[0])
    assert check(log, trusted=[other.public]).is_whole


def test_an_entry_that_borrows_a_trusted_name_is_forged(log: AuditLog) -> None:
    *others, last = stored(log)
    entry = Entry.parse(last)
    forged = json.loads(
        Entry.signed(
            {"what": "nothing"}, number=5, time=entry.time, previous=entry.previous, key=SigningKey.generate()
        ).to_line()
    )
    store(log, [*others, json.dumps({**forged, "signer": entry.signer})])
    assert any("was changed" in str(problem) or "forged" in str(problem) for problem in report(log).problems)


def test_without_its_head_a_log_is_not_whole(log: AuditLog) -> None:
    log.head_path.unlink()
    assert "is missing" in str(report(log).problems[0])


def test_a_head_kept_elsewhere_shows_what_was_rolled_back(log: AuditLog) -> None:
    lines, earlier = stored(log), log.head_path.read_text()
    log.append({"what": "run"})
    kept = log.head()
    assert kept is not None
    store(log, lines)
    log.head_path.write_text(earlier)
    assert report(log).is_whole
    assert "cut off: entry 6" in str(report(log, kept).problems[0])


def test_a_forged_head_is_told(log: AuditLog) -> None:
    log.head_path.write_text(log.head_path.read_text().replace('"number":5', '"number":4'))
    assert any("head that names entry 4 was forged" in str(problem) for problem in report(log).problems)


def test_a_write_that_a_kill_tore_is_no_tampering(tmp_path: Path) -> None:
    log = AuditLog.at(tmp_path / "audit.jsonl")
    log.append({"what": "run"})
    with log.store.path.open("a") as file:
        file.write('{"digest":"0')
    log.append({"what": "run"})
    found = report(log)
    assert (found.is_whole, found.count) == (True, 2)
    assert "line 2" in found.notes[0]


def test_a_kill_between_entry_and_head_is_no_tampering(log: AuditLog) -> None:
    earlier = log.head_path.read_text()
    log.append({"what": "run"})
    log.head_path.write_text(earlier)
    assert report(log).is_whole
    log.append({"what": "run"})
    assert (report(log).is_whole, report(log).count) == (True, 7)


def _write_many(path: Path, home: str, number: int) -> None:
    os.environ["FACEFUSION_HOME"] = home
    log = AuditLog.at(path)
    for _ in range(10):
        log.append({"what": "run", "writer": number})


@pytest.mark.parametrize("kind", KINDS)
def test_writers_at_once_lose_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    context = multiprocessing.get_context("spawn")
    arguments = [(path, os.environ["FACEFUSION_HOME"], number) for number in range(3)]
    writers = [context.Process(target=_write_many, args=given) for given in arguments]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = report(AuditLog.at(path))
    assert (found.is_whole, found.count) == (True, 30)


def test_a_clock_that_was_set_back_is_noted(tmp_path: Path) -> None:
    times = iter([datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)])
    log = AuditLog(AuditLog.at(tmp_path / "a.jsonl").store, clock=lambda: next(times))
    log.append({"what": "run"})
    log.append({"what": "run"})
    assert "a clock moved" in report(log).notes[0]
    assert report(log).is_whole


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the system's owner may write everything")
def test_a_log_that_may_not_be_written_stops_the_run(log: AuditLog) -> None:
    log.store.path.chmod(0o400)
    with pytest.raises(OutputFailed, match="cannot be written"):
        log.check_writable()


def test_a_folder_in_the_logs_place_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(OutputFailed, match="audit log cannot be written"):
        AuditLog.at(tmp_path / "a.jsonl").append({"what": "run"})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    log = AuditLog.at(tmp_path / "a.jsonl")
    log.append({"what": "run"})
    before = log.store.path.read_bytes()
    monkeypatch.setattr("facefusion.provenance.audit.stores.os.fsync", full)
    with pytest.raises(DiskFull, match="free some space"):
        log.append({"what": "run"})
    assert log.store.path.read_bytes() == before


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.jsonl or \.sqlite"):
        AuditLog.at(tmp_path / "audit.txt")


def test_another_file_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(InvalidInput, match="is no audit log"):
        list(AuditLog.at(tmp_path / "a.sqlite").entries())


def test_entries_are_not_longer_than_can_be_read_back(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="longer than"):
        AuditLog.at(tmp_path / "a.jsonl").append({"what": "x" * (1 << 20)})


@given(st.text())
def test_no_line_makes_the_reader_fail_otherwise(line: str) -> None:
    for reader in (Entry.parse, Head.parse):
        try:
            reader(line)
        except Malformed:
            continue


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries(dict.fromkeys(("format", "number", "said", "time", "digest", "signer"), json_values)))
def test_no_json_makes_the_reader_fail_otherwise(value: dict[str, object]) -> None:
    line = json.dumps({"previous": "", "signature": "", **value})
    for reader in (Entry.parse, Head.parse):
        try:
            reader(line)
        except Malformed:
            continue
