"""The latest time that this machine's clock has shown: a clock that was set back is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from facefusion.errors import FaceFusionError
from facefusion.media.paths import write_atomically
from facefusion.provenance.home import home
from facefusion.provenance.moments import moment_text, parse_moment

TOLERANCE = timedelta(minutes=10)
"""Clocks are corrected by so much without anybody's doing."""


def latest_seen() -> datetime | None:
    """The latest time that was remembered; None without one, or when the note cannot be read."""
    try:
        return parse_moment(_note().read_text(encoding="ascii").strip(), name="clock")
    except (OSError, ValueError, FaceFusionError):
        return None


def remember(now: datetime) -> None:
    """Keep `now` when it is later than what is kept. A folder that cannot be written is no reason to stop."""
    seen = latest_seen()
    if seen is not None and now <= seen:
        return
    try:
        _note().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(_note(), moment_text(now).encode() + b"\n", overwrite=True)
    except (OSError, FaceFusionError):
        return


def is_set_back(now: datetime, seen: datetime | None) -> bool:
    """Whether the clock shows a time clearly before one that it has shown."""
    return seen is not None and now + TOLERANCE < seen


def _note() -> Path:
    return home() / "clock"
