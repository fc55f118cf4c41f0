"""Fetches weights: resumed where it stopped, from mirrors, through a proxy, placed whole or not at all."""

from __future__ import annotations

import hashlib
import os
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast

from filelock import FileLock, Timeout

from facefusion.errors import DownloadFailed, ModelError, ModelInvalid
from facefusion.models.card import ModelCard
from facefusion.models.lock import Entry, Lock
from facefusion.models.network import Address, Network
from facefusion.models.sniffing import check_file, check_opening
from facefusion.models.store import ModelStore
from facefusion.models.writing import check_room, not_written, size_text, written

_OPENING, _PIECE = 1 << 10, 1 << 18
Told = Callable[[int, int], None]
"""Bytes that are here, and bytes in all (0: not known). May raise to stop; what is here stays and is resumed."""


def pull(
    store: ModelStore, name: str, network: Network, *,
    told: Told = lambda here, total: None, waiting: Callable[[], None] = lambda: None,
) -> Path:  # fmt: skip
    """The checked file of the model `name`, fetched when it is not here. Two pulls at once fetch it once; the second
    calls `waiting` before it waits.

    Raises UsageError (unknown name, nothing to fetch it from), ModelError (licence not accepted yet), DownloadFailed
    (offline, every address failed, cut off), ModelInvalid (another content than the card's), DiskFull, OutputFailed.
    """
    card = store.card(name)
    if store.has(name):
        return store.path(name)
    addresses = network.addresses(card)
    if store.needs_acceptance(name):
        raise ModelError(
            f"{name}: its licence ({card.licence}) forbids commercial use; read it at {card.origin}, then pull it with "
            "--accept-licence"
        )
    folder = store.folders[0]
    with written(folder), _alone(folder / f".{card.file}.busy", waiting):
        if not store.has(name):
            _fetched(card, folder, addresses, network, told)
    return store.path(name)


@contextmanager
def _alone(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """While nobody else has the lock at `path`; the system frees it when whoever has it ends, in whatever way."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetched(card: ModelCard, folder: Path, addresses: Sequence[Address], network: Network, told: Told) -> None:
    part, failures = folder / f".{card.file}.part", list[ModelError]()
    for address in addresses:
        try:
            _download(address, part, card, network, told)
            _place(part, folder / card.file, card, address)
            return
        except (DownloadFailed, ModelInvalid) as error:
            failures.append(type(error)(f"{address.host}: {error}"))
    here = part.stat().st_size if part.is_file() else 0
    rest = f"; {size_text(here)} are here: run it again to go on" if here else ""
    kind = ModelInvalid if all(isinstance(error, ModelInvalid) for error in failures) else DownloadFailed
    raise kind(f"{card.name}: could not be fetched ({'; '.join(map(str, failures))}){rest}")


def _download(address: Address, part: Path, card: ModelCard, network: Network, told: Told) -> None:
    """Bring `part` to its full length, from where it is."""
    mark, here = part.with_suffix(".mark"), part.stat().st_size if part.is_file() else 0
    request, version = address.request(), mark.read_text() if here and mark.is_file() else ""
    if version or (here and card.sha256):  # a hash tells pieces of two files apart, too
        request.add_header("Range", f"bytes={here}-")
    if version:
        request.add_header("If-Range", version)
    try:
        with cast(HTTPResponse, network.opener().open(request, timeout=network.timeout_seconds)) as answer:
            resumed = answer.status == 206 and (answer.headers["Content-Range"] or "").startswith(f"bytes {here}-")
            here = here if resumed else 0
            total = here + int(answer.headers["Content-Length"] or 0)
            mark.write_text(answer.headers["ETag"] or answer.headers["Last-Modified"] or "")
            check_room(part.parent, total - here, card.name)
            _copy(answer, part, here, total, told)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # what is here is as long as the file, or longer than another one
            part.unlink(missing_ok=True)
        raise DownloadFailed(f"answered {error.code} {error.reason}") from None
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise DownloadFailed(network.why_not_reached(address, getattr(error, "reason", None) or error)) from None
    except OSError as error:
        raise not_written(part.parent, error) from None


def _copy(answer: HTTPResponse, part: Path, here: int, total: int, told: Told) -> None:
    """Each piece is written as it comes, so that a kill loses no more than that."""
    with part.open("r+b" if here else "wb") as file:
        file.seek(here)
        file.truncate()
        piece = answer.read(_OPENING)
        if here == 0:
            _check_answer(piece, answer.headers.get_content_type())
        while piece:
            file.write(piece)
            here += len(piece)
            told(here, total)
            piece = answer.read1(_PIECE)
    if total and here < total:
        raise DownloadFailed(f"ended after {here} of {total} bytes")


def _check_answer(opening: bytes, content_type: str) -> None:
    try:
        check_opening(opening, content_type=content_type)
    except ModelInvalid as error:
        raise DownloadFailed(str(error)) from None


def _place(part: Path, place: Path, card: ModelCard, address: Address) -> None:
    """Check the whole file, then let it appear. A wrong one is thrown away."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    wanted = {one for one in (card.sha256, *card.other_sha256) if one}
    try:
        if wanted and digest not in wanted:
            raise ModelInvalid(f"sent another file (its sha256 is {digest[:12]}…, not {card.sha256[:12]}…)")
        check_file(part)
    except ModelInvalid as error:
        part.unlink(missing_ok=True)
        raise ModelInvalid(str(error).replace(part.name, card.file)) from None
    os.replace(part, place)
    part.with_suffix(".mark").unlink(missing_ok=True)
    Lock(place.parent).remember(
        place.name, Entry.of(place, digest, "card" if wanted else "pull", address=address.plain)
    )
