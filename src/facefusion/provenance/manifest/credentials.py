"""Who signs: this machine's own chain, the studio's certificate and key, or a signer somewhere else."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from facefusion.errors import KeyUnusable, OutputFailed
from facefusion.provenance.keys import read_secret
from facefusion.provenance.manifest.certificates import (
    Chain,
    check_chain,
    is_signed,
    read_chain,
    same_key,
    signature_by,
)
from facefusion.provenance.manifest.local_chain import local_chain
from facefusion.provenance.manifest.settings import PASSPHRASE, TOKEN, SigningSettings

_ANSWER_SECONDS = 30.0
_LARGEST_SIGNATURE = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class Credentials:
    """A chain of certificates and what signs with the key of the first. is_local: nobody else trusts it.

    The private key is held by `make` alone and never shown.
    """

    chain: Chain
    make: Callable[[bytes], bytes]
    timestamp_url: str = ""
    is_local: bool = False

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, checked. Raises OutputFailed when it does not fit the certificate."""
        signature = self.make(data)
        if not is_signed(self.chain.leaf.public_key(), signature, data):
            raise OutputFailed("signing: the signature that came back does not fit the certificate; nothing is written")
        return signature

    @property
    def signer(self) -> str:
        """Who signs, for people."""
        return f"{self.chain.common_name}{' (made on this machine, trusted by nobody else)' if self.is_local else ''}"


def credentials_of(settings: SigningSettings, *, now: datetime | None = None) -> Credentials:
    """What `settings` say, read and checked. Raises InvalidInput, KeyUnusable and OutputFailed before any work."""
    if not settings.signing_certificate:
        local, key = local_chain(now=now)
        return Credentials(local, lambda data: key.sign(data), settings.signing_timestamp_url, is_local=True)
    path = Path(settings.signing_certificate)
    chain = read_chain(path)
    check_chain(chain, path, now=now)
    make = _remote(settings.signing_url, chain) if settings.signing_url else _file(settings.signing_key, chain)
    return Credentials(chain, make, settings.signing_timestamp_url)


def _file(name: str, chain: Chain) -> Callable[[bytes], bytes]:
    key = _read_key(Path(name))
    if not same_key(key.public_key(), chain.leaf.public_key()):
        raise KeyUnusable(f"{name}: is not the key of the signing certificate; name the one that belongs to it")
    return lambda data: signature_by(key, data)


def _read_key(path: Path) -> Any:
    data, phrase = read_secret(path), os.environ.get(PASSPHRASE, "").encode()
    try:
        return serialization.load_pem_private_key(data, phrase or None)
    except TypeError:
        if phrase:  # given for a key that needs none
            return serialization.load_pem_private_key(data, None)
        raise KeyUnusable(f"{path}: the key has a passphrase; put it into {PASSPHRASE}") from None
    except (ValueError, UnsupportedAlgorithm):
        why = (
            f"the passphrase in {PASSPHRASE} is wrong, or the file is damaged" if phrase else "is no private key in PEM"
        )
        raise KeyUnusable(f"{path}: {why}; give the right one") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signer that sends one elsewhere is not the one that was configured."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _remote(url: str, chain: Chain) -> Callable[[bytes], bytes]:
    headers = {"Content-Type": "application/octet-stream", "X-Signature-Algorithm": chain.algorithm}
    if token := os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {token}"
    opener = urllib.request.build_opener(_NoRedirect)

    def make(data: bytes) -> bytes:
        request = urllib.request.Request(url, data=data, headers=headers, method="POST")
        try:
            with opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                signature: bytes = answer.read(_LARGEST_SIGNATURE)
        except (OSError, ValueError) as error:
            raise OutputFailed(f"signing-url: {url} did not sign ({_why(error)}); try again when it does") from None
        return signature

    return make


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    return str(getattr(error, "reason", None) or error)
