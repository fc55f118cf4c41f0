"""Where the weights of a model lie on this machine, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from facefusion.errors import ModelInvalid, ModelMissing, UsageError
from facefusion.models.card import SUFFIXES, ModelCard, read_card
from facefusion.models.catalog import MODELS, card_named, cards, no_such_model
from facefusion.models.home import models_folder
from facefusion.models.lock import Entry, Lock
from facefusion.models.sniffing import check_file
from facefusion.models.writing import written

WEIGHTS = Path(__file__).parent / "weights"
Stamp = tuple[str, int, int]
"""A file as it was seen: resolved path, time of change in nanoseconds, size in bytes."""

_hashes: dict[Stamp, str] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Finds weights in the package and in `folders`, the first that has them wins. Cards beside weights count too."""

    folders: tuple[Path, ...] = ()

    @staticmethod
    def of_user(folder: Path | None = None) -> ModelStore:
        """The user's own folder: `folder`, else the one that FACEFUSION_MODELS names, else the platform's."""
        return ModelStore((folder or models_folder(),))

    def card(self, name: str) -> ModelCard:
        """The card of the model `name`, one of ours or one beside the user's weights.

        Raises UsageError with the nearest names for an unknown one, ModelInvalid for a card that cannot be read.
        """
        if name in MODELS:
            return card_named(name)
        for folder in self.folders:
            place = folder / f"{name}.toml"
            if place.parent == folder and place.is_file():
                return read_card(place)
        raise no_such_model(name, (*MODELS, *(path.stem for path in self._own_cards())))

    def cards(self) -> tuple[ModelCard, ...]:
        """All cards: ours, then the user's by name. Raises ModelInvalid for a card that cannot be read."""
        return (*cards(), *(read_card(path) for path in self._own_cards()))

    def path(self, name: str) -> Path:
        """The checked file of the model `name`.

        Raises UsageError for an unknown name, ModelMissing when the file is not here, and ModelInvalid when its content
        is neither the card's nor the one that was seen first.
        """
        card = self.card(name)
        found = self._lookup(card)
        if found is None:
            raise ModelMissing(self._missing(card))
        digest = _check_bundled(card, found) if card.bundled else _check_own(card, found)
        if not digest:
            if not card.bundled:
                check_file(found)  # says more, where it is no model at all
            raise ModelInvalid(self._differs(card, found))
        return found

    def sha256(self, name: str) -> str:
        """The sha256 of the checked file of the model `name`, hexadecimal. Raises as `path`."""
        card, found = self.card(name), self.path(name)
        return card.sha256 if card.bundled else (_check_own(card, found) or sha256_of(found))

    def has(self, name: str) -> bool:
        """Is the file of the model `name` here? Its content is not looked at."""
        return self._lookup(self.card(name)) is not None

    def card_of(self, path: Path) -> ModelCard | None:
        """The card of a file that somebody points at, by its name or else by its hash; None for a stranger."""
        beside = path.with_suffix(".toml")
        if beside.is_file():
            return read_card(beside)
        known = {card.file: card for card in self.cards()}
        if path.name in known:
            return known[path.name]
        hashed = {card.sha256: card for card in known.values() if card.sha256}
        sizes = {card.size_bytes for card in hashed.values()}
        return hashed.get(sha256_of(path)) if path.is_file() and path.stat().st_size in sizes else None

    def remove(self, *names: str, needed: bool = False) -> None:
        """Delete the user's own files of the models `names`, their cards where those are the user's too, and what
        unfinished pulls left of them; all or none. needed: also what other models here cannot do without.

        Raises UsageError for a bundled model or one that others need, ModelMissing when one is not here, OutputFailed.
        """
        left = {name: self._removable(name) for name in names}
        for folder in self.folders:
            Lock(folder).entries()  # a damaged one is told before anything is gone
        for name in () if needed else names:
            others = [one for one in self._needing(name) if one not in names]
            if others:
                raise UsageError(f"{name}: {', '.join(others)} cannot do without it; remove those too, or say --force")
        for files in left.values():
            for file in files:
                with written(file.parent):
                    file.unlink()
                Lock(file.parent).forget(file.name)

    def strangers(self) -> tuple[Path, ...]:
        """Files of weights in the user's folders that no card names."""
        known = {card.file for card in self.cards()}
        found = (path for folder in self.folders for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES)
        return tuple(path for path in found if path.name not in known)

    def verified(self) -> tuple[FileState, ...]:
        """Every file of the user's, read anew and compared with its card and with how it was seen first."""
        found = []
        for card in self.cards():
            place = None if card.bundled else self._lookup(card)
            if place is not None:
                found.append(_state(card, place))
        return tuple(found)

    def accept_licence(self, name: str, *, who: str) -> None:
        """Write down that `who` accepts the licence of the model `name`.

        Raises UsageError, ModelInvalid, DiskFull, OutputFailed.
        """
        from datetime import UTC, datetime

        card = self.card(name)
        record = {"licence": card.licence, "by": who, "at": datetime.now(UTC).isoformat("T", "seconds")}
        self._first_folder().accept(name, record)

    def needs_acceptance(self, name: str) -> bool:
        """Whether the licence forbids commercial use and nobody accepted it yet; another text asks anew."""
        card = self.card(name)
        if card.bundled or card.commercial_use:
            return False
        records = [Lock(folder).licences().get(name) for folder in self.folders]
        return all(record is None or record.get("licence") != card.licence for record in records)

    def _removable(self, name: str) -> list[Path]:
        card, found = self.card(name), []
        if card.bundled:
            raise UsageError(f"{name}: comes with the package and stays")
        own = () if name in MODELS else (f"{name}.toml",)
        for file in (card.file, *own):
            found += [folder / file for folder in self.folders if _is_file(folder / file)]
        for folder in self.folders:  # halves of pulls and of copies that were killed
            found += [path for path in folder.glob(f".{escape(card.file)}.*") if path.suffix != ".busy"]
        if not found:
            raise ModelMissing(f"{name}: is not on this machine; nothing to remove")
        return found

    def _needing(self, name: str) -> list[str]:
        """The models that are here and cannot do without `name`."""
        return [card.name for card in self.cards() if name in card.needs and self._lookup(card) is not None]

    def _first_folder(self) -> Lock:
        if not self.folders:
            raise UsageError("models: no folder to write to; set FACEFUSION_MODELS")
        return Lock(self.folders[0])

    def _own_cards(self) -> list[Path]:
        found = {path.stem: path for folder in reversed(self.folders) for path in folder.glob("*.toml")}
        return [path for name, path in sorted(found.items()) if name not in MODELS]

    def _lookup(self, card: ModelCard) -> Path | None:
        folders = (WEIGHTS,) if card.bundled else self.folders
        return next((folder / card.file for folder in folders if _is_file(folder / card.file)), None)

    def _missing(self, card: ModelCard) -> str:
        if card.bundled:
            return (
                f"{card.name} is missing from the installed package ({WEIGHTS / card.file}): install FaceFusion again"
            )
        where = str(self.folders[0]) if self.folders else "the folder that FACEFUSION_MODELS names"
        how = f"`facefusion models pull {card.name}` or " if card.addresses else ""
        return (
            f"{card.name} is not on this machine ({card.size_text}; licence {card.licence_text}): "
            f"{how}put {card.file} into {where}; `facefusion models show {card.name}` says where to get it"
        )

    def _differs(self, card: ModelCard, found: Path) -> str:
        if card.bundled:
            return f"{found} is damaged (its sha256 is not {card.sha256[:12]}…): install FaceFusion again"
        known = f"not {card.sha256[:12]}…" if card.sha256 else "another than when it was first seen"
        return (
            f"{found} is not the {card.name} that is known (its sha256 is {known}): get it again "
            f"(`facefusion models remove {card.name}` makes room for it), or take it as it is "
            f"with `facefusion models import {found} --as {card.name}`"
        )


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of the user's. state: "as known" or "changed"; what: how it is known."""

    file: str
    state: str
    what: str

    @property
    def is_sound(self) -> bool:
        return self.state == "as known"


