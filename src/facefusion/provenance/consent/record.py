"""What one person allowed: for whom, for which use, where, and until when."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from facefusion.errors import InvalidInput
from facefusion.provenance.canonical import canonical
from facefusion.provenance.consent.templates import Templates
from facefusion.provenance.moments import moment_text, parse_moment
from facefusion.provenance.plain_fields import PlainFields

FORMAT = "facefusion-consent/1"
Operation = Literal["swap", "age", "lip-sync", "train", "anonymise"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
Relation = Literal["self", "guardian", "estate"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
ANYWHERE = "worldwide"
ANY_PRODUCTION = "*"
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """32 hexadecimal digits, at random."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether `text` has the form of a record's id."""
    return bool(_ID.fullmatch(text))


def same_words(a: str, b: str) -> bool:
    """Whether two texts say the same, whatever their case and spaces."""
    return " ".join(a.split()).casefold() == " ".join(b.split()).casefold()


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent. Signed as it is: every field counts.

    subject: name or pseudonym of whose face it is. rights_holder: who signs; relation: the subject, a guardian or the
    estate. requester: who asks. use: a short name of the specific use, which a job repeats; description: what is done,
    so that the subject can understand it. productions: titles, `*` for any. territory: places, `worldwide` for all.
    valid_from, valid_until: UTC, both included. Raises InvalidInput when a field says nothing or contradicts another.
    """

    record_id: str
    created: datetime
    subject: str
    rights_holder: str
    relation: Relation
    requester: str
    use: str
    description: str
    productions: tuple[str, ...]
    operations: tuple[Operation, ...]
    territory: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    may_omit_visible_label: bool
    notes: str
    templates: Templates

    def __post_init__(self) -> None:
        if not is_id(self.record_id):
            raise InvalidInput(f"consent: id is {self.record_id[:40]!r}, supported are 32 hexadecimal digits")
        for name in ("subject", "rights_holder", "requester", "use", "description"):
            if not getattr(self, name).strip():
                raise InvalidInput(f"consent: {name} is empty; a consent without it means nothing")
        for name in ("productions", "operations", "territory"):
            if not getattr(self, name) or not all(item.strip() for item in getattr(self, name)):
                raise InvalidInput(f"consent: {name} is empty; name at least one")
        _check_known("operations", self.operations, OPERATIONS)
        _check_known("relation", (self.relation,), RELATIONS)
        if self.valid_until <= self.valid_from:
            raise InvalidInput("consent: valid_until is not after valid_from")
        if self.relation == "self" and not same_words(self.subject, self.rights_holder):
            raise InvalidInput(
                f"consent: {self.rights_holder!r} signs for {self.subject!r} as relation self; "
                "say guardian or estate, or let the subject sign"
            )

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        return {
            "format": FORMAT,
            "id": self.record_id,
            "created": moment_text(self.created),
            "subject": self.subject,
            "rights_holder": self.rights_holder,
            "relation": self.relation,
            "requester": self.requester,
            "use": self.use,
            "description": self.description,
            "productions": list(self.productions),
            "operations": list(self.operations),
            "territory": list(self.territory),
            "valid_from": moment_text(self.valid_from),
            "valid_until": moment_text(self.valid_until),
            "may_omit_visible_label": self.may_omit_visible_label,
            "notes": self.notes,
            "templates": self.templates.to_plain(),
        }

    @staticmethod
    def from_plain(value: Any) -> ConsentRecord:
        """The opposite of `to_plain`. Raises InvalidInput for anything that is missing, unknown or of another type."""
        fields = PlainFields(value, name="consent")
        if (found := fields.take("format")) != FORMAT:
            raise InvalidInput(f"consent: format is {found!r}, supported is {FORMAT}")
        record = ConsentRecord(
            record_id=fields.text("id"),
            created=parse_moment(fields.take("created"), name="consent: created"),
            subject=fields.text("subject"),
            rights_holder=fields.text("rights_holder"),
            relation=fields.text("relation"),  # type: ignore[arg-type]
            requester=fields.text("requester"),
            use=fields.text("use"),
            description=fields.text("description"),
            productions=fields.texts("productions"),
            operations=fields.texts("operations"),  # type: ignore[arg-type]
            territory=fields.texts("territory"),
            valid_from=parse_moment(fields.take("valid_from"), name="consent: valid_from"),
            valid_until=parse_moment(fields.take("valid_until"), name="consent: valid_until"),
            may_omit_visible_label=fields.flag("may_omit_visible_label"),
            notes=fields.text("notes"),
            templates=Templates.from_plain(fields.take("templates")),
        )
        fields.done()
        return record

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        return hashlib.sha256(canonical(self.to_plain())).hexdigest()


def _check_known(name: str, values: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = [value for value in values if value not in known]
    if unknown:
        raise InvalidInput(f"consent: {name} names {unknown[0]!r}, supported are {', '.join(known)}")
