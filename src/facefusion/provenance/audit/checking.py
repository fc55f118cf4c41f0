"""Whether an audit log is whole: nothing changed, deleted, put in another order, forged or cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from facefusion.provenance.audit.entry import FIRST, Entry, Head, Malformed
from facefusion.provenance.audit.log import AuditLog
from facefusion.provenance.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. line: where in the log, from 1; 0 where it is about its end."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What became of a log. count: entries read. problems: empty when it is whole. notes: harmless, worth knowing."""

    count: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    head: Head | None

    @property
    def is_whole(self) -> bool:
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        problems = [{"line": problem.line, "what": problem.what} for problem in self.problems]
        number = self.head.number if self.head else None
        notes = list(self.notes)
        return {"entries": self.count, "whole": self.is_whole, "problems": problems, "notes": notes, "head": number}


@dataclass(slots=True)
class _Chain:
    """Where reading has come to."""

    number: int = 0
    digest: str = FIRST
    time: str = ""


def check(log: AuditLog, *, trusted: Sequence[PublicKey], checkpoints: Sequence[Head] = ()) -> AuditReport:
    """Read all of `log` and compare it with itself, its head, and heads that were kept elsewhere.

    trusted: keys whose entries are believed. Raises InvalidInput when the log cannot be read.
    """
    keys = {key.fingerprint: key for key in trusted}
    chain, digests, problems, notes, torn = _Chain(), dict[int, str](), list[Problem](), list[str](), list[int]()
    count = 0
    for line_number, line in enumerate(log.store.lines(), start=1):
        try:
            entry = Entry.parse(line)
        except Malformed:
            torn.append(line_number)
            continue
        count += 1
        problems += [Problem(line_number, what) for what in _wrong(entry, chain, keys)]
        if chain.time and entry.time < chain.time:
            notes.append(f"line {line_number}: written at {entry.time}, before the entry in front of it; a clock moved")
        chain.number, chain.digest, chain.time = entry.number, entry.digest, entry.time
        digests[entry.number] = entry.digest
    head, at_the_end = _head_of(log, count)
    problems += at_the_end
    problems += [Problem(0, what) for known in (head, *checkpoints) if known for what in _beyond(known, digests, keys)]
    for line_number in torn:
        notes.append(f"line {line_number}: no entry; the rest of a write that was interrupted, or of a stray hand")
    return AuditReport(count, tuple(sorted(problems, key=lambda found: found.line or 1 << 62)), tuple(notes), head)


def _wrong(entry: Entry, chain: _Chain, keys: dict[str, PublicKey]) -> Iterator[str]:
    key = keys.get(entry.signer)
    if not entry.is_intact:
        yield f"entry {entry.number} was changed: its content has another hash"
    elif key is None:
        yield f"entry {entry.number} is signed by a key that is not trusted ({entry.signer[:16]})"
    elif not entry.is_signed_by(key):
        yield f"entry {entry.number} was forged: its signature is not that of the key it names"
    if entry.number != chain.number + 1:
        yield f"entry {entry.number} follows entry {chain.number}: entries are missing or in another order"
    elif entry.previous != chain.digest:
        yield f"entry {entry.number} was written after another entry {chain.number} than the one before it"


def _head_of(log: AuditLog, count: int) -> tuple[Head | None, list[Problem]]:
    try:
        head = log.head()
    except Malformed:
        return None, [Problem(0, f"{log.head_path.name} was changed: it cannot be read")]
    if head is None and count:
        return None, [Problem(0, f"{log.head_path.name} is missing: nothing says where the log ends")]
    return head, []


def _beyond(head: Head, digests: dict[int, str], keys: dict[str, PublicKey]) -> Iterator[str]:
    """What a head says that the log does not."""
    key = keys.get(head.signer)
    if key is None or not head.is_signed_by(key):
        yield f"a head that names entry {head.number} was forged: it is not signed by a trusted key"
    elif head.number not in digests:
        yield f"the log is cut off: entry {head.number} of {head.time} is not there any more"
    elif digests[head.number] != head.digest:
        yield f"entry {head.number} was replaced: it had another hash when the head was signed"
