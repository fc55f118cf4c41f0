"""Events: none lost or doubled over reconnects, by stream and by long poll; and webhooks, signed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from facefusion.jobs.tables import Webhook, WebhookDelivery
from facefusion.service.client import Client
from facefusion.service.outside import check_address, is_public
from facefusion.service.postman import Postman, is_genuine, signature_of
from facefusion.service.problems import Problem
from service_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, allows_private_webhooks=True)
    yield made
    made.close()


def streamed(world: World, job_id: str, after: int, most: int) -> list[int]:
    """Ids of the next few events of a finished job, by one connection that is then cut."""
    headers = {"last-event-id": str(after)}
    text = world.client.get(f"/v1/jobs/{job_id}/events", headers=headers).text
    ids = [int(line[4:]) for block in text.split("\n\n") if "event: end" not in block
           for line in block.splitlines() if line.startswith("id: ")]  # fmt: skip
    return ids[:most]


def test_a_stream_that_is_cut_again_and_again_tells_everything_once(world: World) -> None:
    world.executor.segments = [(n, n + 1) for n in range(4)]
    job = world.asked()["id"]
    world.work()
    polled = world.client.get(f"/v1/jobs/{job}/events/poll").json()
    assert polled["is_over"] is True
    whole = [one["id"] for one in polled["items"]]
    seen: list[int] = []
    while more := streamed(world, job, seen[-1] if seen else 0, 3):
        seen += more
    assert seen == whole
    assert len(whole) > 12


def test_the_client_hears_the_same(world: World) -> None:
    job = world.asked()["id"]
    world.work()
    client = Client(http=world.client)
    events = list(client.events(job))
    states = [one.data["state"] for one in events if one.kind == "state"]
    assert states == ["queued", "analysing", "rendering", "succeeded"]
    assert client.wait(job).state == "succeeded"


def test_a_long_poll_answers_when_something_happens(world: World) -> None:
    with world.client:
        job = world.asked()["id"]
        first = world.client.get(f"/v1/jobs/{job}/events/poll").json()["last_id"]
        threading.Timer(0.2, lambda: world.client.post(f"/v1/jobs/{job}/cancel")).start()
        said = world.client.get(f"/v1/jobs/{job}/events/poll", params={"after": first, "wait_seconds": 20}).json()
    assert [one["data"]["state"] for one in said["items"]] == ["cancelled"]


class Receiver(BaseHTTPRequestHandler):
    """An address that is told things; answers what it is set to."""

    answers: list[int] = []  # noqa: RUF012
    heard: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Receiver.answers, Receiver.heard = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


def test_webhooks_are_signed_and_sent_again_when_refused(world: World, receiver: str) -> None:
    said = {"project_id": world.project, "url": receiver, "kinds": ["state"]}
    hook = world.client.post("/v1/webhooks", json=said).json()
    Receiver.answers = [500, 302]
    job = world.asked()
    postman = Postman(world.state)
    for _ in range(3):
        postman.round()
        with world.state.database.writing() as records:
            for row in records.all(WebhookDelivery, state="waiting"):
                row.next_at = 0.0
    assert [one["state"] for one in world.client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["items"]] == [
        "done"
    ]
    headers, body = Receiver.heard[-1]
    signature = headers["x-facefusion-signature"]
    assert len(Receiver.heard) == 3
    assert json.loads(body)["job_id"] == job["id"]
    assert is_genuine(hook["secret"], signature, body)
    assert not is_genuine(hook["secret"], signature, body + b" ")
    assert not is_genuine("other", signature, body)
    with world.state.database.reading() as records:
        assert hook["secret"] not in records.all(Webhook)[0].secret


def test_a_replayed_webhook_is_too_old() -> None:
    signature = signature_of("secret", 1000, b"{}")
    assert is_genuine("secret", signature, b"{}", now=1100.0)
    assert not is_genuine("secret", signature, b"{}", now=1400.0)
    assert not is_genuine("secret", "t=,v1=", b"{}", now=1000.0)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://169.254.169.254/latest", "http://8.8.8.8/",
        "https://10.0.0.1/", "https://user:pw@8.8.8.8/", "file:///etc/passwd", "https://0x7f000001/", "https://2130706433/",
        "https://[::ffff:127.0.0.1]/", "https:///x", "gopher://8.8.8.8/", "https://0.0.0.0/",
        "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[2001:0:1::80ff:fffe]/", "https://224.0.0.1/",
        "https://[ff0e::1]/", "https://[fec0::1]/", "https://[::7f00:1]/", "https://100.64.0.1/", "https://198.18.0.1/",
    ],
)  # fmt: skip
def test_only_public_addresses_are_called(url: str) -> None:
    with pytest.raises(Problem):
        check_address(url, allows_private=False)
    assert check_address("https://8.8.8.8/x", allows_private=False) == ("8.8.8.8", "8.8.8.8", 443)
    assert is_public("2606:4700::1111")
    assert is_public("64:ff9b::808:808")
