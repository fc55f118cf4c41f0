"""What becomes of a face or a frame for which a network answered with values that are no numbers."""

from __future__ import annotations

_WORD = "unusable"


def unusable_note(index: int) -> str:
    """The note on frame `index`."""
    return f"{_WORD} {index}"


def unusable_in(note: str) -> int | None:
    """The frame that a note says this of; None for other notes."""
    word, _, index = note.partition(" ")
    return int(index) if word == _WORD else None
