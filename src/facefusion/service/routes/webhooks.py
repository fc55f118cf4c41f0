"""Webhooks: addresses that are told of a project's events, signed."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from facefusion.jobs.events import newest_event_id
from facefusion.jobs.sealing import sealed
from facefusion.jobs.tables import Webhook, WebhookDelivery
from facefusion.service.auditing import note
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.outside import check_address
from facefusion.service.paging import Cursor, Limit, Page, page_of
from facefusion.service.problems import responses
from facefusion.service.schemas import Given, Id, Taken
from facefusion.service.state import Server

router = APIRouter(tags=["webhooks"])
Kind = Literal["state", "artifact", "review", "note"]


class WebhookIn(Taken):
    project_id: Id
    url: Annotated[str, Field(min_length=8, max_length=2000)]
    kinds: list[Kind] = Field(default=["state"], min_length=1, max_length=8)


class WebhookOut(Given):
    id: str
    project_id: str
    url: str
    kinds: list[str]
    is_active: bool
    created: float


class NewWebhook(WebhookOut):
    """secret: shown this once; it signs what is sent (see the guide)."""

    secret: str


class DeliveryOut(Given):
    id: str
    event_id: int
    state: str
    attempts: int
    next_at: float
    answer: str


@router.get("/webhooks", responses=responses())
def list_webhooks(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[WebhookOut]:
    """The webhooks of a project."""
    with server.database.reading() as records:
        project_of(records, caller, "webhook.manage", project_id)
        rows = records.page(Webhook, limit=limit + 1, after=cursor, project_id=project_id)
        return page_of(rows, limit, WebhookOut.model_validate)


@router.post("/webhooks", status_code=201, responses=responses())
def create_webhook(said: WebhookIn, caller: Who, server: Server) -> NewWebhook:
    """Have an address told of events from now on."""
    secret = secrets.token_urlsafe(32)
    with server.database.reading() as records:
        project_of(records, caller, "webhook.manage", said.project_id)
    check_address(said.url, allows_private=server.settings.allows_private_webhooks)
    with server.database.writing() as records:
        project_of(records, caller, "webhook.manage", said.project_id)
        hook = Webhook(**said.model_dump(), secret="", sent_up_to=newest_event_id(records))
        hook.secret = sealed(secret.encode(), server.secret, hook.id)
        records.add(hook)
        note(records, caller, "webhook.create", project_id=said.project_id, thing=hook.id, url=said.url)
    return NewWebhook(**WebhookOut.model_validate(hook).model_dump(), secret=secret)


@router.delete("/webhooks/{webhook_id}", status_code=204, responses=responses())
def delete_webhook(caller: Who, server: Server, webhook_id: str) -> None:
    """Tell an address nothing more."""
    with server.database.writing() as records:
        hook = found(records, caller, "webhook.manage", Webhook, webhook_id, locked=True)
        records.remove(hook)
        note(records, caller, "webhook.delete", project_id=hook.project_id, thing=webhook_id)


@router.get("/webhooks/{webhook_id}/deliveries", responses=responses())
def list_deliveries(
    caller: Who, server: Server, webhook_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[DeliveryOut]:
    """What was sent, and what was answered."""
    with server.database.reading() as records:
        hook = found(records, caller, "webhook.manage", Webhook, webhook_id)
        rows = records.page(WebhookDelivery, limit=limit + 1, after=cursor, webhook_id=hook.id)
        return page_of(rows, limit, DeliveryOut.model_validate)
