"""Time-stamps of an authority (RFC 3161): a small one of our own, whose answers openssl makes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import Wish, make_studio
from facefusion.errors import OutputFailed
from facefusion.provenance.manifest.claim import Claim
from facefusion.provenance.manifest.credentials import credentials_of
from facefusion.provenance.manifest.reading import read_manifest
from facefusion.provenance.manifest.settings import SigningSettings
from facefusion.provenance.manifest.signing import sign_into

OPENSSL = shutil.which("openssl")
CONFIG = """
[tsa]
serial = serial
signer_cert = chain.pem
certs = root.pem
signer_key = key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@contextmanager
def authority(folder: Path, *, is_out_of_order: bool = False) -> Iterator[str]:
    """The address of an authority that stamps what it is sent; one that is out of order answers with nonsense."""
    make_studio(
        folder, Wish(algorithm="PS256", purposes=(ExtendedKeyUsageOID.TIME_STAMPING,), is_purpose_critical=True)
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG)

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            words = ["ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query", "-out", "reply"]
            subprocess.run([str(OPENSSL), *words], cwd=folder, check=True, capture_output=True)
            answer = b"closed today" if is_out_of_order else (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_a_time_stamp_says_when_a_file_was_signed(tmp_path: Path, make: Any, claim: Claim) -> None:
    path = make("a.png")
    with authority(tmp_path) as address:
        sign_into(path, "image/png", claim, credentials_of(SigningSettings(signing_timestamp_url=address)), name=path)
    found = read_manifest(path)
    assert found.state == "intact"
    stamped = datetime.fromisoformat(found.signed_at)
    assert abs((datetime.now(UTC) - stamped).total_seconds()) < 60


def test_without_an_authority_nothing_says_when(make: Any, claim: Claim) -> None:
    path = make("a.png")
    sign_into(path, "image/png", claim, credentials_of(SigningSettings()), name=path)
    assert read_manifest(path).signed_at == ""


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_an_authority_that_answers_nonsense_leaves_the_file_as_it_was(tmp_path: Path, make: Any, claim: Claim) -> None:
    path = make("a.png")
    before = path.read_bytes()
    with authority(tmp_path, is_out_of_order=True) as address:
        credentials = credentials_of(SigningSettings(signing_timestamp_url=address))
        with pytest.raises(OutputFailed, match="cannot be signed"):
            sign_into(path, "image/png", claim, credentials, name=path)
    assert path.read_bytes() == before


def test_an_authority_that_is_not_there_leaves_the_file_as_it_was(make: Any, claim: Claim) -> None:
    path = make("a.png")
    before = path.read_bytes()
    credentials = credentials_of(SigningSettings(signing_timestamp_url="http://127.0.0.1:9"))
    with pytest.raises(OutputFailed, match="signing-"):
        sign_into(path, "image/png", claim, credentials, name=path)
    assert path.read_bytes() == before
