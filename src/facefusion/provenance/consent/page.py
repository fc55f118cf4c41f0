"""A consent on paper: one page to read and to sign with ink, as HTML or PDF."""

from __future__ import annotations

import html
from collections.abc import Iterator

from facefusion.provenance.consent.record import ConsentRecord
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.moments import moment_text

TITLE = "Consent to the use of a face"
_DECLARATION = (
    "I have read what is done with my face (or the face of the person for whom I sign), I have had the time to ask, "
    "and I agree to this use and to no other. I can take this consent back at any time with the key I signed with, or "
    "in writing; from then on nothing new is made."
)
_NO_PICTURES = (
    "No picture is part of this record: it holds numbers that can be compared with a face only with a key that is kept "
    "apart."
)
_RELATION = {"self": "the subject", "guardian": "guardian of the subject", "estate": "for the estate of the subject"}
_LINES = ("Place and date", "Signature of {holder}", "Signature of {requester}")


def rows_of(consent: SignedConsent) -> Iterator[tuple[str, str]]:
    """What the page says: a heading and its text, in order."""
    record = consent.record
    yield "Whose face", record.subject
    yield "Who signs", f"{record.rights_holder} ({_RELATION[record.relation]})"
    yield "Who asks", record.requester
    yield "Use", record.use
    yield "What is done", record.description
    yield "Productions", ", ".join(record.productions).replace("*", "any")
    yield "Operations", ", ".join(record.operations)
    yield "Territory", ", ".join(record.territory)
    yield "Valid", f"{moment_text(record.valid_from)} to {moment_text(record.valid_until)} (UTC)"
    yield "Visible label", "may be left out" if record.may_omit_visible_label else "always there"
    if record.notes:
        yield "Notes", record.notes
    for one in consent.signatures:
        yield f"Signed by {one.role}", f"{moment_text(one.signed)}, key {one.key.fingerprint[:16]}"
    if consent.revocation is not None:
        yield "REVOKED", f"{moment_text(consent.revocation.revoked)} {consent.revocation.reason}".strip()
    yield "Record", f"{record.record_id}, SHA-256 {record.digest}"


def html_page(consent: SignedConsent) -> str:
    """A whole HTML document that prints on one page; every text of the record is escaped."""
    rows = "\n".join(
        f"<tr><th>{html.escape(name)}</th><td>{_broken(text)}</td></tr>" for name, text in rows_of(consent)
    )
    lines = "\n".join(f"<p class=line>{html.escape(line)}</p>" for line in signature_lines(consent.record))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<style>
@page {{ size: A4; margin: 18mm }}
body {{ font: 11pt/1.4 "Noto Sans", "Noto Sans CJK SC", "Helvetica Neue", Arial, sans-serif; color: #000; }}
h1 {{ font-size: 18pt; font-weight: 600; margin: 0 0 8mm }}
table {{ border-collapse: collapse; width: 100% }}
th {{ text-align: left; vertical-align: top; font-weight: 600; width: 38mm; padding: 1.2mm 4mm 1.2mm 0 }}
td {{ padding: 1.2mm 0; overflow-wrap: anywhere }}
tr + tr {{ border-top: .2mm solid #bbb }}
.line {{ margin: 16mm 0 0; border-top: .3mm solid #000; padding-top: 1mm; width: 90mm; font-size: 9pt }}
</style></head><body>
<h1>{TITLE}</h1>
<table>
{rows}
</table>
<p>{_DECLARATION}</p>
<p>{_NO_PICTURES}</p>
{lines}
</body></html>
"""


def signature_lines(record: ConsentRecord) -> tuple[str, ...]:
    """What stands under the lines for ink."""
    return tuple(line.format(holder=record.rights_holder, requester=record.requester) for line in _LINES)


def declaration() -> tuple[str, str]:
    """The two paragraphs below the table."""
    return _DECLARATION, _NO_PICTURES


def _broken(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
