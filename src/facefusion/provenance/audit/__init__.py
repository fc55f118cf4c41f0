"""The audit log: an append-only, hash-chained record of what was done to whose face, and on whose word."""

from __future__ import annotations

from facefusion.provenance.audit.checking import AuditReport, Problem, check
from facefusion.provenance.audit.entry import Entry, Head
from facefusion.provenance.audit.log import AuditLog
from facefusion.provenance.audit.settings import AuditSettings

__all__ = ["AuditLog", "AuditReport", "AuditSettings", "Entry", "Head", "Problem", "check"]
