"""One value, one text: JSON as RFC 8785 (JCS) writes it, so that a signature holds whoever wrote the file."""

from __future__ import annotations

import json
import math
import os
from typing import Any

from facefusion.errors import InvalidInput

LARGEST_INTEGER = 2**53 - 1
"""Beyond this, programs that hold numbers as doubles would read another one."""
LARGEST_TEXT = 16 << 20
"""Bytes; more is not parsed."""
_DEEPEST = 64


def canonical(value: Any) -> bytes:
    """UTF-8 JSON: keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them.

    value: dict with text keys, list or tuple, text, bool, int, float, None. Raises InvalidInput for anything else, for
    numbers that are not finite or too large to survive, for texts that are no Unicode, and for more than 64 levels.
    """
    try:
        return _text(value, 0).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"canonical JSON: a text holds half a surrogate pair ({error.reason})") from error


def told_name(name: str) -> str:
    """A file's name as text that can be written anywhere: U+FFFD for every byte that is no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def parse_strictly(data: bytes) -> Any:
    """JSON back into values. Raises InvalidInput for what two programs could read differently, or cannot read at all.

    That is: a key that comes twice, NaN and infinity, numbers that `canonical` refuses, text that is not UTF-8, more
    than `LARGEST_TEXT` bytes or 64 levels.
    """
    if len(data) > LARGEST_TEXT:
        raise InvalidInput(f"JSON: got {len(data)} bytes, supported are {LARGEST_TEXT}")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_repeats, parse_constant=_refused, parse_int=_exact)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"JSON: cannot be read ({error})") from error
    canonical(value)
    return value


def _text(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        raise InvalidInput(f"canonical JSON: more than {_DEEPEST} levels")
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key, depth)}:{_text(item, depth + 1)}" for key, item in pairs) + "}"
    raise InvalidInput(f"canonical JSON: got {type(value).__name__}, supported are objects, lists, texts and numbers")


def _number(value: int | float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"canonical JSON: got {value}, supported are finite numbers")
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise InvalidInput(f"canonical JSON: got {value}, supported are whole numbers up to {LARGEST_INTEGER}")
        return str(value)
    return _ecmascript(value)


def _ecmascript(value: float) -> str:
    """Number::toString of ECMA-262: the shortest digits that read back as `value`, in its own layout."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction.rstrip("0")).lstrip("0") if fraction.strip("0") else whole
    point = len(whole) + int(power or 0) if whole.strip("0") else len(digits) - len(fraction) + int(power or 0)
    digits = digits.rstrip("0") or "0"
    return sign + _laid_out(digits, point)


def _laid_out(digits: str, point: int) -> str:
    """`digits` with the decimal point after the first `point` of them."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return digits[0] + (f".{digits[1:]}" if count > 1 else "") + power


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} comes twice")
        found[key] = value
    return found


def _exact(text: str) -> int | float:
    value = int(text)
    if abs(value) <= LARGEST_INTEGER:
        return value
    if _ecmascript(float(text)) != text:
        raise ValueError(f"{text} is not what a double of that size reads as")
    return float(text)


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
