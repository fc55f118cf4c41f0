"""What was decided, by which rule, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one job.

    rule: its short name, as the documentation lists it. reason: one sentence. record_ids: the records it rests on.
    label: whether the visible label is drawn or may be left out; only a covering record gives the latter. preset: the
    label that the policy asks for, empty for the user's own. retention_days: how long the output may be kept, 0 for
    no limit. policy: its name; policy_digest: SHA-256 of its rules.
    """

    is_allowed: bool
    rule: str
    reason: str
    record_ids: tuple[str, ...] = ()
    label: Literal["visible", "may_be_omitted"] = "visible"
    preset: str = ""
    policy: str = "personal"
    policy_digest: str = ""
    retention_days: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Values for JSON: events, manifest, audit log."""
        return {
            "is_allowed": self.is_allowed,
            "rule": self.rule,
            "reason": self.reason,
            "record_ids": list(self.record_ids),
            "label": self.label,
            "preset": self.preset,
            "policy": self.policy,
            "policy_digest": self.policy_digest,
            "retention_days": self.retention_days,
        }
