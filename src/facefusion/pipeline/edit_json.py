"""Edits as plain data and back: what an analysis file holds and what another program may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from facefusion.core import FrameRange
from facefusion.errors import FaceFusionError, InvalidInput
from facefusion.pipeline.edits import KINDS, Edit, Who


def to_plain(edit: Edit) -> dict[str, Any]:
    """`edit` as JSON-ready data; what is at its default is left out."""
    told: dict[str, Any] = {"kind": edit.kind}
    for f in fields(edit):
        value = getattr(edit, f.name)
        if value != f.default:
            told[f.name] = _plain(value)
    return told


def from_plain(data: Any) -> Edit:
    """The opposite of `to_plain`. Raises InvalidInput for a kind or a field that this version does not know."""
    kinds = {kind.kind: kind for kind in KINDS}
    if not isinstance(data, Mapping) or data.get("kind") not in kinds:
        got = data.get("kind") if isinstance(data, Mapping) else data
        raise InvalidInput(f"edit: got kind {got!r}, this version supports {', '.join(kinds)}")
    kind = kinds[data["kind"]]
    known = {f.name: f for f in fields(kind)}
    given = {name: value for name, value in data.items() if name != "kind"}
    missing = [name for name, f in known.items() if f.default is MISSING and name not in given]
    unknown = [name for name in given if name not in known]
    if missing or unknown:
        raise InvalidInput(f"edit {kind.kind}: {_wrong(missing, unknown)}; write it again with `facefusion edit`")
    try:
        edit: Edit = kind(**{name: _READERS[name](value) for name, value in given.items()})
    except (TypeError, ValueError, FaceFusionError) as error:
        raise InvalidInput(f"edit {kind.kind}: {error}") from error
    return edit


def _wrong(missing: list[str], unknown: list[str]) -> str:
    return f"{', '.join(missing)} missing" if missing else f"{', '.join(unknown)} unknown to this version"


def _plain(value: Any) -> Any:
    if isinstance(value, FrameRange):
        return [value.start, value.stop]
    if isinstance(value, Who):
        return {name: number for name in ("person", "track") if (number := getattr(value, name)) is not None}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"got {value!r}, supported is a whole number from 0")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"got {value!r}, supported is a number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"got {value!r}, supported is a text")
    return value


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"got {value!r}, supported is a list")
    return list(value)


def _wholes(value: Any) -> tuple[int, ...]:
    return tuple(_whole(item) for item in _items(value))


def _part(value: Any) -> FrameRange | None:
    if value is None:
        return None
    start, stop = _wholes(value)
    return FrameRange(start, stop)


def _who(value: Any) -> Who:
    if not isinstance(value, Mapping) or set(value) - {"person", "track"}:
        raise ValueError(f"got {value!r}, supported is a person, a track or neither")
    return Who(**{name: _whole(number) for name, number in value.items()})


def _pairs(value: Any) -> tuple[tuple[int, int], ...]:
    return tuple((first, second) for first, second in (_wholes(item) for item in _items(value)))


def _values(value: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((_text(key), item) for key, item in (_items(pair) for pair in _items(value)))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "people": _wholes,
    "person": _whole,
    "new_person": _whole,
    "tracks": _wholes,
    "track": _whole,
    "frames": _wholes,
    "part": _part,
    "cut": _pairs,
    "name": _text,
    "mode": _text,
    "who": _who,
    "value": _number,
    "ramp": _whole,
    "values": _values,
}
