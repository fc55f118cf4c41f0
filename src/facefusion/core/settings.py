"""Settings: one frozen dataclass per effect; flags, TOML keys, JSON schema and forms are derived from it.

@dataclass(frozen=True, slots=True)
class Settings:
    strength: float = option(1.0, low=0.0, high=1.0, why="how much of the source's face shows")
    mode: Literal["a", "b"] = option("a", why="…")
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from facefusion.errors import UsageError

Kind = Literal["float", "int", "bool", "text", "texts", "choice", "choices"]


class SettingsError(UsageError):
    """A setting that is unknown or out of its range."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its name, kind, default, range and reason."""

    name: str
    kind: Kind
    default: Any
    why: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def option(default: Any, *, why: str, low: float | None = None, high: float | None = None) -> Any:
    """A dataclass field that carries its range and the reason for its default."""
    return dataclasses.field(default=default, metadata={"why": why, "low": low, "high": high})


def options_of(settings: type[Any]) -> tuple[Option, ...]:
    """The options of a Settings dataclass, in order of declaration; annotations are read once."""
    return _options_of(settings)  # type: ignore[arg-type]  # a class can be hashed


@cache
def _options_of(settings: Any) -> tuple[Option, ...]:
    hints = get_type_hints(settings)
    return tuple(_option_of(f, hints[f.name]) for f in dataclasses.fields(settings) if "why" in f.metadata)


def check_settings(values: Any) -> None:
    """Raise SettingsError when a value of the Settings instance `values` is outside its range or choices."""
    for opt in options_of(type(values)):
        _check(opt, getattr(values, opt.name))


def _option_of(field: dataclasses.Field[Any], hint: Any) -> Option:
    meta, kind, choices = field.metadata, "text", ()
    args = get_args(hint)
    if get_origin(hint) is Literal:
        kind, choices = "choice", args
    elif get_origin(hint) is tuple and get_origin(args[0]) is Literal:
        kind, choices = "choices", get_args(args[0])
    elif get_origin(hint) is tuple and args[0] is str:
        kind = "texts"
    elif hint in (bool, int, float):
        kind = hint.__name__
    return Option(field.name, kind, field.default, meta["why"], meta["low"], meta["high"], choices)  # type: ignore[arg-type]


def _check(opt: Option, value: Any) -> None:
    name = opt.name.replace("_", "-")
    if opt.kind == "choice" and value not in opt.choices:
        raise SettingsError(f"{name}: got {value!r}, supported are {', '.join(opt.choices)}")
    if opt.kind == "choices" and not set(value) <= set(opt.choices):
        raise SettingsError(f"{name}: got {', '.join(value)}, supported are {', '.join(opt.choices)}")
    if opt.kind in ("float", "int"):
        low = float("-inf") if opt.low is None else opt.low
        high = float("inf") if opt.high is None else opt.high
        if not low <= value <= high:
            raise SettingsError(f"{name}: got {value}, supported is {opt.low} to {opt.high}")
