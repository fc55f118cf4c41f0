"""A development chain of one's own: it proves that a file was not changed since, and to nobody who made it.

In `home()/keys`: `manifest-root.pem` (key) and `manifest-root.crt`, `manifest-signing.pem` (key) and
`manifest-signing.crt` (leaf, then root). Keys have mode 0600; the leaf is made anew before it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from filelock import FileLock

from facefusion.errors import FaceFusionError, OutputFailed
from facefusion.provenance.home import home
from facefusion.provenance.keys import read_secret, write_secret
from facefusion.provenance.manifest.certificates import DOCUMENT_SIGNING, Chain, read_chain

ORGANISATION = "FaceFusion local development"
_ROOT_DAYS, _LEAF_DAYS = 3650, 365
_RENEWED_BEFORE = timedelta(days=14)
_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def local_root() -> Path:
    """The certificate above the local one: what somebody who wants to trust this machine has to be given."""
    return home() / "keys" / "manifest-root.crt"


def local_chain(*, now: datetime | None = None) -> tuple[Chain, Ed25519PrivateKey]:
    """The local certificate and its key, made on first use; safe when several processes ask at once.

    Raises KeyUnusable (readable by others, damaged), InvalidInput, OutputFailed.
    """
    now, folder = now or datetime.now(UTC), home() / "keys"
    with _held(folder):
        chain_file, key_file = folder / "manifest-signing.crt", folder / "manifest-signing.pem"
        if not _is_fresh(chain_file, now):
            _make(folder, chain_file, key_file, now)
        return read_chain(chain_file), _read_key(key_file)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / ".manifest.lock")
        lock.acquire()
    except OSError as error:
        raise OutputFailed(
            f"{folder}: no signing key can be made there ({error.strerror}); set FACEFUSION_HOME"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _is_fresh(chain_file: Path, now: datetime) -> bool:
    if not chain_file.exists():
        return False
    leaf = read_chain(chain_file).leaf
    return leaf.not_valid_before_utc <= now and now + _RENEWED_BEFORE < leaf.not_valid_after_utc


def _make(folder: Path, chain_file: Path, key_file: Path, now: datetime) -> None:
    root_file = folder / "manifest-root.pem"
    if not local_root().exists():
        root_key = _new_key(root_file)
        _write(local_root(), _root(root_key, now))
    root_key, root = _read_key(root_file), read_chain(local_root()).leaf
    leaf_key = _read_key(key_file) if key_file.exists() else _new_key(key_file)
    _write(chain_file, _leaf(leaf_key, root_key, root, now), root)


def _new_key(path: Path) -> Ed25519PrivateKey:
    if path.exists():  # its certificate was removed, or never written
        return _read_key(path)
    key = Ed25519PrivateKey.generate()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    write_secret(path, key.private_bytes(*form))
    return key


def _read_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(read_secret(path), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise FaceFusionError(f"{path}: is not the local signing key; move it away, and a new one is made")
    return key


def _write(path: Path, *certificates: x509.Certificate) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(Chain(certificates).pem)
        temporary.replace(path)
    except OSError as error:
        raise OutputFailed(f"{path}: the certificate cannot be written ({error.strerror})") from None


def _root(key: Ed25519PrivateKey, now: datetime) -> x509.Certificate:
    name = _name("root, trusted by nobody")
    made = _begun(name, name, key.public_key(), now, _ROOT_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    return made.sign(key, None)


def _leaf(key: Ed25519PrivateKey, root_key: Ed25519PrivateKey, root: x509.Certificate, now: datetime) -> Any:
    made = _begun(_name("signing, untrusted"), root.subject, key.public_key(), now, _LEAF_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage("digital_signature"), critical=True)
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING])
    made = made.add_extension(uses, critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return made.add_extension(above, critical=False).sign(root_key, None)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=days))
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _name(what: str) -> x509.Name:
    words = ((NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, f"{ORGANISATION}: {what}"))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in words])


def _usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in names for use in _USES})
