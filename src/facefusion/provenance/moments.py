"""Points in time in signed files: UTC, whole seconds, one text each (`2026-11-21T11:00:00Z`, RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from facefusion.errors import InvalidInput

_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def now() -> datetime:
    """The machine's time, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def moment_text(moment: datetime) -> str:
    """`2026-11-21T11:00:00Z`. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"moment: got {moment} without a time zone, supported are times with one")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: Any, *, name: str) -> datetime:
    """The opposite of `moment_text`, and only that one form. Raises InvalidInput."""
    if isinstance(text, str) and _TEXT.fullmatch(text):
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            pass
    raise InvalidInput(f"{name}: got {text!r}, supported is a time like 2026-11-21T11:00:00Z")


def day_begins(text: Any, *, name: str) -> datetime:
    """The first second of a day as people write it (`2026-11-21`), or a moment as it is. Raises InvalidInput."""
    if isinstance(text, datetime):
        return (text if text.tzinfo else text.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    if isinstance(text, date):
        return datetime.combine(text, time(), UTC)
    if isinstance(text, str) and "T" in text:
        return parse_moment(text, name=name)
    try:
        return datetime.combine(date.fromisoformat(str(text).strip()), time(), UTC)
    except ValueError:
        raise InvalidInput(f"{name}: got {text!r}, supported is a day like 2026-11-21") from None


def day_ends(text: Any, *, name: str) -> datetime:
    """The last second of a day as people write it, or a moment as it is. Raises InvalidInput."""
    begins = day_begins(text, name=name)
    if isinstance(text, datetime) or (isinstance(text, str) and "T" in text):
        return begins
    return begins + timedelta(days=1, seconds=-1)
