"""Certificates that may sign a manifest: read, and checked before any work (C2PA 2.2, section 14.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from facefusion.errors import InvalidInput

Algorithm = Literal["ED25519", "ES256", "ES384", "ES512", "PS256"]

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SIGNING_USES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING, CLAIM_SIGNING)
"""Extended key usages that C2PA accepts for signing a claim."""

_CURVES: dict[str, tuple[Algorithm, hashes.HashAlgorithm, int]] = {
    "secp256r1": ("ES256", hashes.SHA256(), 32),
    "secp384r1": ("ES384", hashes.SHA384(), 48),
    "secp521r1": ("ES512", hashes.SHA512(), 66),
}
_LEAST_RSA_BITS = 2048
_LARGEST_FILE = 1 << 20
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates in PEM order: the one that signs, then the one above it, and so on."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def algorithm(self) -> Algorithm:
        """How the leaf's key signs. Raises InvalidInput for keys that C2PA does not accept."""
        return algorithm_of(self.leaf.public_key())

    @property
    def pem(self) -> str:
        return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in self.certificates)

    @property
    def common_name(self) -> str:
        """Whom the leaf names."""
        found = self.leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value) if found else self.leaf.subject.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the leaf, hexadecimal."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()


def read_chain(path: Path) -> Chain:
    """The certificates of a PEM file. Raises InvalidInput when there is none, or one cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        certificates = x509.load_pem_x509_certificates(data[:_LARGEST_FILE])
    except OSError as error:
        raise InvalidInput(f"{path}: the certificate cannot be read ({error.strerror}); check the name") from None
    except ValueError:
        raise InvalidInput(
            f"{path}: holds no certificate in PEM; export it as PEM (-----BEGIN CERTIFICATE-----)"
        ) from None
    return Chain(tuple(certificates))


def check_chain(chain: Chain, path: Path, *, now: datetime | None = None) -> None:
    """Raise InvalidInput, with what would work, unless the leaf of `chain` may sign a manifest `now`."""
    now, leaf = now or datetime.now(UTC), chain.leaf
    if now < leaf.not_valid_before_utc - timedelta(minutes=5):
        raise InvalidInput(
            f"{path}: the certificate is valid from {_day(leaf.not_valid_before_utc)} on; check the clock"
        )
    if now > leaf.not_valid_after_utc:
        raise InvalidInput(f"{path}: the certificate expired on {_day(leaf.not_valid_after_utc)}; renew it")
    problem = _not_for_signing(leaf)
    if problem:
        raise InvalidInput(
            f"{path}: the certificate is not for signing content ({problem}); ask its issuer for one that is"
        )
    algorithm_of(leaf.public_key())
    for below, above in zip(chain.certificates, chain.certificates[1:], strict=False):
        _check_issued(below, above, path)


def _check_issued(below: x509.Certificate, above: x509.Certificate, path: Path) -> None:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        raise InvalidInput(
            f"{path}: its certificates are no chain; the one that signs comes first, then the one that issued it"
        ) from None


def _not_for_signing(leaf: x509.Certificate) -> str:
    """Why a certificate may not sign a claim; empty when it may."""
    basic = _extension(leaf, x509.BasicConstraints)
    usage, purposes = _extension(leaf, x509.KeyUsage), _extension(leaf, x509.ExtendedKeyUsage)
    if basic is not None and basic.ca:
        return "it is an authority's own"
    if leaf.issuer == leaf.subject:
        return "it is signed by itself"
    if usage is None or not usage.digital_signature:
        return "its key usage lacks digitalSignature"
    if purposes is None or not any(use in purposes for use in SIGNING_USES):
        return "its extended key usage has neither emailProtection, documentSigning nor C2PA claim signing"
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes:
        return "its extended key usage is anyExtendedKeyUsage"
    return ""


def _extension(certificate: x509.Certificate, kind: type[Any]) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def algorithm_of(key: Any) -> Algorithm:
    """How a public key's other half signs. Raises InvalidInput for kinds that C2PA does not accept."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ED25519"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name][0]
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return "PS256"
    raise InvalidInput("signing-certificate: its key is none of Ed25519, EC P-256, P-384, P-521, RSA of 2048 bits")


def signature_by(key: Any, data: bytes) -> bytes:
    """`data` signed as COSE has it: EC as r and s side by side (RFC 9053)."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        _, digest, length = _CURVES[key.curve.name]
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")
    signed: bytes = key.sign(data, _PSS, hashes.SHA256())
    return signed


def is_signed(key: Any, signature: bytes, data: bytes) -> bool:
    """Whether `signature`, as COSE has it, was made over `data` by the other half of the public `key`."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            _, digest, length = _CURVES[key.curve.name]
            if len(signature) != 2 * length:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:length], signature[length:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))
        else:
            key.verify(signature, data, _PSS, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def same_key(public: Any, others: Any) -> bool:
    """Whether two public keys are the same."""
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return bool(public.public_bytes(*form) == others.public_bytes(*form))


def anchors_of(paths: Sequence[Path]) -> str:
    """The certificates of PEM files in one PEM text. Raises InvalidInput."""
    return "".join(read_chain(path).pem for path in paths)


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
