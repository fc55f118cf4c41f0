"""Hostile names and hostile files of our own formats: typed errors, nothing else, and nothing outside a folder."""

from __future__ import annotations

import string
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edited_clips import measured
from facefusion.cli.jobfile import read_job
from facefusion.errors import FaceFusionError, InvalidInput, ModelInvalid
from facefusion.models.card import read_card
from facefusion.models.catalog import CARDS
from facefusion.pipeline.analysis_file import analysis_from, read_analysis
from facefusion.pipeline.analysis_sections import sections_of
from facefusion.pipeline.plan import Plan
from facefusion.provenance.asset import parse_asset
from facefusion.provenance.consent.store import ConsentStore
from facefusion.provenance.home import home
from facefusion.provenance.keys import key_path

SECTIONS = sections_of(measured())
CARD = (CARDS / "blazeface_short_range.toml").read_text(encoding="utf-8")

leading_out = st.builds(
    "{}{}".format, st.sampled_from(["../", "..\\", "/", "a/../../", "C:\\", "%2e%2e/", "\0"]), st.text()
)


@given(leading_out | st.text())
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    with suppress(FaceFusionError):
        assert key_path(name).parent == home() / "keys"
    with suppress(FaceFusionError):
        assert parse_asset(name) >= 0
        assert set(name) <= set(string.hexdigits)


@given(st.lists(st.sampled_from(["..", "/", "a", "*", "?", "[", "~"]), max_size=6).map("".join))
def test_no_word_finds_a_record_that_is_none(word: str) -> None:
    with pytest.raises(FaceFusionError):
        ConsentStore().find(word)


@st.composite
def damaged_sections(draw: st.DrawFn) -> dict[str, bytes]:
    """A real analysis with one section cut, changed in places, swapped with another or left out."""
    sections = dict(SECTIONS)
    name = draw(st.sampled_from(sorted(sections)))
    content = bytearray(sections[name])
    for place in draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=4)):
        content[place : place + 1] = bytes([draw(st.integers(0, 255))])
    sections[name] = bytes(content[: draw(st.integers(0, len(content)))]) if draw(st.booleans()) else bytes(content)
    if draw(st.integers(0, 9)) == 0:
        sections[name] = sections[draw(st.sampled_from(sorted(sections)))]
    if draw(st.integers(0, 9)) == 0:
        del sections[name]
    return sections


@given(damaged_sections())
def test_no_analysis_file_breaks_the_reader(sections: dict[str, bytes]) -> None:
    with suppress(InvalidInput):
        analysis_from(sections, Path("fuzzed.ffa"))


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader_of_analyses(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.ffa"
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        read_analysis(path)


plan_values = st.dictionaries(
    st.sampled_from(
        ["target", "output", "source", "assign", "start", "mask-blur", "workers", "processor", "policy", "x"]
    )
    | st.text(max_size=6),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=5), max_size=3),
    max_size=6,
)


@given(plan_values)
def test_no_plan_breaks_the_reader(values: dict[str, object]) -> None:
    with suppress(FaceFusionError):
        Plan.from_mapping(values)


@given(st.binary(max_size=200) | st.integers(1, 3000).map(lambda depth: b"a=" + b"[" * depth))
def test_no_job_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes(content)
    with suppress(FaceFusionError):
        read_job(path)


@st.composite
def damaged_cards(draw: st.DrawFn) -> str:
    """A real card with a stretch replaced by something else."""
    begin = draw(st.integers(0, len(CARD)))
    end = draw(st.integers(begin, min(begin + 60, len(CARD))))
    piece = draw(
        st.text(max_size=8) | st.sampled_from(["[[", "inputs = 3\n", "= [[[", '"../x.onnx"', "-1", "nan", "'"])
    )
    return CARD[:begin] + piece + CARD[end:]


@given(damaged_cards() | st.just('inputs = ["x"]\noutputs = []') | st.just("inputs = 1\noutputs = 2"))
def test_no_card_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed_card.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(ModelInvalid):
        card = read_card(path)
        assert Path(card.file).name == card.file
        assert tomllib.loads(text)
