"""Where consent records lie: one JSON file each in the user's folder, its revocation beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from facefusion.errors import InvalidInput, OutputExists, UsageError
from facefusion.media.paths import check_input, write_atomically
from facefusion.provenance.canonical import canonical, parse_strictly
from facefusion.provenance.consent.record import is_id
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.home import home

_LARGEST_FILE = 4 << 20
_SHORTEST_START = 4
_REVOKED = ".revoked.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the store: its record, or why it cannot be read."""

    path: Path
    consent: SignedConsent | None
    fault: str = ""


class ConsentStore:
    """The records of one folder, by default the user's own."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home() / "consent"

    def all(self) -> tuple[Kept, ...]:
        """Every file, in order of name; a damaged one says why."""
        return tuple(self._kept(path) for path in sorted(self._files()))

    def find(self, word: str) -> tuple[Path, SignedConsent]:
        """The record of a file, an id, or the beginning of one. Raises UsageError (nobody, several), InvalidInput."""
        if _looks_like_a_path(word):
            return Path(word), self._with_revocation(Path(word))
        found = [path for path in self._files() if path.stem.startswith(word.lower())]
        if len(found) != 1 or len(word) < _SHORTEST_START:
            what = f"{len(found)} records begin so" if found else "no record of this id"
            raise UsageError(f"consent {word}: {what}; `facefusion consent list` shows all, or name a file")
        return found[0], self._with_revocation(found[0])

    def read(self, path: Path) -> SignedConsent:
        """The record of a file, with its revocation wherever that lies. Raises InvalidInput."""
        return self._with_revocation(path)

    def add(self, consent: SignedConsent) -> Path:
        """Keep a new record; gives back its file. Raises OutputExists, OutputFailed."""
        path = self.folder / f"{consent.record.record_id}.json"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_consent(path, replace(consent, revocation=None, wrapped_key=None), overwrite=False)
        if consent.revocation is not None:
            self.revoke(path, consent.revocation)
        return path

    def take_in(self, consent: SignedConsent) -> Path:
        """Keep a record from elsewhere; one that is kept already gains its signatures and its revocation, loses none.

        Raises InvalidInput when another record of this id is kept, OutputFailed.
        """
        path = self.folder / f"{consent.record.record_id}.json"
        if not path.exists():
            return self.add(consent)
        kept = self._with_revocation(path)
        if kept.record != consent.record or kept.signatures != consent.signatures[: len(kept.signatures)]:
            raise InvalidInput(f"{path}: another record of this id is kept, or other signatures; remove it first")
        write_consent(path, replace(consent, revocation=None, wrapped_key=None), overwrite=True)
        if consent.revocation is not None and kept.revocation is None:
            self.revoke(path, consent.revocation)
        return path

    def revoke(self, path: Path, revocation: Revocation) -> Path:
        """Put a revocation beside the record at `path`, and beside the one that is kept here of the same id.

        Raises OutputExists when one lies at `path`, OutputFailed.
        """
        beside, said = revocation_path(path), canonical(revocation.to_plain()) + b"\n"
        kept = self.folder / f"{revocation.record_id}.json"
        write_atomically(beside, said, overwrite=False)
        if kept.exists() and not revocation_path(kept).exists():
            write_atomically(revocation_path(kept), said, overwrite=False)
        return beside

    def _files(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.glob("*.json") if is_id(path.stem))

    def _kept(self, path: Path) -> Kept:
        try:
            return Kept(path, self._with_revocation(path))
        except InvalidInput as error:
            return Kept(path, None, str(error))

    def _with_revocation(self, path: Path) -> SignedConsent:
        """A record with the revocation beside it, inside it, or in the store, wherever the record itself lies."""
        consent = read_consent(path)
        if consent.revocation is not None:
            return consent
        for beside in (revocation_path(path), self.folder / f"{consent.record.record_id}{_REVOKED}"):
            if beside.exists():
                return replace(consent, revocation=Revocation.from_plain(_read(beside)))
        return consent


def revocation_path(path: Path) -> Path:
    """`ID.json` → `ID.revoked.json`."""
    return path.with_name(path.stem + _REVOKED)


def read_consent(path: Path) -> SignedConsent:
    """A record from its file, signed or not. Raises InvalidInput that names the file."""
    try:
        return SignedConsent.from_plain(_read(path))
    except InvalidInput as error:
        raise InvalidInput(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None


def write_consent(path: Path, consent: SignedConsent, *, overwrite: bool) -> None:
    """Write a record as canonical JSON, whole or not at all. Raises OutputExists, OutputFailed."""
    if not overwrite and path.exists():
        raise OutputExists(f"{path}: is there already; choose another name")
    write_atomically(path, canonical(consent.to_plain()) + b"\n", overwrite=overwrite)


def _read(path: Path) -> object:
    check_input(path)
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidInput(f"{path}: is larger than any record ({_LARGEST_FILE} bytes); check the name")
    return parse_strictly(path.read_bytes())


def _looks_like_a_path(word: str) -> bool:
    return word.lower().endswith(".json") or any(sign in word for sign in "/\\") or Path(word).is_file()
