"""Takes a file that somebody brings: finds out what it is, tries it, copies it in, writes its card."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from facefusion.errors import ModelMissing, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.card_text import card_text
from facefusion.models.catalog import MODELS
from facefusion.models.graph_file import last_square
from facefusion.models.guessing import guess
from facefusion.models.lock import Entry, Lock, write_whole
from facefusion.models.sanity import check_sanity
from facefusion.models.sessions import Session
from facefusion.models.sniffing import check_file
from facefusion.models.store import ModelStore, sha256_of
from facefusion.models.writing import not_written, written

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True)
class Imported:
    """card: as it was written. why: how it was recognised. seen: what it did when it was tried."""

    card: ModelCard
    why: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a file beside what it holds. known_as: the model of our list that it is; name: how it is to be
    called; contract: how it is spoken to; like: a model whose numbers it keeps; licence: its own words."""

    known_as: str = ""
    name: str = ""
    contract: str = ""
    like: str = ""
    licence: str = ""
    commercial_use: bool = False


def import_model(path: Path, store: ModelStore, told: Told = Told()) -> Imported:
    """Copy a file into the store, tried and with a card. The original stays.

    Raises ModelMissing, UsageError (unknown or taken name), ModelInvalid (no model, no contract fits, several fit, it
    answers wrongly) and DiskFull.
    """
    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file; check the path")
    graph = check_file(path)
    if told.known_as:
        found = guess(path, graph, like=_example(store, told.known_as))
        card, why = found.card, found.why
    else:
        like = _example(store, told.like) if told.like else None
        found = guess(path, graph, contract=told.contract, like=like)
        card, why = _own_card(path, found.card, store, told), found.why
    session = Session(path, card=card)
    seen = check_sanity(session)
    if card.contract == "inswapper":
        last_square(path, 512)
    return Imported(_placed(path, card, store, told, (*why, *seen)), why, seen)


def _example(store: ModelStore, name: str) -> ModelCard:
    card = store.card(name)
    if card.bundled:
        raise UsageError(f"{name}: comes with the package; nothing of yours can stand for it")
    return card


def _own_card(path: Path, card: ModelCard, store: ModelStore, told: Told) -> ModelCard:
    name = told.name or plain_name(path.stem)
    if not _PLAIN.fullmatch(name):
        which = f"name {told.name!r}" if told.name else f"{path.name}: no name can be made of this; say --name"
        raise UsageError(f"{which}: supported are small letters, digits, dots, dashes and underscores")
    if name in MODELS:
        raise UsageError(f"{name}: is a model of our list; say --as {name} if the file is that, else give it a --name")
    taken = next((one for one in store.cards() if one.name == name), None)
    if taken is not None and taken.sha256 != sha256_of(path):
        raise UsageError(
            f"{name}: is a model of yours already, from another file; remove it first (`facefusion models remove "
            f"{name}`), or give this one a --name"
        )
    return replace(
        card,
        name=name,
        file=f"{name}{path.suffix.lower() if path.suffix.lower() == '.dfm' else '.onnx'}",
        summary=f"A {card.task} of yours, spoken to as {card.name}",
        vendor="not known",
        origin=f"a file of yours: {path.name}",
        licence=told.licence or "not stated",
        commercial_use=told.commercial_use,
        sha256="",
        other_sha256=(),
        addresses=(),
        size_bytes=0,
    )


def plain_name(text: str) -> str:
    """`Ünser Modell (1)` as `unser_modell_1`; "" where nothing of it is Latin."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", "_", bare).strip("._-")


def _placed(path: Path, card: ModelCard, store: ModelStore, told: Told, notes: tuple[str, ...]) -> ModelCard:
    if not store.folders:
        raise UsageError("models: no folder to write to; set FACEFUSION_MODELS")
    folder = store.folders[0]
    place = folder / card.file
    with written(folder):
        lock = Lock(folder)
        lock.entries()  # a damaged one is told before anything is put there
        digest = copied(path, place)
        lock.remember(place.name, Entry.of(place, digest, "import"))
        if not told.known_as:
            card = replace(card, sha256=digest, size_bytes=place.stat().st_size, notes="; ".join(notes))
            write_whole(folder / f"{card.name}.toml", card_text(card).encode())
    return card


def copied(path: Path, place: Path) -> str:
    """Copy `path` to `place`, whole or not at all; the sha256 of it. Raises DiskFull, OutputFailed."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not (place.exists() and place.samefile(path)):
            number, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            os.close(number)
            try:
                shutil.copyfile(path, name)
                os.chmod(name, 0o644)
                os.replace(name, place)
            finally:
                Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise not_written(place, error) from None
    return digest
