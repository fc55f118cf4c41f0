"""Lower precision: converted, measured, kept or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import refused, succeeded
from facefusion.core import UInt8
from facefusion.errors import ModelInvalid, UsageError
from facefusion.models import ModelStore
from facefusion.models.card_text import card_text
from facefusion.models.graph_file import last_square
from facefusion.models.graph_writer import Value, constant, model, node, write
from facefusion.models.importing import Told, import_model
from facefusion.models.lock import Lock
from facefusion.models.optimising import copy_name, loss_of, optimise
from facefusion.models.zoo import Zoo
from portraits import astronaut, write_png

pytest.importorskip("onnx")
SIDE = 32


def samples() -> list[UInt8]:
    return [np.ascontiguousarray(np.roll(astronaut()[:256, 96:352], 16 * n, axis=1)) for n in range(6)]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """One restorer of two convolutions, which nearly gives back what it is shown."""
    random, folder = np.random.default_rng(1), tmp_path / "models"
    folder.mkdir()
    first = (random.normal(size=(64, 3, 3, 3)) * 0.2).astype(np.float32)
    second = (random.normal(size=(3, 64, 3, 3)) * 0.02).astype(np.float32)
    nodes = [
        node("Conv", ["input", "first"], ["wide"], pads=[1, 1, 1, 1]),
        node("Relu", ["wide"], ["bent"]),
        node("Conv", ["bent", "second"], ["change"], pads=[1, 1, 1, 1]),
        node("Add", ["input", "change"], ["output"]),
    ]
    shape = (1, 3, SIDE, SIDE)
    graph = model(
        nodes, [Value("input", shape)], [Value("output", shape)],
        [constant("first", first), constant("second", second)],
    )  # fmt: skip
    write(folder / "tiny.onnx", graph)
    like = ModelStore((folder,)).card("gfpgan_1.3")
    specs = [tuple(replace(one, shape=shape) for one in some) for some in (like.inputs, like.outputs)]
    card = replace(
        like, name="tiny", file="tiny.onnx", commercial_use=False, inputs=specs[0], outputs=specs[1], addresses=(),
        size_bytes=0,
    )  # fmt: skip
    (folder / "tiny.toml").write_text(card_text(card))
    found = ModelStore((folder,))
    found.accept_licence("tiny", who="somebody")
    return found


@pytest.mark.parametrize(("precision", "smaller", "bound"), [("fp16", 0.8, 0.002), ("int8", 0.9, 0.05)])
def test_a_copy_in_lower_precision_is_a_model_of_its_own(
    store: ModelStore, precision: str, smaller: float, bound: float
) -> None:
    made = optimise("tiny", store, precision, samples())  # type: ignore[arg-type]
    assert 0 < made.loss < bound
    assert made.size_after < smaller * made.size_before
    again = ModelStore(store.folders)
    card = again.card(f"tiny_{precision}")
    assert (card.made_from, card.precision) == ("tiny", precision)
    assert card.accuracy_loss == pytest.approx(made.loss, rel=0.01)
    assert not again.needs_acceptance(card.name)
    picture = samples()[0][:SIDE, :SIDE].astype(np.float32) / 255
    answers = [
        Zoo(again).adapter(name, "face_enhancer").restore([picture]) for name in ("tiny", card.name)
    ]  # the second by its own name
    difference = np.abs(answers[0] - answers[1]).max()
    assert 0 < difference < 0.05
    with pytest.raises(UsageError, match="is a model already"):
        optimise("tiny", again, precision, samples())  # type: ignore[arg-type]


def test_a_copy_that_loses_too_much_is_refused_and_nothing_is_left(store: ModelStore) -> None:
    before = sorted(path.name for path in store.folders[0].iterdir())
    with pytest.raises(
        ModelInvalid, match=r"tiny: loses 0\.0\d+ of its answers in int8, allowed is 1e-06; keep .* fp16"
    ):
        optimise("tiny", store, "int8", samples(), bound=1e-6)
    assert sorted(path.name for path in store.folders[0].iterdir()) == before
    assert "tiny_int8.onnx" not in Lock(store.folders[0]).entries()


def test_what_gains_nothing_and_what_cannot_be_is_told(store: ModelStore) -> None:
    optimise("tiny", store, "fp16", samples())
    with pytest.raises(ModelInvalid, match=r"tiny_fp16: is no smaller in fp16|cannot be made fp16"):
        optimise("tiny_fp16", ModelStore(store.folders), "fp16", samples())
    with pytest.raises(UsageError, match="4 pictures or more"):
        optimise("tiny", store, "int8", samples()[:3])


def test_losses_are_shares_of_the_answers() -> None:
    answer = np.array([3.0, -4.0])
    assert loss_of([answer], [answer]) == 0
    assert loss_of([answer, answer], [answer, answer * 1.1]) == pytest.approx(0.1)
    assert loss_of([answer], [np.array([np.nan, 1.0])]) == np.inf


def test_the_command_measures_a_bundled_network_on_given_and_on_drawn_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "models"))
    photos = [write_png(tmp_path / f"{n}.png", one) for n, one in enumerate(samples()[:4])]
    given = [word for photo in photos for word in ("--sample", photo)]
    succeeded("models", "optimise", "blazeface_short_range", "--precision", "fp16", *given)
    card = ModelStore((tmp_path / "models",)).card("blazeface_short_range_fp16")
    assert 0 < card.accuracy_loss < 0.01
    says = "blazeface_short_range: loses 0.* of its answers in int8, allowed is 0.1; keep the original, or try fp16"
    refused(tmp_path, 6, says, "models", "optimise", "blazeface_short_range", "--precision", "int8")
    assert not (tmp_path / "models" / "blazeface_short_range_int8.onnx").exists()
    refused(tmp_path, 2, "precision: got fp8", "models", "optimise", "blazeface_short_range", "--precision", "fp8")


def test_an_inswappers_matrix_survives_8_bits_and_its_copy_is_not_called_like_a_model_of_ours(tmp_path: Path) -> None:
    import miniatures

    found = ModelStore((tmp_path / "models",))
    made = miniatures.swapper(tmp_path / "inswapper_128.onnx", size=128, template="arcface_128", emap=True)
    import_model(made, found, Told(known_as="inswapper_128"))
    optimised = optimise("inswapper_128", found, "int8", samples()[:4], bound=0.9)
    assert optimised.card.name == "inswapper_128_int8"
    assert np.array_equal(last_square(found.path("inswapper_128_int8"), 512), last_square(made, 512))
    assert copy_name(found.card("inswapper_128"), "", "fp16") == "inswapper_128_own_fp16"


@pytest.mark.parametrize("name", ["a/b", "../x", "With Capitals", "模型"])
def test_a_name_that_is_none_is_refused(store: ModelStore, name: str) -> None:
    with pytest.raises(UsageError, match="supported are small letters"):
        optimise("tiny", store, "fp16", samples(), name=name)
    with pytest.raises(UsageError, match="a bound above 0"):
        optimise("tiny", store, "fp16", samples(), bound=float("nan"))
