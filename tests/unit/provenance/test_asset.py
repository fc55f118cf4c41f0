"""Asset ids: stable, 64 bits, and back from their text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.errors import InvalidInput
from facefusion.provenance import Marks
from facefusion.provenance.asset import asset_id_of, asset_text, parse_asset

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def marks(produce_id: str, kind: str = "mesh") -> Marks:
    return Marks.of({kind}, created=WHEN, produce_id=produce_id, version="1.2.3")  # type: ignore[arg-type]


def test_the_id_depends_on_the_produce_id_alone_and_stays_as_it_was_published() -> None:
    assert asset_text(asset_id_of(marks("abc"))) == "6f74a34510162f61"
    assert asset_id_of(marks("abc", "matte")) == asset_id_of(marks("abc"))
    assert asset_id_of(marks("abd")) != asset_id_of(marks("abc"))


@given(st.integers(0, 2**64 - 1))
def test_text_and_number_go_back_and_forth(number: int) -> None:
    assert len(asset_text(number)) == 16
    assert parse_asset(asset_text(number)) == number


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "G" * 16, "../../../etc/pas", "00000000000000 1", "A" * 16])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="16 digits"):
        parse_asset(text)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="asset id"):
        asset_text(number)
