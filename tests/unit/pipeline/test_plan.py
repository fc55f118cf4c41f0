"""A plan is checked at birth and says the same after it was written down and read again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefusion.core.settings import Option
from facefusion.errors import UsageError
from facefusion.pipeline import catalog
from facefusion.pipeline.cues import Cue, parse_cue
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.sections import keys, sections

LEAST: dict[str, Any] = {"source": ["a.jpg"], "target": "b.mp4", "output": "c.mp4"}
SIGNING = {"signing-certificate", "signing-key", "signing-url", "signing-timestamp-url"}
SPECIAL = {
    *LEAST,
    *SIGNING,
    "assign",
    "background",
    "processor",
    "start",
    "end",
    "face-selector-mode",
    "reference-image",
    "label-text",
    "model-provider",
    "execution-device",
    "face-enhancer-reference",
}
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)


def _value(option: Option) -> st.SearchStrategy[Any]:
    if option.kind == "bool":
        return st.booleans()
    if option.kind == "choice":
        return st.sampled_from(option.choices)
    if option.kind == "choices":
        return st.lists(st.sampled_from(option.choices), max_size=3)
    if option.kind == "int":
        return st.integers(int(option.low or 0), int(option.high or 0))
    if option.kind == "float":
        return st.floats(option.low, option.high)
    return st.lists(TEXTS, max_size=3) if option.kind == "texts" else TEXTS


MAPPINGS = st.fixed_dictionaries(
    {"target": TEXTS, "output": TEXTS, "source": st.lists(TEXTS, min_size=1, max_size=3)},
    optional={
        **{name: _value(key.option) for name, key in keys().items() if name not in SPECIAL},
        "assign": st.lists(st.integers(1, 9).map(lambda n: f"{n}=a.jpg,b.jpg"), max_size=2),
        "execution-device": st.sampled_from(["0", "3", "0+1"]),
        "model-provider": st.lists(st.sampled_from(["inswapper_128=cuda:1", "face_enhancer=cpu"]), max_size=2),
        "signing-timestamp-url": st.sampled_from(["https://time.example/", "http://time.example:80/tsa"]),
        "processor": st.sampled_from([["face_swapper"], ["face-enhancer"], ["face_enhancer", "face_swapper"]]),
    },
)


@given(MAPPINGS)
def test_a_plan_survives_being_written_down(values: dict[str, Any]) -> None:
    plan = Plan.from_mapping(values)
    assert Plan.from_mapping(plan.to_mapping()) == plan


@given(MAPPINGS)
def test_only_what_differs_from_the_defaults_is_written_down(values: dict[str, Any]) -> None:
    for name, value in Plan.from_mapping(values).to_mapping().items():
        default = keys()[name].option.default
        assert value != (list(default) if isinstance(default, tuple) else default)


def test_every_key_belongs_to_one_option_and_every_option_has_a_key() -> None:
    declared = [
        section.key_of(key.option) for section in sections() for key in keys().values() if key.section is section
    ]
    assert sorted(declared) == sorted(keys())
    assert {"face-swapper-shape-strength", "face-enhancer-detail", "mask-blur", "label-text", "output-codec"} <= set(
        keys()
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": ""}, "target"),
        ({"output": ""}, "output"),
        ({"source": []}, "source"),
        ({"processor": ["face_swaper"]}, "did you mean face_swapper"),
        ({"processor": ["expression_edit"]}, "did you mean expression_editor"),
        ({"processor": []}, "processor"),
        ({"processor": ["face_swapper", "face-swapper"]}, "at most once"),
        ({"mask-blur": 7.0}, "0.0 to 1.0"),
        ({"mask-blur": "soft"}, "a number"),
        ({"mask-blur": True}, "a number"),
        ({"overwrite": "yes"}, "true or false"),
        ({"threads": 1.5}, "a whole number"),
        ({"source": [1]}, "a list of texts"),
        ({"maskblur": 0.5}, "did you mean mask-blur"),
        ({"face-selector-mode": "two"}, "one, many, reference"),
        ({"face-selector-mode": "reference"}, "reference-image"),
        ({"execution-provider": ["gpu"]}, "cuda"),
        ({"start": "10f", "end": "10f"}, "start"),
        ({"start": "2", "end": "1"}, "start"),
        ({"start": "soon"}, "250f"),
        ({"assign": ["anna.jpg"]}, "person=photo"),
        ({"assign": ["0=anna.jpg"]}, "person=photo"),
        ({"assign": ["1="]}, "person=photo"),
    ],
)
def test_a_wrong_request_is_refused_with_what_would_work(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Plan.from_mapping({**LEAST, **changes})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_text_stands_for_a_list_of_one() -> None:
    assert Plan.from_mapping({**LEAST, "source": "a.jpg"}) == Plan.from_mapping(LEAST)


def test_an_enhancer_needs_no_source() -> None:
    plan = Plan.from_mapping({"target": "b.mp4", "output": "c.mp4", "processor": "face_enhancer"})
    assert not plan.needs_source


def test_assignments_add_up_and_double_commas_are_commas() -> None:
    plan = Plan.from_mapping({**LEAST, "assign": ["2=a.jpg,b.jpg", "1=x,,y.jpg", "2=c.jpg"]})
    assert plan.assignments == {"1": (Path("x,y.jpg"),), "2": (Path("a.jpg"), Path("b.jpg"), Path("c.jpg"))}


def test_a_plan_cannot_be_changed_behind_its_back() -> None:
    plan = Plan.from_mapping(LEAST)
    with pytest.raises(TypeError):
        plan.effects["face_swapper"] = None  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("", None),
        ("12", Cue(seconds=Fraction(12))),
        ("12.5s", Cue(seconds=Fraction(25, 2))),
        ("1:02.5", Cue(seconds=Fraction(125, 2))),
        ("1:01:02", Cue(seconds=Fraction(3662))),
        ("250f", Cue(frame=250)),
    ],
)
def test_cues(text: str, cue: Cue | None) -> None:
    assert parse_cue(text, option="start") == cue


def test_the_catalog_finds_by_both_spellings() -> None:
    assert catalog.find("face-swapper") is catalog.find("face_swapper")
    assert catalog.names() == (
        "face_swapper",
        "face_enhancer",
        "face_anonymiser",
        "lip_syncer",
        "expression_editor",
        "background_remover",
        "frame_restorer",
        "frame_enhancer",
        "frame_colorizer",
    )
    for entry in catalog.CATALOG:
        assert entry.settings_class() == entry.settings_class()


def test_no_option_turns_a_mark_off() -> None:
    """Of everything that can be said about marks, records and the log, one thing leaves something out, and a policy has
    to grant it: the visible label."""
    told = [key for key in keys().values() if key.section.name in ("label", "permission", "manifest", "audit")]
    assert {key.name for key in told if key.option.kind == "bool"} == {"omit-visible-label"}
    off = {"none", "off", "no", "never", "disabled"}
    assert {key.name for key in told if off & set(key.option.choices)} == {"audit-names"}
    for name in keys():
        assert not {"no", "skip", "disable", "without"} & set(name.split("-")) or name == "allow-no-face"
        assert "watermark" not in name
