"""Who signed a record, and whether that holds: the rights holder first, the requester countersigns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from facefusion.errors import InvalidInput, UsageError
from facefusion.provenance.canonical import canonical
from facefusion.provenance.consent.record import FORMAT, ConsentRecord
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.template_keys import WrappedKey
from facefusion.provenance.keys import PublicKey, SigningKey
from facefusion.provenance.moments import moment_text, parse_moment
from facefusion.provenance.plain_fields import PlainFields, base64_text

Role = Literal["rights-holder", "requester"]
ROLES: tuple[Role, ...] = get_args(Role)
_SIGNATURE_SIZE = 64
_MOST_SIGNATURES = 8


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over the whole record. signed: when, by the signer's clock; itself signed."""

    role: Role
    key: PublicKey
    signed: datetime
    value: bytes

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        return {
            "role": self.role,
            "key": self.key.to_text(),
            "signed": moment_text(self.signed),
            "signature": base64_text(self.value),
        }

    @staticmethod
    def from_plain(value: Any) -> Signature:
        """The opposite of `to_plain`. Raises InvalidInput."""
        fields = PlainFields(value, name="consent: signature")
        role = fields.text("role")
        if role not in ROLES:
            raise InvalidInput(f"consent: a signature is by {role!r}, supported are {', '.join(ROLES)}")
        signature = Signature(
            role=role,
            key=PublicKey.from_text(fields.text("key")),
            signed=parse_moment(fields.take("signed"), name="consent: signed"),
            value=fields.data("signature", size=_SIGNATURE_SIZE),
        )
        fields.done()
        return signature


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """A record with what was signed about it. wrapped_key: the template key under a passphrase, in exports only."""

    record: ConsentRecord
    signatures: tuple[Signature, ...] = ()
    revocation: Revocation | None = None
    wrapped_key: WrappedKey | None = None

    def by(self, role: Role) -> Signature | None:
        """The first signature of a role."""
        return next((one for one in self.signatures if one.role == role), None)

    def signed_by(self, key: SigningKey, role: Role, *, signed: datetime) -> SignedConsent:
        """The same with one more signature. Raises UsageError (out of order, twice), InvalidInput (one is broken)."""
        if self.by(role):
            raise UsageError(f"consent: the {role} has signed already; a record is signed once, make a new one instead")
        holder = self.by("rights-holder")
        if role == "requester" and holder is None:
            raise UsageError("consent: the rights holder signs first, then the requester countersigns")
        if (broken := signature_fault(self)) and holder is not None:
            raise InvalidInput(f"consent: {broken}; it is not signed on top of that")
        words = _words(self.record, role, key.public, signed, holder)
        return replace(self, signatures=(*self.signatures, Signature(role, key.public, signed, key.sign(words))))

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        plain: dict[str, Any] = {
            "record": self.record.to_plain(),
            "signatures": [one.to_plain() for one in self.signatures],
        }
        if self.revocation is not None:
            plain["revocation"] = self.revocation.to_plain()
        if self.wrapped_key is not None:
            plain["template_key"] = self.wrapped_key.to_plain()
        return plain

    @staticmethod
    def from_plain(value: Any) -> SignedConsent:
        """The opposite of `to_plain`. Raises InvalidInput."""
        fields = PlainFields(value, name="consent")
        record, listed = ConsentRecord.from_plain(fields.take("record")), fields.take("signatures")
        if not isinstance(listed, list) or len(listed) > _MOST_SIGNATURES:
            raise InvalidInput(f"consent: signatures are no list of at most {_MOST_SIGNATURES}")
        revocation, wrapped = fields.take_or("revocation", None), fields.take_or("template_key", None)
        fields.done()
        return SignedConsent(
            record,
            tuple(Signature.from_plain(one) for one in listed),
            None if revocation is None else Revocation.from_plain(revocation),
            None if wrapped is None else WrappedKey.from_plain(wrapped),
        )


def signature_fault(consent: SignedConsent) -> str:
    """What is wrong with the signatures that are there; empty when each holds and no role signed twice."""
    holder = consent.by("rights-holder")
    for role in ROLES:
        if sum(one.role == role for one in consent.signatures) > 1:
            return f"the {role} has signed twice, and it cannot be told which signature counts"
    for one in consent.signatures:
        words = _words(consent.record, one.role, one.key, one.signed, holder if one.role == "requester" else None)
        if not one.key.verify(one.value, words):
            return f"was changed after the {one.role} signed it"
    return ""


def _words(record: ConsentRecord, role: Role, key: PublicKey, signed: datetime, holder: Signature | None) -> bytes:
    """What is signed: the record, who signs and when, and for the requester the signature it stands under."""
    said = {
        "format": FORMAT,
        "record": record.to_plain(),
        "role": role,
        "key": key.to_text(),
        "signed": moment_text(signed),
        "countersigns": base64_text(holder.value) if holder is not None and role == "requester" else "",
    }
    return canonical(said)
