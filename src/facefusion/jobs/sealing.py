"""Secrets that lie in the database, sealed with the server's own (AES-256-GCM), each bound to what it belongs to."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facefusion.errors import KeyUnusable, OutputExists
from facefusion.provenance.keys import read_secret, write_secret

_NONCE = 12


def server_secret(folder: Path) -> bytes:
    """32 bytes that only this server knows, made on first use. Raises KeyUnusable, OutputFailed."""
    path = folder / "server.secret"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with suppress(OutputExists):  # somebody else was faster
            write_secret(path, os.urandom(32))
    return read_secret(path)


def sealed(data: bytes, secret: bytes, belongs_to: str) -> str:
    """`data` as text that says nothing without the secret."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(secret).encrypt(nonce, data, belongs_to.encode())).decode()


def unsealed(text: str, secret: bytes, belongs_to: str) -> bytes:
    """The opposite. Raises KeyUnusable with another secret, or for something else."""
    data = base64.b64decode(text)
    try:
        return AESGCM(secret).decrypt(data[:_NONCE], data[_NONCE:], belongs_to.encode())
    except InvalidTag:
        raise KeyUnusable("server secret: is not the one that sealed this; give all machines the same one") from None
