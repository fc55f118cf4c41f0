"""All learned weights of one machine: a name or a path in, the adapter that speaks to it out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facefusion.errors import ModelError, ModelMissing, UsageError
from facefusion.models.card import SUFFIXES, ModelCard, Task
from facefusion.models.contracts import ADAPTERS, TEMPLATED
from facefusion.models.devices import Device, Devices
from facefusion.models.providers import check_providers
from facefusion.models.store import ModelStore, sha256_of

if TYPE_CHECKING:
    from facefusion.models.adapters.recognisers import ArcFace
    from facefusion.models.sessions import Session

RECOGNISER = "arcface_w600k_r50"


@dataclass(frozen=True, slots=True)
class Used:
    """Weights that a run uses: their name, and the sha256 of the file, hexadecimal."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Zoo:
    """store: where weights are looked for. providers: what they run on, in order of preference; device: how.

    own: other devices of single models, by name or task.
    """

    store: ModelStore = field(default_factory=ModelStore.of_user)
    providers: Sequence[str] = ("cpu",)
    threads: int = 1
    device: Device = Device()
    own: Mapping[str, Device] = field(default_factory=dict)

    def card(self, model: str, task: Task) -> ModelCard:
        """The card of a name or of a file's path.

        Raises UsageError (unknown, or for another task), ModelMissing (no such file), ModelError (a file without card).
        """
        card = self._card_of_file(Path(model)) if is_path(model) else self.store.card(model)
        if card.task != task:
            raise UsageError(
                f"{card.name}: is a {card.task}, not a {task}; `facefusion models list` shows what there is"
            )
        return card

    def check(self, model: str, task: Task) -> None:
        """Raise when the model cannot be used: as `card`, ModelMissing, ModelInvalid, or an open licence."""
        for name, card in self._all_of(model, task):
            if not is_path(name):
                self.store.path(name)
            if card.contract not in ADAPTERS:
                raise ModelError(f"{card.name}: no adapter speaks to it; known contracts are {', '.join(ADAPTERS)}")
            if not card.bundled and self.store.needs_acceptance(card.name):
                raise ModelError(
                    f"{card.name}: its licence ({card.licence}) {_forbids(card)}, and accept it once with "
                    f"`facefusion models accept {card.name}`"
                )

    def used(self, model: str, task: Task) -> tuple[Used, ...]:
        """The model and those that it needs, each with the hash of its file. Raises as `check`."""
        return tuple(
            Used(card.name, sha256_of(Path(name)) if is_path(name) else self.store.sha256(name))
            for name, card in self._all_of(model, task)
        )

    def cards(self, model: str, task: Task) -> tuple[ModelCard, ...]:
        """The cards of the model and of those that it needs. Raises as `card`."""
        return tuple(card for _, card in self._all_of(model, task))

    def session(self, model: str) -> Session:
        """The session of a name or a path."""
        from facefusion.models.opening import open_session

        return open_session(_place(model), **self._how(model))

    def opened(self, model: str) -> Session | None:
        """As `session`, where that is open already, else None."""
        from facefusion.models.opening import opened_session

        return opened_session(_place(model), **self._how(model))

    def device_of(self, model: str) -> Device:
        """Where a name or a path runs."""
        card = self._card_of_file(Path(model)) if is_path(model) else self.store.card(model)
        usual = replace(self.device, providers=check_providers(self.providers))
        return Devices(usual, self.own).of(card.name, card.task)

    def names(self, model: str, task: Task) -> tuple[str, ...]:
        """The names, or paths, of a model and of those that it needs. Raises as `card`."""
        return tuple(name for name, _ in self._all_of(model, task))

    def adapter(self, model: str, task: Task) -> Any:
        """What speaks to a model: a class of `models.adapters` for its contract. Raises as `check`."""
        self.check(model, task)
        card = self.card(model, task)
        module, _, name = ADAPTERS[card.contract].partition(":")
        rest: tuple[Any, ...] = (card.template,) if card.contract in TEMPLATED else ()
        if task == "face_swapper":
            converters = [name for name in card.needs if self.store.card(name).task == "embedding_converter"]
            rest = (card.template, self.session(converters[0]) if converters else None)
        return getattr(importlib.import_module(module), name)(self.session(model), *rest)

    def recogniser(self, model: str = RECOGNISER) -> ArcFace:
        """What learned swappers know people by."""
        found: ArcFace = self.adapter(model, "face_encoder")
        return found

    def _how(self, model: str) -> dict[str, Any]:
        device = self.device_of(model)
        return {"store": self.store, "providers": device.providers, "threads": self.threads, "device": device}

    def _all_of(self, model: str, task: Task) -> list[tuple[str, ModelCard]]:
        first = self.card(model, task)
        return [(model, first), *((name, self.store.card(name)) for name in first.needs)]

    def _card_of_file(self, path: Path) -> ModelCard:
        card = self.store.card_of(path)
        if not path.is_file():
            if card is None:
                raise ModelMissing(f"{path}: no such model file; check the path")
            raise ModelMissing(
                f"{path}: no such model file; {card.name}: {card.size_text}, licence {card.licence_text}; "
                f"`facefusion models show {card.name}` says where to get it"
            )
        if card is None:
            raise ModelError(
                f"{path}: nothing is known of this file; `facefusion models import {path}` finds out what it is"
            )
        return card


def _place(model: str) -> str | Path:
    return Path(model) if is_path(model) else model


def _forbids(card: ModelCard) -> str:
    if card.origin.startswith("http"):
        return f"forbids commercial use; read it at {card.origin}"
    return f"counts as one without commercial use; read it where you got the file ({card.origin})"


def is_path(model: str) -> bool:
    """Whether a word is the path of a file and not a name."""
    return model.endswith(SUFFIXES) or "/" in model or "\\" in model
