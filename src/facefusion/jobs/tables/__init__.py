"""What is stored, a class each; times are seconds since 1970, UTC."""

from facefusion.jobs.tables.access import ApiKey, AuditEntry, LoginSession, Member, Project, User
from facefusion.jobs.tables.base import Base
from facefusion.jobs.tables.media import Artifact, Asset, Consent, PermissionCase, Upload
from facefusion.jobs.tables.review import Exercise, HandIn, Note, Review
from facefusion.jobs.tables.work import Event, Idempotency, Job, Task, Webhook, WebhookDelivery, WorkerRow

__all__ = [
    "ApiKey", "Artifact", "Asset", "AuditEntry", "Base", "Consent", "Event", "Exercise", "HandIn", "Idempotency", "Job",
    "LoginSession", "Member", "Note", "PermissionCase", "Project", "Review", "Task", "Upload", "User", "Webhook",
    "WebhookDelivery", "WorkerRow",
]  # fmt: skip
