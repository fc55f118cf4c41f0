"""Everything that was ever said about a clip, with who said it and when. Undoing is said too: nothing is erased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from facefusion.errors import FaceFusionError, InvalidInput, UsageError
from facefusion.pipeline.edit_json import from_plain, to_plain
from facefusion.pipeline.edits import Edit, Request

State = Literal["active", "undone"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit: its number from 1, when it was made (UTC), by whom, and what it says."""

    number: int
    time: datetime
    author: str
    edit: Edit

    def __str__(self) -> str:
        return f"edit {self.number} ({self.edit})"


@dataclass(frozen=True, slots=True)
class Turn:
    """An edit was undone, or done again: which, when and by whom."""

    number: int
    time: datetime
    author: str
    is_undo: bool


Record = Entry | Turn


@dataclass(frozen=True, slots=True)
class EditLog:
    """A history; adding to it gives a new one. Whether the edits fit a clip is for `editing.edited` to say."""

    records: tuple[Record, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every edit that was ever made, undone or not."""
        return tuple(record for record in self.records if isinstance(record, Entry))

    @property
    def active(self) -> tuple[Entry, ...]:
        """The edits that hold, in the order they were made."""
        undone = self._undone()
        return tuple(entry for entry in self.entries if entry.number not in undone)

    @property
    def request(self) -> dict[str, Any]:
        """The keys of a plan that were stored with the clip; of two values the later holds."""
        return {
            key: value for entry in self.active if isinstance(entry.edit, Request) for key, value in entry.edit.values
        }

    def state_of(self, number: int) -> State:
        """Whether edit `number` holds."""
        return "undone" if number in self._undone() else "active"

    def adding(self, edit: Edit, *, author: str, time: datetime | None = None) -> EditLog:
        """With one more edit at the end."""
        return self._with(Entry(len(self.entries) + 1, _when(time), author, edit))

    def undoing(self, number: int | None = None, *, author: str, time: datetime | None = None) -> EditLog:
        """With edit `number` undone, by default the latest that holds. Raises UsageError when there is none."""
        holding = [entry.number for entry in self.active]
        if number is None and not holding:
            raise UsageError("undo: no edit holds; `facefusion edit FILE log` shows the history")
        chosen = holding[-1] if number is None else number
        if chosen not in holding:
            raise UsageError(f"undo: no edit {chosen} holds; {_known(holding)}")
        return self._with(Turn(chosen, _when(time), author, is_undo=True))

    def redoing(self, number: int | None = None, *, author: str, time: datetime | None = None) -> EditLog:
        """With edit `number` done again, by default the one that was undone last if nothing was edited since.

        Raises UsageError when there is none.
        """
        undone = self._undone()
        fresh = self._fresh()
        if number is None and not fresh:
            raise UsageError("redo: nothing was undone since the latest edit; an older one comes back by its number")
        chosen = fresh[-1] if number is None else number
        if chosen not in undone:
            raise UsageError(f"redo: edit {chosen} is not undone; {_known(list(undone), 'undone')}")
        return self._with(Turn(chosen, _when(time), author, is_undo=False))

    def to_plain(self) -> tuple[dict[str, Any], ...]:
        """JSON-ready data, one mapping a record; `from_plain` gives an equal log back."""
        return tuple(_plain(record) for record in self.records)

    @staticmethod
    def from_plain(data: Iterable[Mapping[str, Any]]) -> EditLog:
        """Raises InvalidInput when `data` is not a history that this version can read."""
        try:
            records = tuple(_record(item) for item in data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"edits: damaged ({type(error).__name__}: {error}); take a copy from a backup"
            ) from error
        return _checked(EditLog(records))

    def _with(self, record: Record) -> EditLog:
        return EditLog((*self.records, record))

    def _undone(self) -> tuple[int, ...]:
        """Numbers of undone edits, the latest undone last."""
        found: list[int] = []
        for record in self.records:
            if isinstance(record, Turn):
                if record.is_undo:
                    found.append(record.number)
                else:
                    found.remove(record.number)
        return tuple(found)

    def _fresh(self) -> tuple[int, ...]:
        """What was undone after the latest edit and still is, the latest last."""
        since = max((place for place, record in enumerate(self.records) if isinstance(record, Entry)), default=-1)
        turned = {record.number for record in self.records[since + 1 :] if isinstance(record, Turn)}
        return tuple(number for number in self._undone() if number in turned)


def _checked(log: EditLog) -> EditLog:
    """`log`, replayed record by record. Raises InvalidInput where a number or a turn makes no sense."""
    replayed = EditLog()
    for record in log.records:
        try:
            if isinstance(record, Entry):
                replayed = replayed.adding(record.edit, author=record.author, time=record.time)
            else:
                turn = replayed.undoing if record.is_undo else replayed.redoing
                replayed = turn(record.number, author=record.author, time=record.time)
        except FaceFusionError as error:
            raise InvalidInput(f"edits: damaged ({error}); take a copy from a backup") from error
    if replayed != log:
        raise InvalidInput("edits: damaged (numbers are out of order); take a copy from a backup")
    return log


def _plain(record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {"time": record.time.isoformat(), "author": record.author}
    if isinstance(record, Entry):
        return {"number": record.number, **told, "edit": to_plain(record.edit)}
    return {("undo" if record.is_undo else "redo"): record.number, **told}


def _record(data: Mapping[str, Any]) -> Record:
    time, author = datetime.fromisoformat(data["time"]), data["author"]
    if time.tzinfo is None or not isinstance(author, str):
        raise ValueError("a time without its zone, or an author that is no text")
    if "edit" in data:
        return Entry(data["number"], time, author, from_plain(data["edit"]))
    return Turn(data["undo"] if "undo" in data else data["redo"], time, author, "undo" in data)


def _when(time: datetime | None) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) if time is None else time.astimezone(UTC)


def _known(numbers: list[int], what: str = "holding") -> str:
    return f"{what} are {', '.join(map(str, sorted(numbers)))}" if numbers else f"none is {what}"
