"""Where the weights of a model lie on this machine, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from facefusion.errors import ModelInvalid, ModelMissing
from facefusion.models.card import ModelCard
from facefusion.models.catalog import card_named, cards

WEIGHTS = Path(__file__).parent / "weights"
Stamp = tuple[str, int, int]
"""A file as it was seen: resolved path, time of change in nanoseconds, size in bytes."""

_hashes: dict[Stamp, str] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Finds weights in the package and in `folders`, the first that has them wins."""

    folders: tuple[Path, ...] = ()

    def path(self, name: str) -> Path:
        """The checked file of the model `name`.

        Raises UsageError for an unknown name, ModelMissing when the file is not here, and ModelInvalid when
        its sha256 is not the card's.
        """
        card = card_named(name)
        found = self._lookup(card)
        if found is None:
            raise ModelMissing(self._missing(card))
        if card.sha256 and sha256_of(found) not in (card.sha256, *card.other_sha256):
            raise ModelInvalid(self._differs(card, found))
        return found

    def has(self, name: str) -> bool:
        """Is the file of the model `name` here? Its content is not looked at."""
        return self._lookup(card_named(name)) is not None

    def card_of(self, path: Path) -> ModelCard | None:
        """The card of a file that somebody points at, by its name or else by its hash; None for a stranger."""
        known = {card.file: card for card in cards()}
        if path.name in known:
            return known[path.name]
        hashed = {card.sha256: card for card in known.values() if card.sha256}
        sizes = {card.size_bytes for card in hashed.values()}
        return hashed.get(sha256_of(path)) if path.is_file() and path.stat().st_size in sizes else None

    def _lookup(self, card: ModelCard) -> Path | None:
        folders = (WEIGHTS,) if card.bundled else self.folders
        return next((folder / card.file for folder in folders if (folder / card.file).is_file()), None)

    def _missing(self, card: ModelCard) -> str:
        if card.bundled:
            return (
                f"{card.name} is missing from the installed package ({WEIGHTS / card.file}): install FaceFusion again"
            )
        where = str(self.folders[0]) if self.folders else "the folder that FACEFUSION_MODELS names"
        return (
            f"{card.name} is not on this machine ({card.size_text}; licence {card.licence_text}): "
            f"put {card.file} into {where}; `facefusion models show {card.name}` says where to get it"
        )

    def _differs(self, card: ModelCard, found: Path) -> str:
        if card.bundled:
            return f"{found} is damaged (its sha256 is not {card.sha256[:12]}…): install FaceFusion again"
        return (
            f"{found} is not the {card.name} that is known (its sha256 is not {card.sha256[:12]}…): "
            f"get it again, or give its path as the model to use it as it is"
        )


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
        with path.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
        with _lock:
            _hashes[stamp] = known
    return known
