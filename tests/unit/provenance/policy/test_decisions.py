"""Policies: readable, and every rule says no where it should, by its name and with a reason."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consents import DAY, HOLDER, NOW, record, signed
from facefusion.errors import InvalidInput, UsageError
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.home import home
from facefusion.provenance.keys import SigningKey
from facefusion.provenance.policy import PROFILES, Decision, PermissionRequest, Person, Policy, decide, load_policy

GOOD = signed()
PRODUCTION, PERSONAL, BROADCAST = (load_policy(name) for name in ("production", "personal", "broadcast"))


def ask(consent: SignedConsent | None = GOOD, **changes: Any) -> PermissionRequest:
    """A job of the astronaut that `consent` covers."""
    records = () if consent is None else (consent,)
    ids = tuple(one.record.record_id for one in records)
    request = PermissionRequest(
        now=NOW,
        operations=("swap",),
        people=(Person("anna.jpg", "source", ids),),
        records=records,
        use="stunts",
        production="The Film",
        territory="DE",
    )
    return replace(request, **changes)


def refusal(policy: Policy, request: PermissionRequest) -> Decision:
    decision = decide(policy, request)
    assert not decision.is_allowed
    assert decision.label == "visible"
    assert decision.record_ids == ()
    assert decision.reason.count("\n") == 0
    return decision


def test_a_covered_job_is_allowed_and_names_its_record() -> None:
    decision = decide(PRODUCTION, ask())
    assert (decision.is_allowed, decision.rule, decision.label) == (True, "consent", "visible")
    assert decision.record_ids == (GOOD.record.record_id,)
    assert decision.policy_digest == PRODUCTION.digest


def test_personal_asks_for_no_record_and_the_others_do() -> None:
    assert decide(PERSONAL, ask(None)).rule == "no-record-needed"
    for name in ("teaching", "production", "broadcast"):
        assert refusal(load_policy(name), ask(None)).rule == "no-consent"


@pytest.mark.parametrize(
    ("changes", "rule", "says"),
    [
        ({"use": "advertising"}, "wrong-use", "'stunts'.*'advertising'"),
        ({"use": ""}, "wrong-use", "--use"),
        ({"production": "Other"}, "wrong-production", "'The Film'"),
        ({"requester": "Somebody"}, "wrong-requester", "Film GmbH"),
        ({"operations": ("swap", "lip-sync")}, "wrong-operation", "not lip-sync"),
        ({"now": NOW - 2 * DAY}, "clock", "set the clock right"),
        ({"now": NOW + 366 * DAY}, "expired", "2027-11-21"),
        ({"latest_seen": NOW + DAY}, "clock", "has shown 2026-11-22"),
        ({"people": (Person("anna.jpg", "source"),)}, "no-consent", "anna.jpg"),
    ],
)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_job_beyond_its_record_is_refused(changes: dict[str, Any], rule: str, says: str, is_named: bool) -> None:
    named = (GOOD.record.record_id,) if is_named else ()
    decision = refusal(PRODUCTION, ask(**changes, named=named))
    assert decision.rule == ("wrong-person" if is_named and rule == "no-consent" else rule)
    assert re.search(says, decision.reason), decision.reason


@pytest.mark.parametrize("name", PROFILES)
def test_who_earns_money_uses_no_model_that_forbids_it(name: str) -> None:
    policy, request = load_policy(name), ask(non_commercial=("inswapper_128 (InsightFace, non-commercial)",))
    assert policy.commercial_only == (name in ("production", "broadcast"))
    if policy.commercial_only:
        decision = refusal(policy, request)
        assert decision.rule == "licence"
        assert "inswapper_128 (InsightFace, non-commercial); use other models" in decision.reason
    else:
        assert decide(policy, request).rule in ("consent", "no-record-needed")
    assert decide(policy, replace(request, non_commercial=())).rule != "licence"


def test_a_policy_from_before_models_were_asked_about_takes_all() -> None:
    from facefusion.provenance.policy.policy import Policy as Rules

    said = {"name": "old", "summary": "old", "consent": {"source_person": False, "target_person": False,
            "own_signature": True, "trusted_keys": []}, "label": {"preset": "", "text": "", "may_be_omitted": False},
            "operations": {"refused": []}, "retention": {"days": 0}, "content": {"threshold": 0.9}}  # fmt: skip
    assert not Rules.from_plain(said, name="old").commercial_only
    assert Rules.from_plain({**said, "models": {"commercial_only": True}}, name="old").commercial_only
    with pytest.raises(InvalidInput, match="commercial_only is 'yes'"):
        Rules.from_plain({**said, "models": {"commercial_only": "yes"}}, name="old")


def _revoked(consent: SignedConsent, key: SigningKey = HOLDER) -> SignedConsent:
    return replace(consent, revocation=Revocation.of(consent.record, key, revoked=NOW, reason="no more"))


@pytest.mark.parametrize(
    ("make", "rule", "says"),
    [
        (lambda: SignedConsent(record()), "unsigned", "not signed"),
        (lambda: replace(GOOD, signatures=GOOD.signatures[:1]), "not-countersigned", "not countersigned"),
        (lambda: replace(GOOD, signatures=(*GOOD.signatures, GOOD.signatures[0])), "doubly-signed", "twice"),
        (lambda: replace(GOOD, record=replace(GOOD.record, notes="x")), "altered", "was changed"),
        (lambda: signed(record(valid_from=NOW + DAY)), "not-yet-valid", "2026-11-22"),
        (lambda: signed(record(valid_from=NOW - 9 * DAY, valid_until=NOW - DAY)), "expired", "2026-11-20"),
        (lambda: _revoked(GOOD), "revoked", "no more"),
        (lambda: _revoked(GOOD, SigningKey.generate()), "revoked", "not by the rights holder"),
        (lambda: signed(record(territory=("FR",))), "wrong-territory", "'FR'"),
        (lambda: signed(at=NOW + DAY), "clock", "was signed on 2026-11-22"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_count_refuses_by_its_own_rule(make: Any, rule: str, says: str) -> None:
    consent = make()
    decision = refusal(PRODUCTION, ask(consent))
    assert decision.rule == rule
    assert says in decision.reason
    named = ask(consent, named=(consent.record.record_id,))
    assert refusal(PERSONAL, named).rule == rule, "a record that is named has to hold in every policy"


def test_one_good_record_among_bad_ones_is_enough() -> None:
    old = signed(record(valid_from=NOW - 9 * DAY, valid_until=NOW - DAY))
    ids = (old.record.record_id, GOOD.record.record_id)
    request = ask(records=(old, GOOD), people=(Person("anna.jpg", "source", ids),))
    assert decide(PRODUCTION, request).record_ids == (GOOD.record.record_id,)


def test_one_key_on_both_sides_and_keys_that_are_not_listed() -> None:
    key = SigningKey.generate()
    own = SignedConsent(record()).signed_by(key, "rights-holder", signed=NOW).signed_by(key, "requester", signed=NOW)
    assert refusal(PRODUCTION, ask(own)).rule == "own-signature"
    assert decide(load_policy("teaching"), ask(own)).is_allowed
    strict = replace(PRODUCTION, trusted_keys=(key.public.to_text(),))
    assert refusal(strict, ask()).rule == "untrusted-key"
    assert decide(replace(strict, trusted_keys=(HOLDER.public.to_text(),)), ask()).is_allowed


def test_broadcast_asks_for_the_target_person_too() -> None:
    mine = GOOD.record.record_id
    person = Person("person 1", "target")
    request = ask(people=(Person("anna.jpg", "source", (mine,)), person))
    assert "person 1" in refusal(BROADCAST, request).reason
    covered = replace(request, people=(request.people[0], replace(person, matches=(mine,))))
    assert decide(BROADCAST, covered).is_allowed
    assert decide(PRODUCTION, request).is_allowed


def test_refused_operations_and_operations_that_need_nobody() -> None:
    assert refusal(replace(PERSONAL, refused=("swap",)), ask()).rule == "operation"
    assert decide(BROADCAST, ask(None, operations=("anonymise",))).is_allowed
    assert decide(BROADCAST, ask(None, operations=())).is_allowed


OPEN = signed(record(may_omit_visible_label=True))


def test_the_label_goes_only_with_a_record_that_says_so_a_request_and_a_policy() -> None:
    asked = ask(OPEN, wants_label_omitted=True)
    assert decide(PRODUCTION, asked).label == decide(PERSONAL, asked).label == "may_be_omitted"
    assert decide(PERSONAL, asked).record_ids == (OPEN.record.record_id,)
    assert decide(PRODUCTION, ask(OPEN)).label == "visible"
    closed = ask(GOOD, wants_label_omitted=True)
    assert refusal(PRODUCTION, closed).rule == refusal(PERSONAL, closed).rule == "label"
    assert refusal(load_policy("teaching"), asked).rule == "label"
    assert refusal(PERSONAL, ask(None, wants_label_omitted=True)).rule == "no-consent"
    assert refusal(PERSONAL, ask(None, wants_label_omitted=True, operations=())).rule == "label"
    assert refusal(PERSONAL, ask(None, wants_label_omitted=True, operations=("anonymise",))).rule == "label"


def test_of_two_people_both_have_to_allow_it() -> None:
    ids = (OPEN.record.record_id, GOOD.record.record_id)
    people = (Person("a.jpg", "source", ids[:1]), Person("b.jpg", "source", ids[1:]))
    both = ask(records=(OPEN, GOOD), people=people, wants_label_omitted=True)
    assert refusal(PRODUCTION, both).rule == "label"
    one = replace(both, people=(Person("a.jpg", "source", tuple(reversed(ids))),))
    assert decide(PRODUCTION, one).label == "may_be_omitted", "the record that allows it is taken first"


def test_a_decision_touches_nothing_and_is_repeatable() -> None:
    request = ask()
    assert decide(PRODUCTION, request) == decide(PRODUCTION, request)
    assert set(decide(PRODUCTION, request).as_dict()) >= {"is_allowed", "rule", "reason", "record_ids", "label"}


@pytest.mark.parametrize("name", PROFILES)
def test_bundled_policies_can_be_read_and_say_their_name(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert policy.summary


OWN = """
name = "studio"
summary = "ours"
[consent]
source_person = true
target_person = true
own_signature = false
trusted_keys = []
[label]
preset = ""
text = "AI made"
may_be_omitted = true
[operations]
refused = ["train"]
[retention]
days = 7
[content]
threshold = 0.9
"""


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "studio.toml").write_text(OWN)
    policy = load_policy(str(tmp_path / "studio.toml"))
    assert (policy.needs_target, policy.retention_days, policy.label_text) == (True, 7, "AI made")
    (home() / "policy").mkdir(parents=True)
    (home() / "policy" / "studio.toml").write_text(OWN)
    assert load_policy("studio") == policy
    with pytest.raises(UsageError, match="personal, teaching"):
        load_policy("../studio")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"studio"', '"personal"', "another name"),
        ("days = 7", "days = -1", "days is -1"),
        ("threshold = 0.9", "threshold = 0", "threshold"),
        ('["train"]', '["fly"]', "refuses 'fly'"),
        ('preset = ""', 'preset = "tiny"', "label preset"),
        ("target_person = true", "", "target_person is missing"),
        ("[content]", "switch_off = true\n[content]", "switch_off is unknown"),
        ("trusted_keys = []", 'trusted_keys = ["rsa"]', "public key"),
        ("[consent]", "[consent", "no TOML"),
        ("own_signature = false", 'own_signature = "no"', "own_signature"),
    ],
)
def test_a_policy_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in OWN
    (tmp_path / "p.toml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(InvalidInput, match=says):
        load_policy(str(tmp_path / "p.toml"))
