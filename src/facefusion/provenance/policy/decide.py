"""Whether a job may run: a pure function of the policy and the request."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.provenance.clock import is_set_back
from facefusion.provenance.moments import moment_text
from facefusion.provenance.policy.coverage import NEEDS_CONSENT, Fault, fault_of
from facefusion.provenance.policy.decision import Decision
from facefusion.provenance.policy.policy import Policy
from facefusion.provenance.policy.request import PermissionRequest, Person


def decide(policy: Policy, request: PermissionRequest) -> Decision:
    """Allowed or refused, by a named rule, for one reason; touches nothing and reads no clock."""
    case = _Case(policy, request)
    fault = case.first_fault()
    if fault is not None:
        return case.decision(fault.rule, fault.reason, is_allowed=False)
    if case.relies_on_records:
        ids = case.covering_ids
        who = ", ".join(f"{record_id[:8]} ({request.record(record_id).record.subject})" for record_id in ids)
        return case.decision("consent", f"policy {policy.name}: the job is covered by consent {who}", is_allowed=True)
    why = "asks for no record here" if case.operations else "asks for none, nobody's likeness is used"
    return case.decision("no-record-needed", f"policy {policy.name} {why}", is_allowed=True)


@dataclass(frozen=True, slots=True)
class _Case:
    policy: Policy
    request: PermissionRequest

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(one for one in self.request.operations if one in NEEDS_CONSENT)

    @property
    def bound(self) -> tuple[Person, ...]:
        """Who needs a record by the policy, or because the label is to be left out."""
        if not self.operations:
            return ()
        speaking = self.policy.needs_source and self.request.speaks
        asks = {"source": self.policy.needs_source, "target": self.policy.needs_target or speaking}
        wants = self.request.wants_label_omitted
        return tuple(one for one in self.request.people if asks[one.role] or (wants and one.role == "source"))

    @property
    def relies_on_records(self) -> bool:
        return bool(self.bound or self.request.named)

    @property
    def covering_ids(self) -> tuple[str, ...]:
        """The records that the decision rests on, each once."""
        found = [one for person in self.bound for one in self.covering(person)[:1]]
        return tuple(dict.fromkeys((*found, *self.request.named)))

    def covering(self, person: Person) -> tuple[str, ...]:
        """Records of `person` that cover the job; those that allow leaving the label out first where that is asked."""
        sound = [one for one in person.matches if fault_of(self.request.record(one), self.request, self.policy) is None]
        if self.request.wants_label_omitted:
            sound.sort(key=lambda one: not self.request.record(one).record.may_omit_visible_label)
        return tuple(sound)

    def first_fault(self) -> Fault | None:
        """The first rule that refuses the job."""
        for ask in (self._operation, self._licence, self._clock, self._named, self._people, self._label):
            if fault := ask():
                return fault
        return None

    def _operation(self) -> Fault | None:
        refused = [one for one in self.request.operations if one in self.policy.refused]
        if not refused:
            return None
        return Fault("operation", f"policy {self.policy.name} refuses {', '.join(refused)}; choose another policy")

    def _licence(self) -> Fault | None:
        if not self.policy.commercial_only or not self.request.non_commercial:
            return None
        listed = ", ".join(self.request.non_commercial)
        return Fault(
            "licence",
            f"policy {self.policy.name} takes no models whose licence forbids commercial use, and this job uses "
            f"{listed}; use other models, or another policy",
        )

    def _clock(self) -> Fault | None:
        seen = self.request.latest_seen
        if seen is None or not self.relies_on_records or not is_set_back(self.request.now, seen):
            return None
        return Fault(
            "clock",
            f"this machine's clock says {moment_text(self.request.now)}, it has shown {moment_text(seen)} before; "
            "set it right, consent records are not believed until then",
        )

    def _named(self) -> Fault | None:
        for record_id in self.request.named:
            consent = self.request.record(record_id)
            if fault := fault_of(consent, self.request, self.policy):
                return fault
            if self.operations and not any(record_id in one.matches for one in self.request.people):
                return self._wrong_person(record_id)
        return None

    def _wrong_person(self, record_id: str) -> Fault:
        record = self.request.record(record_id).record
        names = ", ".join(one.name for one in self.request.people)
        if record_id in self.request.unreadable:
            return Fault("no-template-key", f"consent {record_id[:8]} of {record.subject} {_NO_KEY}")
        return Fault(
            "wrong-person",
            f"consent {record_id[:8]} is of {record.subject}, whose face is not that of {names or 'anybody here'}",
        )

    def _people(self) -> Fault | None:
        for person in self.bound:
            if self.covering(person):
                continue
            if person.matches:
                return fault_of(self.request.record(person.matches[0]), self.request, self.policy)
            return Fault("no-consent", self._nobody_allowed(person))
        return None

    def _nobody_allowed(self, person: Person) -> str:
        why = "leaving the label out" if self.request.wants_label_omitted else f"policy {self.policy.name}"
        lost = [self.request.record(one).record.subject for one in self.request.unreadable]
        hint = f"; the record of {lost[0]} {_NO_KEY}" if lost else ""
        return (
            f"{why} asks for the consent of {person.name} ({person.role}), and no record here matches that face; "
            f"make one with: facefusion consent new, or import it{hint}"
        )

    def _label(self) -> Fault | None:
        if not self.request.wants_label_omitted:
            return None
        if not self.policy.may_omit_label:
            return Fault("label", f"policy {self.policy.name} always asks for the visible label; {_WITHOUT_FLAG}")
        sources = [one for one in self.bound if one.role == "source"]
        if not sources:
            return Fault("label", f"nothing here rests on a consent record that allows that; {_WITHOUT_FLAG}")
        for person in self.bound:
            record = self.request.record(self.covering(person)[0]).record
            if not record.may_omit_visible_label:
                why = f"consent {record.record_id[:8]} of {record.subject} does not allow leaving the visible label out"
                return Fault("label", f"{why}; {_WITHOUT_FLAG}")
        return None

    def decision(self, rule: str, reason: str, *, is_allowed: bool) -> Decision:
        """Puts the policy's part to a rule and its reason."""
        omits = is_allowed and self.request.wants_label_omitted
        return Decision(
            is_allowed=is_allowed,
            rule=rule,
            reason=reason,
            record_ids=self.covering_ids if self.relies_on_records and is_allowed else (),
            label="may_be_omitted" if omits else "visible",
            preset=self.policy.label_preset,
            policy=self.policy.name,
            policy_digest=self.policy.digest,
            retention_days=self.policy.retention_days,
        )


_NO_KEY = "came without its template key, so that no face can be compared; ask for an export with the key"
_WITHOUT_FLAG = "leave --omit-visible-label out"
