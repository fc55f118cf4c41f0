"""How long results are kept: what the policy said when each was made, and whether that time is over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from facefusion.errors import FaceFusionError, InvalidInput, MediaUnreadable, OutputFailed
from facefusion.provenance.asset import parse_asset
from facefusion.provenance.manifest.copies import read_copy
from facefusion.provenance.manifest.formats import MANIFEST_SUFFIX, manifest_beside, manifests_of_sequence
from facefusion.provenance.manifest.reading import read_manifest
from facefusion.provenance.places import MEDIA_SUFFIXES, sidecar_path

State = Literal["over", "kept", "no limit", "unknown"]
_BESIDE = (".anonymity.json", ".anonymity.jpg")
_LONGEST_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class Term:
    """How long one file is kept.

    state: "over" is to be deleted; "unknown" is never touched. until: None where there is no limit, or nobody knows.
    """

    path: Path
    state: State
    policy: str = ""
    until: datetime | None = None
    why: str = ""
    asset: str = ""

    @property
    def line(self) -> str:
        """For people."""
        end = "" if self.until is None else f" until {self.until.date().isoformat()}"
        rule = f" by policy {self.policy}" if self.policy else ""
        said = {"over": "time is over: was to be kept", "kept": "is kept", "no limit": "is kept without limit"}
        return f"{self.path}: {said.get(self.state, self.why)}{end}{rule}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        until = None if self.until is None else self.until.isoformat()
        return {"path": str(self.path), "state": self.state, "policy": self.policy, "until": until, "why": self.why}


def results_in(places: Iterable[Path]) -> Iterator[Path]:
    """Every picture and clip of `places` and of the folders below them, in order of name; links are not followed.

    Raises MediaUnreadable for a place that is not there.
    """
    for place in places:
        if not place.exists():
            raise MediaUnreadable(f"{place}: no such file or folder; check the spelling")
        found = [place] if place.is_file() else _below(place)
        yield from (path for path in found if path.suffix.lower() in MEDIA_SUFFIXES)


def term_of(path: Path, now: datetime) -> Term:
    """How long `path` is kept, by what was written down on this machine when it was made.

    A file whose own manifest no longer fits, or that was made elsewhere, is "unknown": nobody deletes it by this.
    """
    try:
        found = read_manifest(path)
    except InvalidInput as error:
        return Term(path, "unknown", why=str(error))
    if not found.is_ours or found.state not in ("intact", "expired"):
        return Term(path, "unknown", why="carries no intact manifest of a result; it is left alone")
    kept = None
    with suppress(FaceFusionError):
        kept = read_copy(parse_asset(found.asset))
    if kept is None:
        return Term(path, "unknown", why="was not made on this machine; it is left alone")
    return _judged(path, kept, found.asset, now)


def _judged(path: Path, kept: Mapping[str, Any], asset: str, now: datetime) -> Term:
    try:
        made = datetime.fromisoformat(str(kept["created"]))
        policy, days = str(kept["decision"]["policy"]), int(kept["decision"]["retention_days"])
        until = made.astimezone(UTC) + timedelta(days=min(max(days, 0), _LONGEST_DAYS))
    except (KeyError, TypeError, ValueError, OverflowError):
        return Term(path, "unknown", why="was made before policies said how long; it is left alone", asset=asset)
    if days <= 0:
        return Term(path, "no limit", policy, asset=asset)
    return Term(path, "over" if now > until else "kept", policy, until, asset=asset)


def delete(term: Term) -> tuple[Path, ...]:
    """Delete a result whose time is over, and what belongs to it; gives back what went. Raises OutputFailed."""
    if term.state != "over":
        raise ValueError(f"delete: got a result that is {term.state}, supported is over")
    lists = tuple(manifests_of_sequence(term.path))
    names = [Path(f"{term.path}{suffix}") for suffix in _BESIDE]
    gone = [_removed(path) for path in (term.path, sidecar_path(term.path), manifest_beside(term.path), *names)]
    gone += [_removed(listed) for listed in lists if not _is_still_listing(listed)]
    return tuple(path for path in gone if path is not None)


def _removed(path: Path) -> Path | None:
    try:
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise OutputFailed(f"{path}: cannot be deleted ({words}); delete it by hand") from None
    return path


def _is_still_listing(manifest: Path) -> bool:
    """Whether a picture of the sequence is left."""
    pattern = manifest.name.removesuffix(MANIFEST_SUFFIX).replace("[", "[[]").replace("#", "[0-9]")
    return any(True for _ in manifest.parent.glob(pattern))


def _below(folder: Path) -> list[Path]:
    """Files of a folder and of those in it; hidden ones, as those of unfinished work, are left out."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
    return [path for path in found if not path.is_symlink()]
