"""Every card is readable, consistent and on the list; the bundled files are what their cards say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from facefusion.errors import ModelInvalid, UsageError
from facefusion.models import MODELS, card_named, cards, open_session
from facefusion.models.card import read_card
from facefusion.models.catalog import CARDS
from facefusion.models.store import WEIGHTS

BUNDLED = [card for card in cards() if card.bundled]


def test_the_list_and_the_folder_agree() -> None:
    assert sorted(MODELS) == sorted(path.stem for path in CARDS.glob("*.toml"))
    assert len(set(MODELS)) == len(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_card(name: str) -> None:
    card = card_named(name)
    assert card.name == name
    assert card.inputs
    assert card.outputs
    assert all(needed in MODELS for needed in card.needs)
    assert name not in card.needs
    assert all(address.startswith("https://") and address.endswith(".onnx") for address in card.addresses)
    for specs in (card.inputs, card.outputs):
        assert len({spec.name for spec in specs}) == len(specs)
    for spec in (*card.inputs, *card.outputs):
        if spec.colour != "none":
            assert spec.layout != "flat"
            assert spec.channels == {"rgb": 3, "bgr": 3, "grey": 1}[spec.colour]
        if spec.layout != "flat":
            assert len(spec.mean) in (1, spec.channels)
            assert len(spec.std) in (1, spec.channels)


def test_files_and_hashes_are_not_shared() -> None:
    files = [card.file for card in cards()]
    hashes = [digest for card in cards() for digest in (card.sha256, *card.other_sha256) if digest]
    assert len(set(files)) == len(files)
    assert len(set(hashes)) == len(hashes)


def test_non_commercial_licences_are_flagged() -> None:
    for card in cards():
        if "non-commercial" in card.licence or "-NC-" in card.licence or card.licence == "not stated":
            assert not card.commercial_use, card.name


def test_seven_are_bundled_and_nothing_else_lies_there() -> None:
    assert {card.name for card in BUNDLED} == {
        "blazeface_short_range",
        "blazeface_full_range",
        "face_mesh_attention",
        "selfie_segmentation",
        "dlib_resnet_v1",
        "face_occlusion",
        "face_deblur",
        "face_restore",
        "open_nsfw",
    }
    assert {path.name for path in WEIGHTS.glob("*.onnx")} == {card.file for card in BUNDLED}
    assert sum(card.size_bytes for card in BUNDLED) <= 40e6


@pytest.mark.parametrize("card", BUNDLED, ids=lambda card: card.name)
def test_bundled_file_matches_its_card(card) -> None:  # type: ignore[no-untyped-def]
    data = (WEIGHTS / card.file).read_bytes()
    assert len(data) == card.size_bytes
    assert hashlib.sha256(data).hexdigest() == card.sha256
    assert card.commercial_use
    assert card.file in (Path(__file__).parents[3] / "NOTICE").read_text(encoding="utf-8")


@pytest.mark.parametrize("card", BUNDLED, ids=lambda card: card.name)
def test_bundled_file_keeps_the_tensor_contract(card) -> None:  # type: ignore[no-untyped-def]
    import onnx

    graph = onnx.load(WEIGHTS / card.file).graph
    for specs, values in ((card.inputs, graph.input), (card.outputs, graph.output)):
        shapes = {
            value.name: tuple(d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim) for value in values
        }
        assert {spec.name: spec.shape for spec in specs} == shapes
        assert all(value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT for value in values)
    assert open_session(card.name).inputs == card.inputs


def test_unknown_name_suggests_near_ones() -> None:
    with pytest.raises(UsageError, match=r"did you mean .*gfpgan_1\.4"):
        card_named("gfpgan_14")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "cooking"}, "unknown task cooking"),
        ({"file": "../weights.onnx"}, "plain name"),
        ({"sha256": "ABC"}, "64 lower-case"),
        ({"bundled": True, "commercial_use": False}, "bundled"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(card_named("dlib_resnet_v1"), **change)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "broken.toml"),
        ('name = "x"', "inputs"),
        ('inputs = [{name = "x", shape = [1], size = 3}]\noutputs = []', "unknown keys"),
        ('inputs = [{name = "x", shape = [1], layout = "NCHW"}]\noutputs = []', "4 dimensions"),
    ],
)
def test_an_unreadable_card_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelInvalid, match=message) as caught:
        read_card(path)
    assert "\n" not in str(caught.value)


def test_sizes_are_told_to_people() -> None:
    assert card_named("blazeface_short_range").size_text == "413 KB"
    assert card_named("gfpgan_1.4").size_text == "340 MB"
    assert card_named("gfpgan_1.3").size_text == "about 340 MB"
    assert replace(card_named("gfpgan_1.4"), size_bytes=0).size_text == "size not recorded"


def test_the_guide_says_of_every_model_what_was_verified() -> None:
    page = Path(__file__).parents[3] / "docs" / "guide" / "models.md"
    rows = [line.split("|") for line in page.read_text(encoding="utf-8").splitlines() if line.count("|") == 6]
    named = {word.strip(" ,()").removesuffix(" (bundled)") for row in rows for word in row[1].replace(",", " ").split()}
    assert set(MODELS) <= named
    said = {row[3].strip().partition(" (")[0] for row in rows if "(bundled)" not in row[1]}
    assert said <= {"real weights", "---", "no", "**yes**", "another network of the contract", *MODELS}
    assert "**yes**" in said


def test_a_model_that_ran_with_real_weights_stands_with_what_was_measured() -> None:
    page = Path(__file__).parents[3] / "docs" / "guide" / "models.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    measured = " ".join(line.split("|")[1] for line in lines if line.count("|") == 4)
    claimed = [line.split("|")[1].strip() for line in lines if line.count("|") == 6 and "**yes**" in line.split("|")[3]]
    assert len(claimed) > 4
    for names in claimed:
        assert all(name in measured for name in names.split(", ")), names
