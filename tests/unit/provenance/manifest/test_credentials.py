"""Who signs: the local chain, a studio's files, a remote signer; and everything that may not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from certificates import BAD, MAKERS, Studio, Wish, make_studio
from facefusion.errors import InvalidInput, KeyUnusable, OutputFailed, UsageError
from facefusion.provenance.home import home
from facefusion.provenance.manifest.certificates import is_signed, signature_by
from facefusion.provenance.manifest.credentials import credentials_of
from facefusion.provenance.manifest.local_chain import local_chain, local_root
from facefusion.provenance.manifest.settings import PASSPHRASE, TOKEN, SigningSettings


def one_line(error: BaseException) -> str:
    assert "\n" not in str(error)
    return str(error)


def test_the_local_chain_is_made_once_with_keys_for_its_owner_alone() -> None:
    first, second = credentials_of(SigningSettings()), credentials_of(SigningSettings())
    assert first.is_local
    assert first.chain.pem == second.chain.pem
    assert "trusted by nobody" in first.signer
    for name in ("manifest-root.pem", "manifest-signing.pem"):
        assert (home() / "keys" / name).stat().st_mode & 0o777 == 0o600
    leaf, root = first.chain.certificates
    leaf.verify_directly_issued_by(root)
    assert local_root().read_text() in first.chain.pem


def test_many_at_once_get_one_local_chain() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({chain.pem for chain, _ in pool.map(lambda _: local_chain(), range(8))}) == 1


def test_the_local_leaf_is_renewed_before_it_ends_under_the_same_root() -> None:
    old, _ = local_chain()
    later = datetime.now(UTC) + timedelta(days=360)
    new, key = local_chain(now=later)
    assert new.leaf.not_valid_after_utc > later + timedelta(days=300)
    assert new.certificates[1] == old.certificates[1]
    assert is_signed(new.leaf.public_key(), signature_by(key, b"x"), b"x")


def test_a_local_key_that_others_may_read_is_refused() -> None:
    local_chain()
    (home() / "keys" / "manifest-signing.pem").chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        credentials_of(SigningSettings())


@pytest.mark.parametrize("algorithm", MAKERS)
def test_a_studio_signs_with_every_kind_of_key(algorithm: str, tmp_path: Path) -> None:
    credentials = credentials_of(SigningSettings(**make_studio(tmp_path, Wish(algorithm)).options))
    assert credentials.chain.algorithm == algorithm
    signature = credentials.sign(b"words")
    assert is_signed(credentials.chain.leaf.public_key(), signature, b"words")
    assert not is_signed(credentials.chain.leaf.public_key(), signature, b"other words")


@pytest.mark.parametrize("name", BAD)
def test_a_certificate_that_may_not_sign_is_refused(name: str, tmp_path: Path) -> None:
    wish, says = BAD[name]
    with pytest.raises(InvalidInput, match=says) as caught:
        credentials_of(SigningSettings(**make_studio(tmp_path, wish).options))
    assert "chain.pem" in one_line(caught.value)


def test_the_key_is_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "locked").mkdir()
    studio, other = make_studio(tmp_path), make_studio(tmp_path / "other")
    locked = make_studio(tmp_path / "locked", Wish(passphrase=b"secret"))

    def refused(with_key: Path, says: str, chain: Path = studio.chain) -> None:
        with pytest.raises(KeyUnusable, match=says) as caught:
            credentials_of(SigningSettings(signing_certificate=str(chain), signing_key=str(with_key)))
        assert "secret" not in one_line(caught.value)

    refused(other.key, "not the key of the signing certificate")
    refused(tmp_path / "none.pem", "no such key")
    refused(studio.root, "chmod 600")
    refused(locked.key, f"passphrase; put it into {PASSPHRASE}", locked.chain)
    monkeypatch.setenv(PASSPHRASE, "wrong-secret")
    refused(locked.key, "is wrong", locked.chain)
    monkeypatch.setenv(PASSPHRASE, "secret")
    assert credentials_of(SigningSettings(**locked.options)).sign(b"x")
    studio.key.chmod(0o640)
    refused(studio.key, "chmod 600")


def test_a_chain_in_the_wrong_order_or_no_chain_is_refused(tmp_path: Path) -> None:
    studio = make_studio(tmp_path)
    leaf, root = studio.chain.read_text().split("-----END CERTIFICATE-----\n")[:2]
    (tmp_path / "other").mkdir()
    stranger = make_studio(tmp_path / "other").root.read_text()
    studio.chain.write_text(f"{leaf}-----END CERTIFICATE-----\n{stranger}")
    with pytest.raises(InvalidInput, match="no chain"):
        credentials_of(SigningSettings(**studio.options))
    for text, says in ((root, "holds no certificate"), ("", "holds no certificate")):
        studio.chain.write_text(text)
        with pytest.raises(InvalidInput, match=says):
            credentials_of(SigningSettings(**studio.options))
    studio.chain.unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        credentials_of(SigningSettings(**studio.options))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"signing_key": "k"}, "signing-certificate"),
        ({"signing_certificate": "c"}, "signing-key"),
        ({"signing_certificate": "c", "signing_key": "k", "signing_url": "https://a/"}, "together"),
        ({"signing_certificate": "c", "signing_url": "http://example.org/"}, "https"),
        ({"signing_certificate": "c", "signing_url": "https://me:word@example.org/"}, "without a password"),
        ({"signing_timestamp_url": "ftp://example.org"}, "http"),
        ({"signing_timestamp_url": "https://[bad"}, "address"),
    ],
)
def test_settings_that_make_no_sense(values: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        SigningSettings(**values)


@contextmanager
def signer(answer: str, studio: Studio) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A signer on this machine. answer: "right", "wrong", "moved" or "broken"."""
    key, asked = serialization.load_pem_private_key(studio.key.read_bytes(), None), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(dict(self.headers))
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response({"moved": 307, "broken": 503}.get(answer, 200))
            if answer == "moved":
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(signature_by(key, data if answer == "right" else b"something else"))

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sign", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_remote_signer_signs_and_its_answer_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = make_studio(tmp_path)
    monkeypatch.setenv(TOKEN, "a-token")
    for answer, says in (("right", ""), ("wrong", "does not fit"), ("moved", "answered 307"), ("broken", "503")):
        with signer(answer, studio) as (url, asked):
            settings = SigningSettings(signing_certificate=str(studio.chain), signing_url=url)
            credentials = credentials_of(settings)
            assert asked == []
            if not says:
                assert is_signed(credentials.chain.leaf.public_key(), credentials.sign(b"words"), b"words")
                assert asked[0]["Authorization"] == "Bearer a-token"
                continue
            with pytest.raises(OutputFailed, match=says) as caught:
                credentials.sign(b"words")
            assert "a-token" not in one_line(caught.value)
    with pytest.raises(OutputFailed, match="did not sign"):
        credentials.sign(b"words")  # the server has gone
