"""`key=value` as people write it, turned into the keys and typed values of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from facefusion.errors import UsageError
from facefusion.pipeline import sections
from facefusion.pipeline.sections import Key

_TRUE, _FALSE = ("on", "true", "yes", "1"), ("off", "false", "no", "0")


def parse_values(words: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """`mask-blur=0.4` → ("mask-blur", 0.4); a list has + between its items, or its key several times.

    Raises UsageError and SettingsError.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"got {word!r}, supported is a setting and its value, like mask-blur=0.4")
        key = sections.key_called(name.strip().lstrip("-"))
        value = _value(key, text.strip())
        if key.name in found and not isinstance(value, tuple):
            raise UsageError(f"{key.name}: given twice; give it once")
        found[key.name] = found.get(key.name, ()) + value if isinstance(value, tuple) else value
    return tuple(found.items())


def _value(key: Key, text: str) -> Any:
    kind = key.option.kind
    if kind == "bool":
        if text.lower() not in _TRUE + _FALSE:
            raise UsageError(f"{key.name}: got {text!r}, supported are on and off")
        return text.lower() in _TRUE
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError as error:
            raise UsageError(f"{key.name}: got {text!r}, supported is a number") from error
    if kind == "choices":
        return tuple(item for item in text.split("+") if item)
    return (text,) if kind == "texts" else text
