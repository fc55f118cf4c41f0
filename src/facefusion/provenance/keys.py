"""Signing keys (Ed25519, RFC 8032) in files that only their owner can read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from errno import ENOTDIR
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from facefusion.errors import InvalidInput, KeyUnusable, OutputExists, OutputFailed, UsageError
from facefusion.provenance.home import home

_TEXT_PREFIX = "ed25519:"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LARGEST_KEY_FILE = 1 << 16


class PublicKey:
    """The half of a key that everybody may have."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        """raw: 32 bytes. Raises InvalidInput."""
        try:
            self._key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError as error:
            raise InvalidInput(f"public key: got {len(raw)} bytes, supported are the 32 of Ed25519") from error
        self.raw = raw

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, 64 hexadecimal digits; the first 16 serve people to compare."""
        return hashlib.sha256(self.raw).hexdigest()

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` was made over `data` with the other half."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def to_text(self) -> str:
        """`ed25519:` and the key in base64."""
        return _TEXT_PREFIX + base64.b64encode(self.raw).decode()

    @staticmethod
    def from_text(text: str) -> PublicKey:
        """The opposite of `to_text`. Raises InvalidInput."""
        if not text.startswith(_TEXT_PREFIX):
            raise InvalidInput(f"public key: got {text[:40]!r}, supported is {_TEXT_PREFIX} and 44 letters of base64")
        try:
            raw = base64.b64decode(text.removeprefix(_TEXT_PREFIX), validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput(f"public key: not base64 ({error})") from error
        return PublicKey(raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self.to_text()})"


class SigningKey:
    """Both halves. Nothing of the secret one is ever shown: not by `repr`, not in an error."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw())

    @staticmethod
    def generate() -> SigningKey:
        """A new key, from the system's random numbers."""
        return SigningKey(Ed25519PrivateKey.generate())

    @staticmethod
    def load(path: Path, passphrase: bytes | None = None) -> SigningKey:
        """The key of a PEM file. Raises KeyUnusable: missing, readable by others, wrong passphrase, not Ed25519."""
        data = read_secret(path)
        try:
            key = serialization.load_pem_private_key(data, passphrase)
        except TypeError:
            raise KeyUnusable(f"{path}: {_about_passphrase(passphrase)}") from None
        except (ValueError, UnsupportedAlgorithm):
            why = "the passphrase is wrong, or the file is damaged" if passphrase else "is no private key in PEM"
            raise KeyUnusable(f"{path}: {why}; give the right one, or make a new key") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path}: is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
        return SigningKey(key)

    def save(self, path: Path, passphrase: bytes | None = None) -> None:
        """Write a PEM file (PKCS#8) that only its owner can read. Raises OutputExists, OutputFailed."""
        hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        pem = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
        write_secret(path, pem)

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same key and data give the same."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.to_text()})"


def local_key(name: str) -> SigningKey:
    """The key NAME in the user's key folder, made on first use; safe when several processes ask at once.

    Raises UsageError (a name that is no plain word), KeyUnusable, OutputFailed.
    """
    path = key_path(name)
    if not path.exists():
        with suppress(OutputExists):  # somebody else was faster
            SigningKey.generate().save(path)
    return SigningKey.load(path)


def key_path(name: str) -> Path:
    """Where the key NAME lies: `home()/keys/NAME.pem`. Raises UsageError unless NAME is a plain word."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"key {name!r}: supported are 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
    return home() / "keys" / f"{name}.pem"


def read_secret(path: Path) -> bytes:
    """The content of a file that nobody else may read. Raises KeyUnusable; says `chmod 600` where that helps."""
    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            data = file.read(_LARGEST_KEY_FILE + 1)
    except FileNotFoundError:
        raise KeyUnusable(f"{path}: no such key; check the name, or make the key first") from None
    except OSError as error:
        raise KeyUnusable(f"{path}: the key cannot be read ({error.strerror})") from None
    if len(data) > _LARGEST_KEY_FILE:
        raise KeyUnusable(f"{path}: is larger than any key ({_LARGEST_KEY_FILE} bytes); check the name")
    return data


def write_secret(path: Path, data: bytes) -> None:
    """A new file, mode 0600, whole or not there, never in place of another. Raises OutputExists, OutputFailed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        make_private(path.parent)
        _write_new(temporary, data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            _write_new(path, data)
    except FileExistsError:
        raise OutputExists(f"{path}: a key is there already; it is never replaced, choose another name") from None
    except OSError as error:
        raise OutputFailed(f"{path}: the key cannot be written ({error.strerror})") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def make_private(folder: Path) -> None:
    """The folder, made for its owner alone where it is not there. Raises OSError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(ENOTDIR, "its place is no folder") from None


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _check_private(path: Path, found: os.stat_result) -> None:
    """Raise KeyUnusable when others may read or write the file. Windows has no such modes."""
    if not stat.S_ISREG(found.st_mode):
        raise KeyUnusable(f"{path}: is not a file; name the key file itself")
    if sys.platform != "win32" and found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyUnusable(f"{path}: others may use this key (mode {mode:04o}); close it with: chmod 600 {path}")


def _about_passphrase(given: bytes | None) -> str:
    if given is None:
        return "the key has a passphrase; give it in a file or an environment variable"
    return "the key has no passphrase; leave it out"
