"""Keys of face templates: one for each record, from a secret in the user's key folder; carried only when asked."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from facefusion.errors import KeyUnusable, OutputExists
from facefusion.provenance.consent.record import is_id
from facefusion.provenance.consent.templates import KEY_SIZE
from facefusion.provenance.home import home
from facefusion.provenance.keys import read_secret, write_secret
from facefusion.provenance.plain_fields import PlainFields, base64_text

_SCRYPT_COST = 2**15
_SALT_SIZE, _NONCE_SIZE, _TAG_SIZE = 16, 12, 16


def template_key(record_id: str) -> bytes:
    """32 bytes: the key that came with an imported record, else HKDF-SHA256 of this machine's secret and the id.

    Raises KeyUnusable, OutputFailed.
    """
    given = _given_path(record_id)
    if given.exists():
        return _checked(read_secret(given), given)
    derive = HKDF(SHA256(), KEY_SIZE, salt=None, info=b"facefusion face template\n" + record_id.encode())
    return derive.derive(_secret())


def keep_template_key(record_id: str, key: bytes) -> None:
    """Keep the key of an imported record. Raises KeyUnusable when another one is kept for that id, OutputFailed."""
    path = _given_path(record_id)
    try:
        write_secret(path, key)
    except OutputExists:
        if read_secret(path) != key:
            raise KeyUnusable(f"{path}: holds another key for this record; remove it first if it is wrong") from None


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A template key under a passphrase: scrypt (N 2^15, r 8, p 1) and AES-256-GCM, bound to the record's id."""

    salt: bytes
    sealed: bytes

    @staticmethod
    def wrapped(key: bytes, record_id: str, passphrase: bytes) -> WrappedKey:
        """Raises KeyUnusable for an empty passphrase."""
        if not passphrase:
            raise KeyUnusable("passphrase: is empty; a key is not given away without one")
        salt, nonce = os.urandom(_SALT_SIZE), os.urandom(_NONCE_SIZE)
        return WrappedKey(salt, nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, key, record_id.encode()))

    def opened(self, record_id: str, passphrase: bytes) -> bytes:
        """The key. Raises KeyUnusable when the passphrase is wrong or the record another one."""
        nonce, sealed = self.sealed[:_NONCE_SIZE], self.sealed[_NONCE_SIZE:]
        try:
            return AESGCM(_stretched(passphrase, self.salt)).decrypt(nonce, sealed, record_id.encode())
        except InvalidTag:
            raise KeyUnusable("template key: the passphrase is wrong, or the file was changed") from None

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        return {"scheme": "scrypt-aes256gcm/1", "salt": base64_text(self.salt), "sealed": base64_text(self.sealed)}

    @staticmethod
    def from_plain(value: Any) -> WrappedKey:
        """The opposite of `to_plain`. Raises InvalidInput."""
        fields = PlainFields(value, name="template key")
        if (found := fields.take("scheme")) != "scrypt-aes256gcm/1":
            raise KeyUnusable(f"template key: scheme is {found!r}, supported is scrypt-aes256gcm/1")
        sealed_size = _NONCE_SIZE + KEY_SIZE + _TAG_SIZE
        wrapped = WrappedKey(fields.data("salt", size=_SALT_SIZE), fields.data("sealed", size=sealed_size))
        fields.done()
        return wrapped


def _secret() -> bytes:
    """This machine's secret, made on first use."""
    path = home() / "keys" / "templates.secret"
    if not path.exists():
        with suppress(OutputExists):  # somebody else was faster
            write_secret(path, os.urandom(KEY_SIZE))
    return _checked(read_secret(path), path)


def _given_path(record_id: str) -> Path:
    if not is_id(record_id):
        raise KeyUnusable(f"template key: {record_id[:40]!r} is no record's id")
    return home() / "keys" / "templates" / f"{record_id}.key"


def _checked(key: bytes, path: Path) -> bytes:
    if len(key) != KEY_SIZE:
        raise KeyUnusable(f"{path}: holds {len(key)} bytes, supported are {KEY_SIZE}; take it from a backup")
    return key


def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_SIZE, n=_SCRYPT_COST, r=8, p=1).derive(passphrase)