def _state(card: ModelCard, place: Path) -> FileState:
    entry = Lock(place.parent).entries().get(place.name)
    digest = _digest(place)
    published = {one for one in (card.sha256, *card.other_sha256) if one}
    if entry is None:
        sound, what = not published or digest in published, "its card" if published else "not seen before"
    else:
        sound, what = digest == entry.sha256 or digest in published, f"{entry.how}, {entry.seen[:10]}"
    return FileState(place.name, "as known" if sound else "changed", what)


def _check_bundled(card: ModelCard, found: Path) -> str:
    """The file's hash, "" when it is not the card's."""
    digest = sha256_of(found)
    return digest if digest in (card.sha256, *card.other_sha256) else ""


def _check_own(card: ModelCard, found: Path) -> str:
    """The hash of one of the user's files, "" when it is not what it should be; a new one is written down."""
    lock = Lock(found.parent)
    entry = lock.entries().get(found.name)
    unchanged = entry is not None and entry.is_unchanged(found)
    digest = entry.sha256 if entry is not None and unchanged else sha256_of(found)
    published = {one for one in (card.sha256, *card.other_sha256) if one}
    believed = published | ({entry.sha256} if entry is not None and (entry.how == "import" or not published) else set())
    if believed and digest not in believed:
        return ""
    if entry is None or entry.sha256 != digest:
        if not published:
            check_file(found)
        lock.remember(found.name, Entry.of(found, digest, "card" if published else "first use"))
    elif not unchanged:
        lock.restamp(found.name, entry, found)
    return digest


def stamp_of(path: Path) -> Stamp:
    """Tells whether a file changed, without reading it."""
    status = path.stat()
    return str(path.resolve()), status.st_mtime_ns, status.st_size


def sha256_of(path: Path) -> str:
    """The sha256 of a file in lower-case hexadecimal, computed once for each state of it in this process."""
    stamp = stamp_of(path)
    with _lock:
        known = _hashes.get(stamp)
    if known is None:
        known = _digest(path)
        with _lock:
            _hashes[stamp] = known
    return known


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelInvalid(f"{path}: cannot be read ({error.strerror}); allow that, or put it there anew") from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise ModelInvalid(f"{path.parent}: cannot be looked into ({error.strerror}); allow that") from None
