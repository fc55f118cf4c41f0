"""A consent as people fill it in: a TOML or JSON file, or answers to questions; both become the same record."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput
from facefusion.media.paths import check_input
from facefusion.provenance.canonical import parse_strictly
from facefusion.provenance.consent.record import OPERATIONS, RELATIONS, ConsentRecord, new_id
from facefusion.provenance.consent.templates import Templates
from facefusion.provenance.moments import day_begins, day_ends
from facefusion.provenance.plain_fields import PlainFields

_LARGEST_FILE = 1 << 20

BLANK = """\
# A consent to use somebody's face. Fill it in, then: facefusion consent new FILE.toml
subject = ""                    # whose face it is: name or pseudonym
relation = "self"               # who signs: self, guardian, or estate
rights_holder = ""              # who signs, when it is a guardian or the estate; "" is the subject
requester = ""                  # who asks: a person or a company
use = ""                        # a short name of the specific use; jobs repeat it with --use
description = ""                # what is done and shown, so that the subject can understand it
productions = [""]              # titles; "*" for any
operations = ["swap"]           # of swap, age, lip-sync, train, anonymise
territory = ["worldwide"]       # places where it is shown
valid_from = 2026-01-01         # the first day
valid_until = 2026-12-31        # the last day
may_omit_visible_label = false  # whether "AI-generated" may be left out of the picture; other marks always stay
notes = ""
photos = ["photo.jpg"]          # of the subject; measured, not kept
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the interactive form. is_list: answers are separated by commas."""

    field: str
    text: str
    default: str = ""
    is_list: bool = False


QUESTIONS = (
    Question("subject", "Whose face is it (name or pseudonym)"),
    Question("relation", f"Who signs ({', '.join(RELATIONS)})", "self"),
    Question("rights_holder", "Name of who signs"),
    Question("requester", "Who asks (person or company)"),
    Question("use", "The use, in a few words (jobs repeat them with --use)"),
    Question("description", "What is done and shown, so that the subject can understand it"),
    Question("productions", "Productions, separated by commas (* for any)", is_list=True),
    Question("operations", f"Operations, separated by commas ({', '.join(OPERATIONS)})", "swap", is_list=True),
    Question("territory", "Where it is shown, separated by commas", "worldwide", is_list=True),
    Question("valid_from", "First day (like 2026-11-21)"),
    Question("valid_until", "Last day"),
    Question("may_omit_visible_label", "May the visible label be left out (yes, no)", "no"),
    Question("notes", "Notes", "-"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in. photos: of the subject."""

    values: Mapping[str, Any]
    photos: tuple[Path, ...]

    def record(self, make_templates: Callable[[str], Templates], *, created: datetime) -> ConsentRecord:
        """The record of this form; `make_templates` gets its new id. Raises InvalidInput."""
        fields, record_id = PlainFields(self.values, name="consent form"), new_id()
        subject = fields.text("subject")
        said: dict[str, Any] = {
            "record_id": record_id,
            "created": created,
            "subject": subject,
            "relation": fields.text("relation", default="self"),
            "rights_holder": fields.text("rights_holder", default="") or subject,
            "requester": fields.text("requester"),
            "use": fields.text("use"),
            "description": fields.text("description"),
            "productions": fields.texts("productions"),
            "operations": fields.texts("operations"),
            "territory": fields.texts("territory", default=("worldwide",)),
            "valid_from": day_begins(fields.take("valid_from"), name="valid_from"),
            "valid_until": day_ends(fields.take("valid_until"), name="valid_until"),
            "may_omit_visible_label": fields.flag("may_omit_visible_label", default=False),
            "notes": fields.text("notes", default=""),
        }
        fields.done()
        empty = Templates("not measured yet", bytes(16), (bytes(128),))
        ConsentRecord(**said, templates=empty)  # mistakes are told before photos are measured
        return ConsentRecord(**said, templates=make_templates(record_id))


def read_form(path: Path) -> Form:
    """A form from a TOML or JSON file; photos lie beside it unless they say otherwise. Raises InvalidInput."""
    check_input(path)
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidInput(f"{path}: is larger than any form ({_LARGEST_FILE} bytes); check the name")
    try:
        data = path.read_bytes()
        values = parse_strictly(data) if path.suffix.lower() == ".json" else tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{path}: is no TOML ({error}); `facefusion consent new --blank` shows a form") from None
    fields = PlainFields(values, name=str(path))
    photos = tuple(path.parent / name for name in fields.texts("photos", default=()))
    return Form({key: value for key, value in values.items() if key != "photos"}, photos)


def asked_form(ask: Callable[[str, str], str]) -> Form:
    """A form from answers; `ask(question, default)` gives one. Raises InvalidInput."""
    values: dict[str, Any] = {}
    for question in QUESTIONS:
        default = values.get("subject", "") if question.field == "rights_holder" else question.default
        answer = ask(question.text, default).strip()
        values[question.field] = _answered(question, "" if answer == "-" else answer)
    photos = [part.strip() for part in ask("Photos of the subject, separated by commas", "").split(",")]
    return Form(values, tuple(Path(part) for part in photos if part))


def _answered(question: Question, answer: str) -> Any:
    if question.is_list:
        return [part.strip() for part in answer.split(",") if part.strip()]
    if question.field == "may_omit_visible_label":
        if answer.casefold() not in ("yes", "no", "y", "n"):
            raise InvalidInput(f"{question.field}: got {answer!r}, supported are yes and no")
        return answer.casefold().startswith("y")
    return answer
