"""Names of stored things: a word for what it is, then time and chance. They sort by when they were made."""

from __future__ import annotations

import re
import secrets
import time

_SHAPE = re.compile(r"^[a-z]{2,4}_[0-9a-f]{28}$")


def new_id(word: str) -> str:
    """Like `job_019aa3f2b1c0…`: 48 bits of milliseconds and 64 of chance, in hexadecimal."""
    return f"{word}_{int(time.time() * 1000):012x}{secrets.token_hex(8)}"


def is_id(text: str) -> bool:
    """Whether `text` has the form of a stored thing's name."""
    return _SHAPE.match(text) is not None
