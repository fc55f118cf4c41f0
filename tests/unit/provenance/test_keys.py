"""Signing keys: they sign, stay private, and say what is wrong."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from facefusion.errors import InvalidInput, KeyUnusable, OutputExists, OutputFailed, UsageError
from facefusion.provenance.keys import PublicKey, SigningKey, key_path, local_key

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


def test_a_signature_holds_for_its_key_and_data_only() -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    signature = key.sign(b"words")
    assert key.public.verify(signature, b"words")
    assert not key.public.verify(signature, b"wordt")
    assert not other.public.verify(signature, b"words")
    assert not key.public.verify(signature[:-1], b"words")


def test_rfc_8032_vector(tmp_path: Path) -> None:
    public = PublicKey(bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert public.verify(signature, b"\x72")


@pytest.mark.parametrize("passphrase", [None, "schlüssel 1".encode()])
def test_saved_and_loaded_it_is_the_same_key(tmp_path: Path, passphrase: bytes | None) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "a.pem", passphrase)
    assert SigningKey.load(tmp_path / "a.pem", passphrase).public == key.public
    assert not list(tmp_path.glob(".*")), "no temporary file is left"


@posix
def test_only_the_owner_may_read_what_is_saved(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        SigningKey.generate().save(tmp_path / "deep" / "a.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "deep" / "a.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "a.pem")
    with pytest.raises(OutputExists, match="never replaced"):
        SigningKey.generate().save(tmp_path / "a.pem")
    assert SigningKey.load(tmp_path / "a.pem").public == key.public


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    SigningKey.generate().save(tmp_path / "a.pem")
    (tmp_path / "a.pem").chmod(mode)
    with pytest.raises(KeyUnusable, match=f"mode {mode:04o}.*chmod 600"):
        SigningKey.load(tmp_path / "a.pem")


def test_a_missing_key_a_folder_and_a_place_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="no such key"):
        SigningKey.load(tmp_path / "a.pem")
    with pytest.raises(KeyUnusable):
        SigningKey.load(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFailed, match="cannot be written"):
        SigningKey.generate().save(tmp_path / "file" / "a.pem")


def test_passphrases_that_are_wrong_missing_or_too_many(tmp_path: Path) -> None:
    SigningKey.generate().save(tmp_path / "locked.pem", b"right")
    SigningKey.generate().save(tmp_path / "open.pem")
    with pytest.raises(KeyUnusable, match="passphrase is wrong") as caught:
        SigningKey.load(tmp_path / "locked.pem", b"wrong-one")
    assert "wrong-one" not in str(caught.value)
    with pytest.raises(KeyUnusable, match="has a passphrase"):
        SigningKey.load(tmp_path / "locked.pem")
    with pytest.raises(KeyUnusable, match="has no passphrase"):
        SigningKey.load(tmp_path / "open.pem", b"right")


def test_damaged_and_other_keys_are_refused(tmp_path: Path) -> None:
    SigningKey.generate().save(tmp_path / "a.pem")
    data = (tmp_path / "a.pem").read_bytes()
    (tmp_path / "a.pem").write_bytes(data[: len(data) // 2])
    with pytest.raises(KeyUnusable, match="no private key"):
        SigningKey.load(tmp_path / "a.pem")
    pem = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "a.pem").write_bytes(pem)
    with pytest.raises(KeyUnusable, match="not an Ed25519 key"):
        SigningKey.load(tmp_path / "a.pem")


def test_a_key_never_shows_its_secret(tmp_path: Path) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "a.pem")
    secret = (tmp_path / "a.pem").read_text().splitlines()[1]
    assert secret not in f"{key!r}{key}{key.public!r}"


def test_a_public_key_as_text() -> None:
    public = SigningKey.generate().public
    assert PublicKey.from_text(public.to_text()) == public
    assert len(public.fingerprint) == 64
    for wrong in ("", "rsa:AAAA", "ed25519:AAAA", "ed25519:%%%", "ed25519:" + "é" * 44):
        with pytest.raises(InvalidInput, match="public key"):
            PublicKey.from_text(wrong)


def test_a_local_key_is_made_once_whoever_asks() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = {key.public for key in threads.map(local_key, ["audit"] * 16)}
    assert found == {SigningKey.load(key_path("audit")).public}
    assert local_key("other").public not in found


@pytest.mark.parametrize("name", ["", "../audit", "a/b", "A", "x" * 65, ".hidden", "a\0b", "con:"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(UsageError, match="supported are"):
        local_key(name)


@posix
def test_openssl_reads_our_keys(tmp_path: Path) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "a.pem")
    asked = ["openssl", "pkey", "-in", str(tmp_path / "a.pem"), "-pubout", "-outform", "DER"]
    try:
        found = subprocess.run(asked, capture_output=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert found.endswith(key.public.raw)
