"""Reading objects of JSON and TOML with typed errors: every field is asked for by its name and type."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from facefusion.errors import InvalidInput

LONGEST_TEXT = 10_000
"""Characters of one field."""
MOST_ITEMS = 64


class PlainFields:
    """The fields of one object. Each is taken once; `done` complains about those that nobody asked for."""

    def __init__(self, value: Any, *, name: str) -> None:
        """Raises InvalidInput unless `value` is an object with text keys."""
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise InvalidInput(f"{name}: got {type(value).__name__}, supported is an object with named fields")
        self._left, self._name = dict(value), name

    def take(self, field: str) -> Any:
        """The value of a field. Raises InvalidInput when it is not there."""
        if field not in self._left:
            raise InvalidInput(f"{self._name}: {field} is missing")
        return self._left.pop(field)

    def take_or(self, field: str, default: Any) -> Any:
        """The value of a field that need not be there."""
        return self._left.pop(field, default)

    def text(self, field: str, *, default: str | None = None) -> str:
        """A text of at most `LONGEST_TEXT` characters."""
        value = self.take(field) if default is None else self.take_or(field, default)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise InvalidInput(f"{self._name}: {field} is not a text of at most {LONGEST_TEXT} characters")
        return value

    def texts(self, field: str, *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        value = self.take(field) if default is None else self.take_or(field, default)
        items = [value] if isinstance(value, str) else value
        if (
            not isinstance(items, list | tuple)
            or len(items) > MOST_ITEMS
            or not all(isinstance(item, str) and len(item) <= LONGEST_TEXT for item in items)
        ):
            raise InvalidInput(f"{self._name}: {field} is not a list of at most {MOST_ITEMS} texts")
        return tuple(items)

    def flag(self, field: str, *, default: bool | None = None) -> bool:
        """true or false."""
        value = self.take(field) if default is None else self.take_or(field, default)
        if not isinstance(value, bool):
            raise InvalidInput(f"{self._name}: {field} is {value!r}, supported are true and false")
        return value

    def number(self, field: str, *, low: float, high: float) -> float:
        """A number in [low, high]."""
        value = self.take(field)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InvalidInput(f"{self._name}: {field} is {value!r}, supported is {low:g} to {high:g}")
        return float(value)

    def whole(self, field: str, *, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self.take(field)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidInput(f"{self._name}: {field} is {value!r}, supported are whole numbers {low} to {high}")
        return value

    def data(self, field: str, *, size: int) -> bytes:
        """`size` bytes in base64."""
        return bytes_of(self.text(field), size=size, name=f"{self._name}: {field}")

    def done(self) -> None:
        """Raise InvalidInput when a field is left that nobody asked for: its meaning would be lost in silence."""
        if self._left:
            unknown = ", ".join(sorted(self._left)[:5])
            raise InvalidInput(f"{self._name}: {unknown} is unknown here; take it out, or use a newer version")


def bytes_of(text: str, *, size: int, name: str) -> bytes:
    """`size` bytes from base64. Raises InvalidInput."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{name} is not base64") from None
    if len(found) != size:
        raise InvalidInput(f"{name} holds {len(found)} bytes, supported are {size}")
    return found


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()
