"""What a user can say about signing. There is no way to switch it off: without a certificate, a local one is made."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from facefusion.core.settings import SettingsError, check_settings, option

PASSPHRASE = "FACEFUSION_SIGNING_PASSPHRASE"
"""Environment variable with the passphrase of the signing key; there is no flag for it."""
TOKEN = "FACEFUSION_SIGNING_TOKEN"
"""Environment variable with what the remote signer is shown (`Authorization: Bearer …`)."""
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """Who signs the manifest of a result."""

    signing_certificate: str = option(
        "",
        why="PEM file with the certificate that signs results, and those above it; empty takes a local one that is "
        "made on first use and that nobody else trusts",
    )
    signing_key: str = option(
        "",
        why=f"PEM file with the certificate's private key, mode 0600; its passphrase is read from {PASSPHRASE}",
    )
    signing_url: str = option(
        "",
        why="https address that signs in place of a key: gets the bytes by POST, answers with the raw signature; a "
        f"token is read from {TOKEN}",
    )
    signing_timestamp_url: str = option(
        "", why="address of a time-stamp authority (RFC 3161); empty signs offline, without proof of when"
    )

    def __post_init__(self) -> None:
        check_settings(self)
        _check_choice(self)
        _check_url("signing-url", self.signing_url, needs_https=True)
        _check_url("signing-timestamp-url", self.signing_timestamp_url, needs_https=False)


def _check_choice(settings: SigningSettings) -> None:
    if settings.signing_key and settings.signing_url:
        raise SettingsError("signing-key: given together with signing-url; give the one that signs")
    if (settings.signing_key or settings.signing_url) and not settings.signing_certificate:
        raise SettingsError("signing-certificate: nothing given; name the PEM file that belongs to the signing key")
    if settings.signing_certificate and not (settings.signing_key or settings.signing_url):
        raise SettingsError("signing-key: nothing given; name the certificate's key, or a signing-url that signs")


def _check_url(name: str, text: str, *, needs_https: bool) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise SettingsError(f"{name}: got {text!r}, which is no address ({error})") from None
    schemes = ("https",) if needs_https and host not in _HERE else ("https", "http")
    if parts.scheme not in schemes or not host or parts.username or parts.password:
        raise SettingsError(f"{name}: got {text!r}, supported is {' or '.join(schemes)}://host/…, without a password")
