"""One entry of the audit log, and the signed head that says where the log ends."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from facefusion.errors import InvalidInput
from facefusion.provenance.canonical import canonical, parse_strictly
from facefusion.provenance.keys import PublicKey, SigningKey

FIRST = "0" * 64
"""What stands for the entry before the first one."""
_FORMAT = 1
LONGEST_LINE = 1 << 20
"""Bytes of one entry as it is stored."""


class Malformed(ValueError):
    """A line that is no entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: the number and the hash of an entry, signed. Kept beside the log, and wherever one likes.

    number: of the entry, from 1. digest: its hash, 64 hexadecimal digits. time: of that entry, ISO 8601 in UTC.
    signer: fingerprint of the key. signature: Ed25519 over the canonical JSON of the other four, base64.
    """

    number: int
    digest: str
    time: str
    signer: str
    signature: str

    @staticmethod
    def of(entry: Entry, key: SigningKey) -> Head:
        """The head of a log that ends with `entry`."""
        unsigned = Head(entry.number, entry.digest, entry.time, key.public.fingerprint, "")
        return Head(entry.number, entry.digest, entry.time, unsigned.signer, _text(key.sign(unsigned._signed_bytes())))

    @staticmethod
    def parse(text: str) -> Head:
        """Raises Malformed."""
        try:
            found = parse_strictly(text.encode())
            return Head(int(found["number"]), *(str(found[name]) for name in ("digest", "time", "signer", "signature")))
        except (InvalidInput, KeyError, TypeError, ValueError):
            raise Malformed("not a head of an audit log") from None

    def to_text(self) -> str:
        """One line of canonical JSON."""
        return canonical({**self._plain(), "signature": self.signature}).decode()

    def is_signed_by(self, key: PublicKey) -> bool:
        return key.verify(_raw(self.signature), self._signed_bytes())

    def _signed_bytes(self) -> bytes:
        return b"facefusion audit head\n" + canonical(self._plain())

    def _plain(self) -> dict[str, Any]:
        return {"number": self.number, "digest": self.digest, "time": self.time, "signer": self.signer}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. Its hash covers the hash of the entry before it; a key signs the hash.

    number: from 1. time: ISO 8601 in UTC. previous: hash of the entry before. signer: fingerprint of the key.
    said: what happened, in JSON's terms. digest: SHA-256 of the canonical JSON of all of these, hexadecimal.
    """

    number: int
    time: str
    previous: str
    signer: str
    said: Mapping[str, Any]
    digest: str
    signature: str

    @staticmethod
    def signed(said: Mapping[str, Any], *, number: int, time: str, previous: str, key: SigningKey) -> Entry:
        """A new entry. Raises InvalidInput when `said` is not JSON or too long."""
        signer = key.public.fingerprint
        digest = _digest(number, time, previous, signer, said)
        entry = Entry(
            number, time, previous, signer, MappingProxyType(dict(said)), digest, _text(key.sign(_sealed(digest)))
        )
        if len(entry.to_line()) > LONGEST_LINE:
            raise InvalidInput(f"audit entry: longer than {LONGEST_LINE} bytes; say digests of lists, not the lists")
        return entry

    @staticmethod
    def parse(line: str) -> Entry:
        """The entry of a stored line; what it claims is checked by `is_intact` and `is_signed_by`. Raises Malformed."""
        try:
            found = parse_strictly(line.encode())
            said = found["said"]
            if not isinstance(said, dict) or found["format"] != _FORMAT or not isinstance(found["number"], int):
                raise Malformed("not an entry of this format")
            words = {name: str(found[name]) for name in ("time", "previous", "signer", "digest", "signature")}
        except (InvalidInput, KeyError, TypeError, ValueError):
            raise Malformed("not an entry of an audit log") from None
        return Entry(number=found["number"], said=MappingProxyType(said), **words)

    def to_line(self) -> str:
        """Canonical JSON, without the line's end."""
        plain = _plain(self.number, self.time, self.previous, self.signer, self.said)
        return canonical({**plain, "digest": self.digest, "signature": self.signature}).decode()

    def as_dict(self) -> dict[str, Any]:
        """For people and their JSON: without the signature."""
        return {"number": self.number, "time": self.time, **self.said, "digest": self.digest}

    @property
    def is_intact(self) -> bool:
        """Whether the hash is that of the content."""
        return self.digest == _digest(self.number, self.time, self.previous, self.signer, self.said)

    def is_signed_by(self, key: PublicKey) -> bool:
        return key.verify(_raw(self.signature), _sealed(self.digest))


def _plain(number: int, time: str, previous: str, signer: str, said: Mapping[str, Any]) -> dict[str, Any]:
    head = {"format": _FORMAT, "number": number, "time": time, "previous": previous, "signer": signer}
    return {**head, "said": dict(said)}


def _digest(number: int, time: str, previous: str, signer: str, said: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(_plain(number, time, previous, signer, said))).hexdigest()


def _sealed(digest: str) -> bytes:
    """What is signed: never the same bytes as in another kind of document."""
    return b"facefusion audit entry\n" + digest.encode()


def _text(signature: bytes) -> str:
    return base64.b64encode(signature).decode()


def _raw(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
