"""Policy: readable rules, and one pure function that decides whether a job may run and how it is labelled."""

from facefusion.provenance.policy.decide import decide
from facefusion.provenance.policy.decision import Decision
from facefusion.provenance.policy.policy import PROFILES, Policy, load_policy
from facefusion.provenance.policy.request import PermissionRequest, Person

__all__ = ["PROFILES", "Decision", "PermissionRequest", "Person", "Policy", "decide", "load_policy"]
