"""Chains of certificates for tests, made by code: good ones, and every kind that may not sign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
MAKERS: dict[str, Any] = {
    "ED25519": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
}
_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a leaf is to be like."""

    algorithm: str = "ES256"
    begin: datetime = NOW - timedelta(days=2)
    end: datetime = NOW + timedelta(days=30)
    use: str = "digital_signature"
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
    is_purpose_critical: bool = False
    is_authority: bool = False
    passphrase: bytes = b""


BAD = {
    "expired": (Wish(end=NOW - timedelta(days=1)), "expired on"),
    "not yet valid": (Wish(begin=NOW + timedelta(days=1)), "valid from"),
    "for a web server": (Wish(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), "not for signing content"),
    "for anything": (Wish(purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageOID.EMAIL_PROTECTION)),
                     "anyExtendedKeyUsage"),
    "for keys": (Wish(use="key_encipherment"), "lacks digitalSignature"),
    "an authority's": (Wish(is_authority=True), "an authority's own"),
}  # fmt: skip


@dataclass(frozen=True)
class Studio:
    """Files of a studio: chain (leaf, root), key and root."""

    chain: Path
    key: Path
    root: Path

    @property
    def options(self) -> dict[str, str]:
        return {"signing_certificate": str(self.chain), "signing_key": str(self.key)}


def make_studio(folder: Path, wish: Wish = Wish()) -> Studio:
    """A root and a leaf as `wish` says."""
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), MAKERS[wish.algorithm]()
    root = _certificate("Studio root", None, root_key, root_key.public_key(), replace(wish, is_authority=True,
                        use="key_cert_sign", purposes=(), begin=NOW - timedelta(days=5),
                        end=NOW + timedelta(days=99)))  # fmt: skip
    leaf = _certificate("Studio signing", root, root_key, leaf_key.public_key(), wish)
    studio = Studio(folder / "chain.pem", folder / "key.pem", folder / "root.pem")
    studio.chain.write_bytes(_pem(leaf) + _pem(root))
    studio.root.write_bytes(_pem(root))
    hidden: Any = serialization.NoEncryption()
    if wish.passphrase:
        hidden = serialization.BestAvailableEncryption(wish.passphrase)
    studio.key.write_bytes(
        leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    )
    studio.key.chmod(0o600)
    return studio


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(name: str, above: x509.Certificate | None, signer: Any, public: Any, wish: Wish) -> x509.Certificate:
    words = ((NameOID.ORGANIZATION_NAME, "Studio"), (NameOID.COMMON_NAME, name))
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in words])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(above.subject if above else subject)
    made = made.public_key(public).serial_number(x509.random_serial_number())
    made = made.not_valid_before(wish.begin).not_valid_after(wish.end)
    made = made.add_extension(x509.BasicConstraints(wish.is_authority, None), critical=True)
    made = made.add_extension(x509.KeyUsage(**{use: use == wish.use for use in _USES}), critical=True)
    if wish.purposes:
        made = made.add_extension(x509.ExtendedKeyUsage(list(wish.purposes)), critical=wish.is_purpose_critical)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    return made.sign(signer, hashes.SHA256())
