"""Fetches weights: resumed where it stopped, from mirrors, through a proxy, placed whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from filelock import FileLock

from facefusion import errors
from facefusion.errors import DownloadFailed, ModelError, ModelInvalid, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.lock import Entry, Lock
from facefusion.models.sniffing import check_file, check_opening
from facefusion.models.store import ModelStore

_PIECE = 1 << 20
_TIMEOUT_SECONDS = 30.0
_ROOM_LEFT = 64 << 20
Told = Callable[[int, int], None]
"""Bytes that are here, and bytes in all (0: not known). May raise to stop; what is here stays and is resumed."""


@dataclass(frozen=True, slots=True)
class Network:
    """How to fetch. mirrors: addresses of folders that hold the files by name, tried first. proxy: for http and https;
    "" takes the system's. offline: never fetch."""

    mirrors: tuple[str, ...] = ()
    proxy: str = ""
    offline: bool = False
    timeout_seconds: float = _TIMEOUT_SECONDS

    def opener(self) -> urllib.request.OpenerDirector:
        """Opens http and https, and nothing else."""
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else None
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        return opener


def pull(store: ModelStore, name: str, network: Network, *, told: Told = lambda here, total: None) -> Path:
    """The checked file of the model `name`, fetched when it is not here. Two pulls at once fetch it once.

    Raises UsageError (unknown name, nothing to fetch it from), ModelError (licence not accepted yet), DownloadFailed
    (offline, every address failed, cut off), ModelInvalid (another content than the card's) and DiskFull.
    """
    card = store.card(name)
    if store.has(name):
        return store.path(name)
    addresses = _addresses(card, network)
    if store.needs_acceptance(name):
        raise ModelError(
            f"{name}: its licence ({card.licence}) forbids commercial use; read it at {card.origin}, then pull it with "
            "--accept-licence"
        )
    folder = store.folders[0]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{card.file}.busy"):
        if not store.has(name):
            _fetched(card, folder, addresses, network, told)
    return store.path(name)


def _addresses(card: ModelCard, network: Network) -> tuple[str, ...]:
    if network.offline:
        raise DownloadFailed(f"{card.name}: is not on this machine, and --offline forbids fetching it")
    found = (*(f"{mirror.rstrip('/')}/{card.file}" for mirror in network.mirrors), *card.addresses)
    for address in found:
        if urlsplit(address).scheme not in ("http", "https"):
            raise UsageError(f"{address}: cannot be fetched from; supported are http and https")
    if not found:
        raise UsageError(
            f"{card.name}: nobody may hand it on, so obtain it yourself from {card.origin}, then "
            f"`facefusion models import FILE --as {card.name}`"
        )
    return found


def _fetched(card: ModelCard, folder: Path, addresses: Sequence[str], network: Network, told: Told) -> None:
    part, failures = folder / f".{card.file}.part", []
    for address in addresses:
        try:
            _download(address, part, card, network, told)
            _place(part, folder / card.file, card, address)
            return
        except (DownloadFailed, ModelInvalid) as error:
            failures.append(f"{urlsplit(address).netloc}: {error}")
    raise (ModelInvalid if len(failures) == 1 and "sha256" in failures[0] else DownloadFailed)(
        f"{card.name}: could not be fetched ({'; '.join(failures)})"
    )


def _download(address: str, part: Path, card: ModelCard, network: Network, told: Told) -> None:
    """Bring `part` to its full length, from where it is."""
    mark, here = part.with_suffix(".mark"), part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "facefusion", "Accept-Encoding": "identity"})
    version = mark.read_text() if here and mark.is_file() else ""
    if version:
        request.add_header("Range", f"bytes={here}-")
        request.add_header("If-Range", version)
    try:
        with cast(HTTPResponse, network.opener().open(request, timeout=network.timeout_seconds)) as answer:
            resumed = answer.status == 206 and (answer.headers["Content-Range"] or "").startswith(f"bytes {here}-")
            here = here if resumed else 0
            total = here + int(answer.headers["Content-Length"] or 0)
            mark.write_text(answer.headers["ETag"] or answer.headers["Last-Modified"] or "")
            _check_room(part, total - here, card)
            _copy(answer, part, here, total, told, kind=answer.headers.get_content_type())
    except urllib.error.HTTPError as error:
        if error.code == 416:  # what is here is as long as the file, or longer than another one
            part.unlink(missing_ok=True)
        raise DownloadFailed(f"answered {error.code} {error.reason}") from None
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadFailed(f"cannot be reached ({reason}); run it again to go on where it stopped") from None
    except OSError as error:
        raise _of_disk(error, part) from None


def _copy(answer: HTTPResponse, part: Path, here: int, total: int, told: Told, *, kind: str) -> None:
    with part.open("r+b" if here else "wb") as file:
        file.seek(here)
        file.truncate()
        while piece := answer.read(_PIECE):
            if here == 0:
                check_opening(piece, content_type=kind)
            file.write(piece)
            here += len(piece)
            told(here, total)
    if total and here < total:
        raise DownloadFailed(f"ended after {here} of {total} bytes; run it again to go on where it stopped")


def _place(part: Path, place: Path, card: ModelCard, address: str) -> None:
    """Check the whole file, then let it appear. A wrong one is thrown away."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    wanted = {one for one in (card.sha256, *card.other_sha256) if one}
    try:
        if wanted and digest not in wanted:
            raise ModelInvalid(f"sent another file (its sha256 is {digest[:12]}…, not {card.sha256[:12]}…)")
        check_file(part)
    except ModelInvalid:
        part.unlink(missing_ok=True)
        raise
    os.replace(part, place)
    part.with_suffix(".mark").unlink(missing_ok=True)
    Lock(place.parent).remember(place.name, Entry.of(place, digest, "card" if wanted else "pull", address=address))


def _check_room(part: Path, wanted: int, card: ModelCard) -> None:
    free = shutil.disk_usage(part.parent).free
    if wanted + _ROOM_LEFT > free:
        raise errors.DiskFull(f"{part.parent}: {free >> 20} MB are free, {card.name} takes {wanted >> 20} MB more")


def _of_disk(error: OSError, part: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return errors.DiskFull(f"{part.parent}: is full; make room and run it again to go on where it stopped")
    return DownloadFailed(f"{part.parent}: cannot be written to ({error.strerror or error})")
