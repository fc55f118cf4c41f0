"""Taking a consent back: a statement signed with the rights holder's key, kept beside the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from facefusion.errors import InvalidInput
from facefusion.provenance.canonical import canonical
from facefusion.provenance.consent.record import ConsentRecord
from facefusion.provenance.keys import PublicKey, SigningKey
from facefusion.provenance.moments import moment_text, parse_moment
from facefusion.provenance.plain_fields import PlainFields, base64_text

REVOCATION_FORMAT = "facefusion-revocation/1"
_SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class Revocation:
    """One statement. revoked: when it was signed; from then on the record covers nothing."""

    record_id: str
    record_digest: str
    revoked: datetime
    reason: str
    key: PublicKey
    value: bytes

    @staticmethod
    def of(record: ConsentRecord, key: SigningKey, *, revoked: datetime, reason: str) -> Revocation:
        """A statement that takes `record` back, signed with `key`."""
        words = _words(record.record_id, record.digest, revoked, reason)
        return Revocation(record.record_id, record.digest, revoked, reason, key.public, key.sign(words))

    def fault(self, record: ConsentRecord, holder: PublicKey) -> str:
        """Why this is no revocation of `record` by `holder`; empty when it is one."""
        if (self.record_id, self.record_digest) != (record.record_id, record.digest):
            return "its revocation belongs to another record"
        if self.key != holder:
            return "its revocation is not by the rights holder's key"
        if not self.key.verify(self.value, _words(self.record_id, self.record_digest, self.revoked, self.reason)):
            return "its revocation was changed after it was signed"
        return ""

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        return {
            "format": REVOCATION_FORMAT,
            "id": self.record_id,
            "record_digest": self.record_digest,
            "revoked": moment_text(self.revoked),
            "reason": self.reason,
            "key": self.key.to_text(),
            "signature": base64_text(self.value),
        }

    @staticmethod
    def from_plain(value: Any) -> Revocation:
        """The opposite of `to_plain`. Raises InvalidInput."""
        fields = PlainFields(value, name="revocation")
        if (found := fields.take("format")) != REVOCATION_FORMAT:
            raise InvalidInput(f"revocation: format is {found!r}, supported is {REVOCATION_FORMAT}")
        revocation = Revocation(
            record_id=fields.text("id"),
            record_digest=fields.text("record_digest"),
            revoked=parse_moment(fields.take("revoked"), name="revocation: revoked"),
            reason=fields.text("reason"),
            key=PublicKey.from_text(fields.text("key")),
            value=fields.data("signature", size=_SIGNATURE_SIZE),
        )
        fields.done()
        return revocation


def _words(record_id: str, record_digest: str, revoked: datetime, reason: str) -> bytes:
    said = {
        "format": REVOCATION_FORMAT,
        "id": record_id,
        "record_digest": record_digest,
        "revoked": moment_text(revoked),
        "reason": reason,
    }
    return canonical(said)
