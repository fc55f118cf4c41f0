"""Consent records: what they say survives, and what was changed, cut or signed wrongly is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents import DAY, HOLDER, NOW, REQUESTER, record, signed
from facefusion.errors import InvalidInput, OutputExists, UsageError
from facefusion.provenance.canonical import canonical, parse_strictly
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.signatures import SignedConsent, signature_fault
from facefusion.provenance.consent.store import ConsentStore, read_consent, revocation_path, write_consent
from facefusion.provenance.keys import SigningKey

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    consent = signed(record(subject="王芳", rights_holder="王芳", notes="zwei\nZeilen", productions=("片名", "B")))
    write_consent(tmp_path / "a.json", consent, overwrite=False)
    assert read_consent(tmp_path / "a.json") == consent
    assert (tmp_path / "a.json").read_bytes() == canonical(consent.to_plain()) + b"\n"
    assert signature_fault(consent) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": " "}, {"rights_holder": ""}, {"requester": ""}, {"use": ""}, {"description": ""},
        {"productions": ()}, {"operations": ()}, {"territory": ("",)}, {"operations": ("clone",)},
        {"relation": "friend"}, {"valid_until": NOW - DAY}, {"rights_holder": "Bert Beispiel"}, {"record_id": "../x"},
    ],
)  # fmt: skip
def test_a_record_that_says_nothing_or_contradicts_itself_is_no_record(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"consent: |no record's id"):
        record(**{"record_id": "0" * 32, **changes})


def test_a_guardian_signs_for_somebody_else() -> None:
    made = record(rights_holder="Berta Beispiel", relation="guardian")
    assert made.rights_holder == "Berta Beispiel"


@pytest.mark.parametrize("field", list(record().to_plain()))
def test_any_field_that_is_changed_breaks_the_signatures(field: str) -> None:
    plain = signed().to_plain()
    value = plain["record"][field]
    changes: dict[str, Any] = {
        "format": "facefusion-consent/2", "id": "f" * 32, "relation": "guardian", "operations": ["swap", "age"],
        "created": "2020-01-01T00:00:00Z", "valid_from": "2020-01-01T00:00:00Z", "valid_until": "2099-01-01T00:00:00Z",
        "templates": {**value, "encoder": "other"} if isinstance(value, dict) else None,
    }  # fmt: skip
    default = not value if isinstance(value, bool) else ["x"] if isinstance(value, list) else "x"
    plain["record"][field] = changes.get(field, default)
    if field == "subject":
        plain["record"]["rights_holder"] = "x"
    if field == "rights_holder":
        plain["record"]["subject"] = "x"
    try:
        changed = SignedConsent.from_plain(plain)
    except InvalidInput:
        assert field == "format"
        return
    assert "changed after the rights-holder signed" in signature_fault(changed)


def test_the_time_of_signing_is_signed_too() -> None:
    consent = signed()
    moved = replace(consent.signatures[0], signed=NOW - 9 * DAY)
    assert "changed" in signature_fault(replace(consent, signatures=(moved, consent.signatures[1])))


def test_a_countersignature_holds_for_one_signature_of_the_rights_holder() -> None:
    made = record()
    mine, other = signed(made), SignedConsent(made).signed_by(SigningKey.generate(), "rights-holder", signed=NOW)
    mixed = replace(mine, signatures=(other.signatures[0], mine.signatures[1]))
    assert "changed after the requester" in signature_fault(mixed)


def test_the_rights_holder_signs_first_and_each_once() -> None:
    with pytest.raises(UsageError, match="rights holder signs first"):
        SignedConsent(record()).signed_by(REQUESTER, "requester", signed=NOW)
    with pytest.raises(UsageError, match="signed already"):
        signed().signed_by(HOLDER, "rights-holder", signed=NOW)
    with pytest.raises(UsageError, match="signed already"):
        signed().signed_by(HOLDER, "requester", signed=NOW)


def test_a_changed_record_is_not_countersigned() -> None:
    half = SignedConsent(record()).signed_by(HOLDER, "rights-holder", signed=NOW)
    changed = replace(half, record=replace(half.record, notes="and everything else"))
    with pytest.raises(InvalidInput, match="changed"):
        changed.signed_by(REQUESTER, "requester", signed=NOW)


def test_signed_twice_is_told(tmp_path: Path) -> None:
    consent = signed()
    again = SignedConsent(consent.record).signed_by(SigningKey.generate(), "rights-holder", signed=NOW).signatures
    assert "signed twice" in signature_fault(replace(consent, signatures=(*consent.signatures, *again)))


@given(st.data())
def test_truncated_and_altered_files_give_typed_errors_or_broken_signatures(data: st.DataObject) -> None:
    whole = canonical(_CONSENT.to_plain())
    if data.draw(st.booleans()):
        changed = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        place = data.draw(st.integers(0, len(whole) - 1))
        changed = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    try:
        consent = SignedConsent.from_plain(parse_strictly(changed))
    except InvalidInput:
        return
    assert signature_fault(consent) or consent == _CONSENT


_CONSENT = signed()


@given(JSON)
def test_any_json_is_a_record_or_a_typed_error(value: Any) -> None:
    for wrapped in (value, {"record": value, "signatures": []}, {**_CONSENT.to_plain(), "signatures": value}):
        try:
            SignedConsent.from_plain(wrapped)
        except InvalidInput:
            continue


def test_a_store_keeps_finds_and_names_what_is_damaged(tmp_path: Path) -> None:
    store = ConsentStore(tmp_path / "consent")
    assert store.all() == ()
    first, second = signed(), signed()
    path = store.add(first)
    store.add(second)
    with pytest.raises(OutputExists):
        store.add(first)
    assert store.find(first.record.record_id[:12]) == (path, first)
    assert store.find(str(path)) == (path, first)
    for word, says in (("0" * 31 + "g", "no record"), (first.record.record_id[:3], "begin so|no record")):
        with pytest.raises(UsageError, match=says):
            store.find(word)
    path.write_bytes(path.read_bytes()[:200])
    faults = [kept.fault for kept in store.all() if kept.consent is None]
    assert len(faults) == 1
    assert str(path) in faults[0]


def test_a_revocation_beside_the_record_counts_wherever_the_record_lies(tmp_path: Path) -> None:
    store, consent = ConsentStore(tmp_path / "consent"), signed()
    path = store.add(consent)
    copy = tmp_path / "copy.json"
    write_consent(copy, consent, overwrite=False)
    statement = Revocation.of(consent.record, HOLDER, revoked=NOW, reason="changed my mind")
    beside = store.revoke(path, statement)
    assert beside == revocation_path(path)
    assert store.find(str(copy))[1].revocation == statement == store.find(consent.record.record_id)[1].revocation
    assert statement.fault(consent.record, HOLDER.public) == ""
    with pytest.raises(OutputExists):
        store.revoke(path, statement)


def test_a_revocation_of_somebody_else_of_another_record_or_changed_is_told() -> None:
    mine, other = record(), record()
    statement = Revocation.of(mine, HOLDER, revoked=NOW, reason="")
    assert "another record" in statement.fault(other, HOLDER.public)
    assert "not by the rights holder" in statement.fault(mine, REQUESTER.public)
    assert "changed after" in replace(statement, revoked=NOW + DAY).fault(mine, HOLDER.public)
    plain = json.loads(canonical(statement.to_plain()))
    assert Revocation.from_plain(plain) == statement
