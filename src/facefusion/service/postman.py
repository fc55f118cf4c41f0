"""Sends events to webhooks: signed, with retries that wait longer each time."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
from typing import Final
from urllib.parse import urlsplit

import httpx

from facefusion.errors import FaceFusionError
from facefusion.jobs.database import Unreachable
from facefusion.jobs.events import events_after
from facefusion.jobs.sealing import unsealed
from facefusion.jobs.tables import Event, Webhook, WebhookDelivery
from facefusion.service.outside import check_address
from facefusion.service.problems import Problem
from facefusion.service.schemas import EventOut
from facefusion.service.state import State

log = logging.getLogger("facefusion.postman")
_LOOK_SECONDS: Final = 1.0
_MOST_ATTEMPTS: Final = 8
_TIMEOUT_SECONDS: Final = 10.0
_OLD_SECONDS: Final = 300.0


def signature_of(secret: str, when: int, body: bytes) -> str:
    """What the header `X-FaceFusion-Signature` says: `t=SECONDS,v1=HMAC-SHA256` over `SECONDS.BODY`."""
    digest = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={when},v1={digest}"


def is_genuine(secret: str, header: str, body: bytes, *, now: float | None = None) -> bool:
    """Whether a received webhook is ours and fresh; receivers also keep the delivery ids that they have seen."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    if not parts.get("t", "").isdecimal():
        return False
    when = int(parts["t"])
    is_fresh = abs((time.time() if now is None else now) - when) <= _OLD_SECONDS
    return is_fresh and hmac.compare_digest(signature_of(secret, when, body), header)


class Postman:
    """One thread that delivers; several servers on one database share the work."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def _run(self) -> None:
        while not self._state.stopping.wait(_LOOK_SECONDS):
            try:
                self.round()
            except (Unreachable, FaceFusionError) as error:
                log.warning("webhooks: %s", type(error).__name__)

    def round(self) -> int:
        """Queue what is new and send what is due; gives back how many were sent."""
        self._queue()
        with self._state.database.reading() as records:
            due = records.all(WebhookDelivery, WebhookDelivery.next_at <= records.now(), state="waiting")
        return sum(self._sent(one.id) for one in due[:50])

    def _queue(self) -> None:
        with self._state.database.reading() as records:
            hooks = [hook.id for hook in records.all(Webhook, is_active=True)]
        for hook_id in hooks:
            with self._state.database.writing() as records:
                hook = records.locked(Webhook, hook_id)
                if hook is None:
                    continue
                for event in events_after(records, hook.sent_up_to, project_id=hook.project_id):
                    if event.kind in hook.kinds:
                        records.add(WebhookDelivery(webhook_id=hook.id, event_id=event.id))
                    hook.sent_up_to = event.id

    def _sent(self, delivery_id: str) -> bool:
        claimed = self._claimed(delivery_id)
        if claimed is None:
            return False
        hook, event, attempts = claimed
        is_done, answer = self._post(hook, event, delivery_id)
        with self._state.database.writing() as records:
            row = records.locked(WebhookDelivery, delivery_id)
            if row is None:
                return False
            row.answer = answer[:200]
            row.state = "done" if is_done else ("failed" if attempts >= _MOST_ATTEMPTS else "waiting")
        return is_done

    def _claimed(self, delivery_id: str) -> tuple[Webhook, Event, int] | None:
        """Take a delivery: its next try is set before it is sent, so that nobody else sends it meanwhile."""
        with self._state.database.writing() as records:
            row = records.locked(WebhookDelivery, delivery_id)
            if row is None or row.state != "waiting" or row.next_at > records.now():
                return None
            row.attempts += 1
            row.next_at = records.now() + max(2 * _TIMEOUT_SECONDS, 2.0**row.attempts * 5)
            hook, event = records.get(Webhook, row.webhook_id), records.get(Event, row.event_id)
            if hook is None or event is None:
                row.state = "failed"
                return None
            return hook, event, row.attempts

    def _post(self, hook: Webhook, event: Event, delivery_id: str) -> tuple[bool, str]:
        body = json.dumps(EventOut.model_validate(event).model_dump(mode="json"), separators=(",", ":")).encode()
        try:
            host, address, port = check_address(hook.url, allows_private=self._state.settings.allows_private_webhooks)
        except Problem as problem:
            return False, problem.detail
        secret = unsealed(hook.secret, self._state.secret, hook.id).decode()
        headers = {
            "host": urlsplit(hook.url).netloc,
            "content-type": "application/json",
            "x-facefusion-delivery": delivery_id,
            "x-facefusion-signature": signature_of(secret, int(time.time()), body),
        }
        return _answered(hook.url, host, address, port, headers, body)


def _answered(url: str, host: str, address: str, port: int, headers: dict[str, str], body: bytes) -> tuple[bool, str]:
    """Call the very address that was looked up, under the host's own name; no redirect is followed."""
    place = httpx.URL(url).copy_with(host=address, port=port)
    try:
        with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = client.post(place, content=body, headers=headers, extensions={"sni_hostname": host})
    except httpx.HTTPError as error:
        return False, type(error).__name__
    return 200 <= answer.status_code < 300, str(answer.status_code)
