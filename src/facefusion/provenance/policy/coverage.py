"""Whether one record covers one job: the first rule that says no, with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from facefusion.provenance.consent.record import ANY_PRODUCTION, ANYWHERE, same_words
from facefusion.provenance.consent.signatures import SignedConsent, signature_fault
from facefusion.provenance.moments import moment_text
from facefusion.provenance.policy.policy import Policy
from facefusion.provenance.policy.request import PermissionRequest

NEEDS_CONSENT = ("swap", "age", "lip-sync", "train")
"""Operations that need the consent of whoever is meant. Taking somebody's identity away needs nobody's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record does not count."""

    rule: str
    reason: str


def fault_of(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> Fault | None:
    """The first rule by which `consent` does not cover `request`; None when it does."""
    for rule, ask in RULES:
        if reason := ask(consent, request, policy):
            return Fault(rule, f"consent {consent.record.record_id[:8]} of {consent.record.subject} {reason}")
    return None


def _unsigned(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if consent.by("rights-holder") is None:
        return "is not signed by the rights holder; sign it with: facefusion consent sign"
    return ""


def _doubly_signed(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    fault = signature_fault(consent)
    return fault + "; ask for a new record" if "twice" in fault else ""


def _altered(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    fault = signature_fault(consent)
    return fault + "; take the original, or ask for a new record" if fault else ""


def _not_countersigned(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if consent.by("requester") is None:
        return "is not countersigned by the requester; sign it with: facefusion consent sign --as requester"
    return ""


def _own_signature(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if policy.allows_own_signature or len({one.key for one in consent.signatures}) > 1:
        return ""
    return f"is signed on both sides with one key, which policy {policy.name} does not take"


def _untrusted_key(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    holder = consent.by("rights-holder")
    if holder is None or not policy.trusted_keys or holder.key.to_text() in policy.trusted_keys:
        return ""
    return f"is signed with a key that policy {policy.name} does not list ({holder.key.to_text()})"


def _revoked(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    revocation, holder = consent.revocation, consent.by("rights-holder")
    if revocation is None or holder is None:
        return ""
    if fault := revocation.fault(consent.record, holder.key):
        return f"cannot be relied on: {fault}; ask the rights holder"
    return f"was revoked on {moment_text(revocation.revoked)}" + (
        f" ({revocation.reason})" if revocation.reason else ""
    )


def _signed_later(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    latest = max(one.signed for one in consent.signatures)
    if latest <= request.now:
        return ""
    return (
        f"was signed on {moment_text(latest)}, and this machine's clock says {moment_text(request.now)}; "
        "set the clock right"
    )


def _not_yet_valid(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if request.now < consent.record.valid_from:
        return f"is not valid before {moment_text(consent.record.valid_from)}"
    return ""


def _expired(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if request.now > consent.record.valid_until:
        return f"expired on {moment_text(consent.record.valid_until)}; ask for a new one"
    return ""


def _wrong_operation(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    allowed = consent.record.operations
    beyond = [one for one in request.operations if one in NEEDS_CONSENT and one not in allowed]
    return f"allows {', '.join(allowed)}, not {', '.join(beyond)}" if beyond else ""


def _wrong_use(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if same_words(request.use, consent.record.use):
        return ""
    return f"is for the use {consent.record.use!r}; {_said('use', request.use)}"


def _wrong_production(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    titles = consent.record.productions
    if ANY_PRODUCTION in titles or any(same_words(request.production, title) for title in titles):
        return ""
    return f"is for {_listed(titles)}; {_said('production', request.production)}"


def _wrong_territory(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    places = consent.record.territory
    if any(same_words(place, ANYWHERE) or same_words(place, request.territory) for place in places):
        return ""
    return f"is for {_listed(places)}; {_said('territory', request.territory)}"


def _wrong_requester(consent: SignedConsent, request: PermissionRequest, policy: Policy) -> str:
    if not request.requester or same_words(request.requester, consent.record.requester):
        return ""
    return f"was given to {consent.record.requester}, not to {request.requester}"


Rule = Callable[[SignedConsent, PermissionRequest, Policy], str]
RULES: tuple[tuple[str, Rule], ...] = (
    ("unsigned", _unsigned),
    ("doubly-signed", _doubly_signed),
    ("altered", _altered),
    ("not-countersigned", _not_countersigned),
    ("own-signature", _own_signature),
    ("untrusted-key", _untrusted_key),
    ("revoked", _revoked),
    ("clock", _signed_later),
    ("not-yet-valid", _not_yet_valid),
    ("expired", _expired),
    ("wrong-operation", _wrong_operation),
    ("wrong-use", _wrong_use),
    ("wrong-production", _wrong_production),
    ("wrong-territory", _wrong_territory),
    ("wrong-requester", _wrong_requester),
)
"""In the order in which they are asked."""


def _said(option: str, given: str) -> str:
    return f"this job says {given!r} (--{option})" if given else f"say what this job is for with --{option}"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)
