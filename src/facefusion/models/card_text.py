"""A card as TOML, for models that a user brings."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from facefusion.models.card import ModelCard
from facefusion.models.spec import TensorSpec


def card_text(card: ModelCard) -> str:
    """TOML that `read_card` takes back to an equal card."""
    lines = [
        _line(item.name, getattr(card, item.name)) for item in fields(card) if item.name not in ("inputs", "outputs")
    ]
    needed = [line for line in lines if line and not line.endswith((' = ""', " = []", "_loss = 0.0"))]
    needed += [line for line in lines if line.startswith(("addresses",)) and line not in needed]
    for kind in ("inputs", "outputs"):
        needed += [f"\n[[{kind}]]\n" + _tensor(spec) for spec in getattr(card, kind)]
    return "\n".join(needed) + "\n"


def _tensor(spec: TensorSpec) -> str:
    plain = TensorSpec(spec.name, spec.shape)
    values = {item.name: getattr(spec, item.name) for item in fields(spec)}
    told = {key: value for key, value in values.items() if key in ("name", "shape") or value != getattr(plain, key)}
    return "\n".join(_line(key, value) for key, value in told.items())


def _line(key: str, value: Any) -> str:
    if isinstance(value, tuple):
        return f"{key} = [{', '.join(_value(one) for one in value)}]"
    return f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
