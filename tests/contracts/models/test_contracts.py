"""Every contract with a miniature that keeps it, and every check on cards that are wrong in one point: it must fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from checks import CHECKS, Show

from facefusion.core.arrays import Float32
from facefusion.errors import FaceFusionError
from facefusion.models import ModelCard, ModelStore, TensorSpec, cards
from facefusion.models.contracts import ADAPTERS
from facefusion.models.zoo import Zoo

Change = Callable[[ModelCard], ModelCard]


@dataclass(frozen=True)
class WrongStore(ModelStore):
    """A store whose card of one model says something wrong."""

    name: str = ""
    change: Change = lambda card: card

    def card(self, name: str) -> ModelCard:
        card = ModelStore.card(self, name)
        return self.change(card) if name == self.name else card


@pytest.mark.parametrize("name", CHECKS)
def test_an_adapter_keeps_its_contract(name: str, folder: Path, noise: Float32) -> None:
    CHECKS[name](Show(Zoo(ModelStore((folder,))), noise))


def test_every_contract_has_an_adapter_and_a_check() -> None:
    own = {
        "blazeface",
        "face_mesh",
        "selfie_segmentation",
        "dlib_resnet",
        "face_occlusion",
        "face_deblur",
        "open_nsfw",
    }
    assert {card.contract for card in cards()} == own | (set(ADAPTERS) - {"dfm"})
    checked = {card.contract for card in cards() if card.name in CHECKS} | {"dfm"}
    assert checked == set(ADAPTERS)


def changed(card: ModelCard, place: int, *, of: str = "inputs", **values: Any) -> ModelCard:
    specs = list(getattr(card, of))
    specs[place] = replace(specs[place], **values)
    return replace(card, **{of: tuple(specs)})


def mutations(card: ModelCard) -> Iterator[tuple[str, Change]]:
    """What can be wrong about `card`: one point each."""
    for of in ("inputs", "outputs"):
        for place, spec in enumerate(getattr(card, of)):
            yield from _of_tensor(of, place, spec)
    if card.template:
        for other in ("arcface_112_v1", "arcface_128", "mtcnn_512", "ffhq_512"):
            if other != card.template:
                yield f"template {other}", lambda one, other=other: replace(one, template=other)  # type: ignore[misc]


def _of_tensor(of: str, place: int, spec: TensorSpec) -> Iterator[tuple[str, Change]]:
    if spec.layout == "flat" or spec.colour == "none":
        return
    where = f"{of} {spec.name}"
    if spec.colour in ("rgb", "bgr"):
        other = "bgr" if spec.colour == "rgb" else "rgb"
        yield f"{where} order", lambda one: changed(one, place, of=of, colour=other)
    low, high = spec.range
    span = (0.0, 1.0) if low < 0 else (-1.0, 1.0) if high == 1.0 else (0.0, 1.0)
    yield f"{where} range", lambda one: changed(one, place, of=of, range=span)
    if spec.mean != (0.0,):
        yield f"{where} mean", lambda one: changed(one, place, of=of, mean=(0.0,))
    if spec.std != (1.0,):
        yield f"{where} std", lambda one: changed(one, place, of=of, std=(1.0,))
    swapped = (spec.shape[0], *spec.shape[2:], spec.shape[1])
    if spec.layout == "NHWC":
        swapped = (spec.shape[0], spec.shape[3], *spec.shape[1:3])
    layout = "NCHW" if spec.layout == "NHWC" else "NHWC"
    yield f"{where} layout", lambda one: changed(one, place, of=of, shape=swapped, layout=layout)


CANNOT_MATTER = {("ddcolor", "inputs input order"), ("deoldify", "inputs input order")}
"""They are shown grey."""
MUTANTS = [
    pytest.param(name, change, id=f"{name}: {what}")
    for name in CHECKS
    if name != "somebody"
    for what, change in mutations(next(card for card in cards() if card.name == name))
    if (name, what) not in CANNOT_MATTER
]


@pytest.mark.parametrize(("name", "change"), MUTANTS)
def test_a_card_that_is_wrong_in_one_point_is_noticed(name: str, change: Change, folder: Path, noise: Float32) -> None:
    with pytest.raises((AssertionError, FaceFusionError, ValueError)):
        CHECKS[name](Show(Zoo(WrongStore((folder,), name, change)), noise))
