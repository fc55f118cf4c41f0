"""Passphrases: from a file that only its owner reads, or from the environment; never from a flag."""

from __future__ import annotations

import os
from pathlib import Path

from facefusion.provenance.keys import SigningKey, local_key, read_secret

VARIABLE = "FACEFUSION_PASSPHRASE"


def passphrase(file: Path | None) -> bytes | None:
    """What stands on the first line of `file`, else in FACEFUSION_PASSPHRASE; None without both. Raises KeyUnusable."""
    if file is not None:
        return (read_secret(file).splitlines() or [b""])[0]
    given = os.environ.get(VARIABLE, "")
    return given.encode() or None


def signing_key(word: str, passphrase_file: Path | None) -> SigningKey:
    """The key of a PEM file, or the one called `word` in the user's folder, made on first use. Raises KeyUnusable."""
    if word.endswith((".pem", ".key")) or "/" in word or "\\" in word:
        return SigningKey.load(Path(word), passphrase(passphrase_file))
    return local_key(word)
