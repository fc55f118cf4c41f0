"""Canonical JSON: one text for one value, and nothing that two programs could read differently."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.errors import InvalidInput
from facefusion.provenance.canonical import LARGEST_INTEGER, canonical, parse_strictly

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aé€😀", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def test_rfc_8785_example() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "€$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_utf_16() -> None:
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(value))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (100.0, "100"), (1e20, "100000000000000000000"),
        (1e21, "1e+21"), (1e-6, "0.000001"), (1e-7, "1e-7"), (5e-324, "5e-324"), (1.7976931348623157e308,
        "1.7976931348623157e+308"), (9007199254740992.0, "9007199254740992"), (123456.789, "123456.789"),
        (0.1, "0.1"), (1.25e-9, "1.25e-9"), (295147905179352830000.0, "295147905179352830000"),
    ],
)  # fmt: skip
def test_numbers_as_ecmascript_writes_them(number: float, text: str) -> None:
    assert canonical(number).decode() == text


@given(VALUES)
def test_read_back_it_is_the_same_and_has_the_same_text(value: Any) -> None:
    text = canonical(value)
    assert parse_strictly(text) == value
    assert canonical(parse_strictly(text)) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {1: 2}, {1, 2}, b"x", "\ud800", object()])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b"NaN", b"-Infinity", b"", b"{", b"\xff", b"9007199254740993", b"1e999", b'"\\ud800"',
     b"[" * 70 + b"]" * 70, b"[" * 100_000],
)  # fmt: skip
def test_what_could_be_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_strictly(data)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_typed_error(data: bytes) -> None:
    try:
        value = parse_strictly(data)
    except InvalidInput:
        return
    assert canonical(value)
