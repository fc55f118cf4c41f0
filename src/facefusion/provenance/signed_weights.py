"""The signed list of the weights that come with FaceFusion: what they were when somebody released them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput
from facefusion.models import cards
from facefusion.models.store import WEIGHTS, sha256_of
from facefusion.provenance.canonical import canonical, parse_strictly
from facefusion.provenance.keys import PublicKey, SigningKey

MANIFEST = Path(__file__).parent / "release" / "weights.json"
RELEASE_KEY = Path(__file__).parent / "release" / "key.txt"
"""The public half of the key that releases are signed with."""
_FORMAT = 1
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class WeightState:
    """One file of weights. state: "as released", "changed", "missing" or "not released"; what: in words."""

    file: str
    state: str
    what: str

    @property
    def is_sound(self) -> bool:
        return self.state == "as released"


def listed() -> dict[str, Any]:
    """What is signed: every bundled file with its size, digest, licence and the model it belongs to."""
    bundled = sorted((card for card in cards() if card.bundled), key=lambda card: card.file)
    rows = [
        {
            "file": card.file,
            "model": card.name,
            "sha256": card.sha256,
            "bytes": card.size_bytes,
            "licence": card.licence,
        }
        for card in bundled
    ]
    return {"format": _FORMAT, "weights": rows}


def signed_text(key: SigningKey) -> str:
    """The manifest of the weights as the cards describe them, signed with `key`."""
    said = listed()
    signature = base64.b64encode(key.sign(_bytes(said))).decode()
    return canonical({**said, "key": key.public.to_text(), "signature": signature}).decode() + "\n"


def check_weights(
    trusted: Sequence[PublicKey] = (), *, manifest: Path = MANIFEST, folder: Path = WEIGHTS
) -> list[WeightState]:
    """Compare every bundled file, and every stranger beside them, with the signed manifest.

    trusted: keys whose signature counts; by default the one that comes with FaceFusion, which whoever can change the
    package can change too: give a key that you got another way. Raises InvalidInput when the manifest is missing,
    unreadable, or not signed by a trusted key.
    """
    rows = {str(row["file"]): row for row in _read(manifest, trusted or (release_key(),))["weights"]}
    here = {path.name for path in folder.iterdir() if path.is_file()}
    return [_state(name, rows.get(name), folder) for name in sorted({*rows, *here})]


def release_key() -> PublicKey:
    """The key that comes with FaceFusion. Raises InvalidInput."""
    return PublicKey.from_text(text_of(RELEASE_KEY).strip())


def _state(name: str, row: dict[str, Any] | None, folder: Path) -> WeightState:
    path = folder / name
    if row is None:
        return WeightState(name, "not released", "lies among the weights and is not in the manifest")
    if not path.is_file():
        return WeightState(name, "missing", "is in the manifest and not on this machine; install FaceFusion again")
    if path.stat().st_size != row["bytes"] or sha256_of(path) != row["sha256"]:
        return WeightState(name, "changed", "is not what was released; install FaceFusion again")
    return WeightState(name, "as released", f"{row['model']}, {row['licence']}")


def _read(path: Path, trusted: Sequence[PublicKey]) -> dict[str, Any]:
    said = parse_strictly(text_of(path).encode())
    wrong = next(_faults(said, trusted), None)
    if wrong:
        raise InvalidInput(f"{path}: {wrong}; install FaceFusion again, or give the right key with --trust")
    return said


def _faults(said: Any, trusted: Sequence[PublicKey]) -> Iterator[str]:
    names = {"file": str, "model": str, "sha256": str, "bytes": int, "licence": str}
    if not isinstance(said, dict) or said.get("format") != _FORMAT or not isinstance(said.get("weights"), list):
        yield "is no manifest of weights"
        return
    signature = _raw(said.get("signature"))
    content = _bytes({"format": said["format"], "weights": said["weights"]})
    if not any(key.verify(signature, content) for key in trusted):
        yield "is not signed by a trusted key"
    for row in said["weights"]:
        if not isinstance(row, dict) or any(not isinstance(row.get(name), kind) for name, kind in names.items()):
            yield "has an entry without name, size or digest"


def _bytes(said: dict[str, Any]) -> bytes:
    return b"facefusion weights\n" + canonical(said)


def _raw(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b""


def text_of(path: Path) -> str:
    """The content of a short text file. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise InvalidInput(f"{path}: cannot be read ({words}); check the name") from None
    if len(data) > _LARGEST:
        raise InvalidInput(f"{path}: is larger than {_LARGEST} bytes; check the name")
    return data.decode(errors="replace")
