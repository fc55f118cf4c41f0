"""Flags made from the Settings dataclasses: a number, a range and a reason are written down once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

import typer

from facefusion.core.settings import Option
from facefusion.pipeline.sections import ALIASES, Key, keys

_TYPES: Mapping[str, Any] = {
    "float": float | None,
    "int": int | None,
    "bool": bool | None,
    "text": str | None,
    "texts": list[str] | None,
    "choices": list[str] | None,
}


def parameter_of(key: Key) -> inspect.Parameter:
    """The command-line parameter of one key; its value is None where the flag is not given."""
    option = key.option
    also = [f"--{alias}" for alias, name in ALIASES.items() if name == key.name]
    names = [f"--{key.name}/--no-{key.name}" if option.kind == "bool" else f"--{key.name}", *also]
    default = typer.Option(None, *names, help=help_of(option), rich_help_panel=key.section.title, show_default=False)
    name = key.name.replace("-", "_")
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_annotation(option))


def _annotation(option: Option) -> Any:
    if option.kind == "choice":
        names: Any = Literal.__getitem__(option.choices)
        return names | None
    return _TYPES[option.kind]


def help_of(option: Option) -> str:
    """What an option does and why, its range and its default, in one line."""
    parts = [option.why[0].upper() + option.why[1:] + "."]
    if option.low is not None and option.high is not None:
        parts.append(f"Range {_shown(option.low)} to {_shown(option.high)}.")
    if option.kind == "choices":
        parts.append(f"Repeat it; one of {', '.join(option.choices)}.")
    parts.append(f"Default: {_shown(option.default)}.")
    return " ".join(parts)


def with_plan_flags(command: Callable[..., None], *, only: Collection[str] | None = None) -> Callable[..., None]:
    """`command(values, **rest)` as a Typer command whose flags are all keys of a plan, plus its own parameters.

    values: the keys that were given, as `Plan.from_mapping` takes them. only: the keys that become flags.
    """
    wanted = [key for key in keys().values() if only is None or key.name in only]
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "values"]
    planned = {key.name.replace("-", "_"): key.name for key in wanted}

    def wrapped(**given: Any) -> None:
        chosen = {planned[name]: value for name, value in given.items() if name in planned and value not in (None, [])}
        command(chosen, **{name: value for name, value in given.items() if name not in planned})

    parameters = [*(parameter_of(key) for key in wanted), *own]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    wrapped.__doc__ = command.__doc__
    return wrapped


def _shown(value: Any) -> str:
    if value in ("", (), None):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
