"""Signing in, keys, other sites, wrong passwords, single sign-on; and permissions from question to revocation."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from facefusion.errors import UsageError
from facefusion.jobs.tables import ApiKey, AuditEntry, LoginSession, PermissionCase, User
from facefusion.service.first_user import added
from facefusion.service.routes.permissions import TRANSITIONS, expired
from facefusion.service.settings import OidcSettings, ServiceSettings, check_reachable
from service_world import World, picture


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def signed_in(world: World) -> tuple[TestClient, str]:
    """A browser of the first user, and its CSRF token."""
    assert world.client.post("/v1/users", json={"name": "anna", "password": "correct horse"}).status_code == 201
    browser = TestClient(world.app, raise_server_exceptions=False)
    answer = browser.post("/v1/session", json={"name": "anna", "password": "correct horse"})
    assert answer.status_code == 201
    return browser, answer.json()["csrf"]


def test_with_the_first_user_everybody_has_to_sign_in(world: World) -> None:
    assert world.client.get("/v1/session").json()["via"] == "local"
    browser, _ = signed_in(world)
    assert world.client.get("/v1/projects").status_code == 401
    said = browser.get("/v1/session").json()
    assert (said["name"], said["is_admin"], said["via"]) == ("anna", True, "session")


def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    signed_in(world)
    answer = world.client.post("/v1/session", json={"name": "anna", "password": "correct horse"})
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    with world.state.database.reading() as records:
        kept = {row.id for row in records.all(LoginSession)}
    assert answer.cookies["facefusion_session"] not in kept


def test_a_stolen_cookie_changes_nothing_from_another_page(world: World) -> None:
    browser, csrf = signed_in(world)
    said = {"name": "x"}
    assert browser.post("/v1/projects", json=said).json()["type"] == "urn:facefusion:csrf"
    other = {"x-csrf-token": csrf, "origin": "https://evil.example"}
    assert browser.post("/v1/projects", json=said, headers=other).json()["type"] == "urn:facefusion:csrf"
    assert browser.post("/v1/projects", json=said, headers={"x-csrf-token": csrf}).status_code == 201


def test_a_server_of_one_person_answers_no_other_site(world: World) -> None:
    assert world.client.get("/v1/projects", headers={"host": "evil.example"}).status_code == 403
    body = {"json": {"name": "x"}, "headers": {"origin": "https://evil.example"}}
    assert world.client.post("/v1/projects", **body).status_code == 403  # type: ignore[arg-type]


def test_wrong_passwords_lock_and_are_written_down(world: World) -> None:
    browser, _ = signed_in(world)
    wrong = [browser.post("/v1/session", json={"name": "anna", "password": "guess"}).status_code for _ in range(5)]
    right = browser.post("/v1/session", json={"name": "anna", "password": "correct horse"})
    assert wrong == [401] * 5
    assert (right.status_code, right.json()["type"]) == (429, "urn:facefusion:locked-out")
    with world.state.database.reading() as records:
        assert records.count(AuditEntry, action="session.create", outcome="refused") == 4
        assert records.count(AuditEntry, action="session.create", outcome="locked") == 1


def test_a_lock_does_not_tell_which_names_there_are(world: World) -> None:
    signed_in(world)
    wrong = {"name": "nobody of this name", "password": "guess"}
    assert [world.client.post("/v1/session", json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]


def test_names_in_the_log_stay_on_one_line(world: World) -> None:
    world.client.post("/v1/session", json={"name": "eve\nroot signed in\x1b[2J", "password": "x"})
    with world.state.database.reading() as records:
        (row,) = records.all(AuditEntry, outcome="refused")
    assert row.who == "eve root signed in [2J"


def test_keys_are_shown_once_and_end(world: World) -> None:
    browser, csrf = signed_in(world)
    made = browser.post("/v1/keys", json={"name": "render node"}, headers={"x-csrf-token": csrf}).json()
    with_key = TestClient(world.app, headers={"authorization": f"Bearer {made['key']}"})
    assert with_key.get("/v1/session").json()["via"] == "key"
    assert "key" not in browser.get("/v1/keys").json()[0]
    with world.state.database.reading() as records:
        (row,) = records.all(ApiKey)
    assert row.digest.startswith("$argon2id$")
    browser.delete(f"/v1/keys/{made['id']}", headers={"x-csrf-token": csrf})
    assert with_key.get("/v1/session").status_code == 401


@pytest.mark.parametrize("key", ["", "ff_", "ff_key_x_y", "Bearer", "ff_key_00000000000000000000000000aa_secret"])
def test_what_is_no_key_lets_nobody_in(world: World, key: str) -> None:
    assert world.client.get("/v1/projects", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_an_expired_key_lets_nobody_in(world: World) -> None:
    client = world.user("old", is_admin=True)
    assert client.get("/v1/projects").status_code == 200
    with world.state.database.writing() as records:
        records.all(ApiKey)[0].expires = time.time() - 1
    assert client.get("/v1/projects").status_code == 401


def test_an_inactive_user_is_signed_out(world: World) -> None:
    admin = world.user("boss", is_admin=True)
    client = world.user("anna", ["artist"], project=admin.get("/v1/projects").json()["items"][0]["id"])
    with world.state.database.reading() as records:
        user = records.first(User, name="anna")
    assert user is not None
    assert admin.patch(f"/v1/users/{user.id}", json={"is_active": False}).status_code == 200
    assert client.get("/v1/projects").status_code == 401


def test_others_reach_no_server_that_asks_nobody(tmp_path: Path) -> None:
    settings = ServiceSettings(folder=tmp_path, host="0.0.0.0")
    with pytest.raises(UsageError, match="add-user"):
        check_reachable(settings, has_users=False)
    check_reachable(settings, has_users=True)
    check_reachable(ServiceSettings(folder=tmp_path, host="::1"), has_users=False)


def test_the_first_user_by_the_command_line_can_come_in(tmp_path: Path) -> None:
    said = added(ServiceSettings(folder=tmp_path), "anna", is_admin=False)
    made = World(tmp_path)
    client = TestClient(made.app, headers={"authorization": f"Bearer {said['key']}"})
    assert client.get("/v1/session").json()["is_admin"] is True
    made.close()


class Provider(BaseHTTPRequestHandler):
    """A sign-on provider on this machine."""

    key = ec.generate_private_key(ec.SECP256R1())
    nonce = ""
    issuer = ""
    form: dict[str, Any] = {}  # noqa: RUF012

    def do_GET(self) -> None:
        if self.path.endswith("openid-configuration"):
            base = self.issuer
            said = {"issuer": base, "authorization_endpoint": f"{base}/go", "token_endpoint": f"{base}/token"}
            self._say({**said, "jwks_uri": f"{base}/keys"})
        else:
            jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
            self._say({"keys": [{**jwk, "kid": "1", "alg": "ES256", "use": "sig"}]})

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        type(self).form = parse_qs(self.rfile.read(length).decode())
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "42",
            "aud": "facefusion",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
        }
        claims |= {"preferred_username": "anna", "groups": ["film"]}
        self._say({"id_token": jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": "1"})})

    def _say(self, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def provider() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Provider)
    Provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Provider.issuer
    server.shutdown()
    server.server_close()


def test_single_sign_on_lets_in_who_comes_back_as_sent(tmp_path: Path, provider: str) -> None:
    made = World(tmp_path, oidc=OidcSettings(provider, "facefusion", admin_group="film"))
    begun = made.client.get("/v1/oidc/login", follow_redirects=False)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    Provider.nonce = asked["nonce"][0]
    back = {"code": "c", "state": asked["state"][0]}
    forged = made.client.get("/v1/oidc/callback", params={**back, "state": "other"}, follow_redirects=False)
    assert forged.status_code == 401
    done = made.client.get("/v1/oidc/callback", params=back, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert Provider.form["code_verifier"]
    said = made.client.get("/v1/session").json()
    assert (said["name"], said["is_admin"]) == ("anna", True)
    made.close()


def test_an_answer_to_another_sign_on_lets_nobody_in(tmp_path: Path, provider: str) -> None:
    made = World(tmp_path, oidc=OidcSettings(provider, "facefusion"))
    begun = made.client.get("/v1/oidc/login", follow_redirects=False)
    Provider.nonce = "replayed"
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    answer = made.client.get("/v1/oidc/callback", params={"code": "c", "state": state}, follow_redirects=False)
    assert answer.status_code == 401
    made.close()


def asked_case(project: str, client: TestClient, source: str, **more: Any) -> str:
    said = {"project_id": project, "asset_ids": [source], "use": "a film", **more}
    answer = client.post("/v1/permissions", json=said)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_permission_from_question_to_revocation(world: World) -> None:
    project = world.project
    target, source = world.sent(picture(1)), world.sent(picture(2))
    world.client.patch(f"/v1/projects/{project}", json={"needs_permission": True})
    requester = world.user("rita", ["requester", "rights_manager"], project=project)
    rights = world.user("max", ["rights_manager"], project=project)
    body = {"project_id": project, "target": target, "sources": [source]}
    assert requester.post("/v1/jobs", json=body).json()["type"] == "urn:facefusion:refused-by-policy"
    case = asked_case(project, requester, source)
    assert requester.post("/v1/jobs", json={**body, "permission_id": case}).status_code == 403
    assert requester.post(f"/v1/permissions/{case}/approve", json={}).status_code == 403
    assert rights.post(f"/v1/permissions/{case}/approve", json={}).json()["state"] == "approved"
    assert rights.post(f"/v1/permissions/{case}/decline", json={"reason": "no"}).status_code == 409
    body["permission_id"] = case
    assert requester.post("/v1/jobs", json={**body, "without_label": True}).status_code == 403
    done = requester.post("/v1/jobs", json=body).json()["id"]
    world.work()
    requester.post(f"/v1/jobs/{done}/report")
    requester.post(f"/v1/jobs/{done}/proxy")
    requester.post(f"/v1/assets/{source}/people")
    world.work()
    shown = [one["id"] for one in requester.get("/v1/artifacts", params={"project_id": project}).json()["items"]]
    assert len(shown) == 5
    cancelled = requester.post("/v1/jobs", json=body).json()["id"]
    requester.post(f"/v1/jobs/{cancelled}/cancel")
    waiting = requester.post("/v1/jobs", json=body).json()["id"]
    assert requester.get(f"/v1/jobs/{done}/output").status_code == 200
    assert rights.post(f"/v1/permissions/{case}/revoke", json={"reason": "withdrawn"}).json()["state"] == "revoked"
    assert requester.get(f"/v1/jobs/{waiting}").json()["error"]["type"] == "permission-ended"
    assert requester.get(f"/v1/jobs/{done}/output").status_code == 423
    assert requester.get(f"/v1/assets/{source}/content").status_code == 423
    assert requester.post("/v1/jobs", json=body).status_code == 423
    for artifact in shown:  # the output, its report and its proxy, and the portraits of the source
        assert requester.get(f"/v1/artifacts/{artifact}/content").status_code == 423
    for path in (f"jobs/{done}/newest-frame", f"jobs/{waiting}/newest-frame", f"assets/{source}/people"):
        assert requester.get(f"/v1/{path}").status_code == 423, path
    assert requester.get(f"/v1/jobs/{done}/quality").status_code == 423
    assert requester.get("/v1/quality/page", params={"job_id": done}).status_code == 423
    for job in (cancelled, waiting):
        assert requester.post(f"/v1/jobs/{job}/retry").status_code in (403, 423)
    for kind in ("report", "proxy"):
        assert requester.post(f"/v1/jobs/{done}/{kind}").status_code == 423


def test_a_worker_does_nothing_under_a_permission_that_has_ended(world: World) -> None:
    target, source = world.sent(picture(1)), world.sent(picture(2))
    case = asked_case(world.project, world.client, source)
    world.client.post(f"/v1/permissions/{case}/approve", json={})
    body = {"project_id": world.project, "target": target, "sources": [source], "permission_id": case}
    job = world.client.post("/v1/jobs", json=body).json()["id"]
    with world.state.database.writing() as records:
        records.locked(PermissionCase, case).expires = time.time() - 1  # type: ignore[union-attr]
    world.work()
    assert world.job(job)["error"]["type"] == "refused-by-policy"
    assert world.executor.done == []


def test_leaving_the_label_out_needs_a_record(world: World) -> None:
    project = world.project
    source = world.sent(picture(2))
    case = asked_case(project, world.client, source, without_label=True)
    answer = world.client.post(f"/v1/permissions/{case}/approve", json={})
    assert (answer.status_code, "consent record" in answer.json()["detail"]) == (409, True)


def test_a_permission_ends_with_its_time(world: World) -> None:
    project = world.project
    target, source = world.sent(picture(1)), world.sent(picture(2))
    case = asked_case(project, world.client, source)
    world.client.post(f"/v1/permissions/{case}/approve", json={})
    with world.state.database.writing() as records:
        records.locked(PermissionCase, case).expires = time.time() - 1  # type: ignore[union-attr]
    body = {"project_id": project, "target": target, "sources": [source], "permission_id": case}
    assert world.client.post("/v1/jobs", json=body).status_code == 403
    assert expired(world.state) == 1
    assert world.client.get(f"/v1/permissions/{case}").json()["state"] == "expired"


def test_no_state_of_a_permission_leads_back() -> None:
    order = ("asked", "approved", "declined", "expired", "revoked")
    assert set(TRANSITIONS) == set(order)
    assert all(order.index(after) > order.index(before) for before, many in TRANSITIONS.items() for after in many)


def test_a_class_keeps_to_what_its_teacher_allows(world: World) -> None:
    project = world.client.post("/v1/projects", json={"name": "class", "kind": "teaching"}).json()
    assert project["policy"] == "teaching"
    where = {"project_id": project["id"], "name": "a.png"}
    target, source = (world.client.post("/v1/assets", params=where, content=picture(n)).json()["id"] for n in (1, 2))
    teaching = {"processors": ["face_enhancer"], "asset_ids": [target]}
    world.client.patch(f"/v1/projects/{project['id']}", json={"teaching": teaching})
    body = {"project_id": project["id"], "target": target, "sources": [source]}
    assert "does not use face_swapper" in world.client.post("/v1/jobs", json=body).json()["detail"]
    allowed = {"project_id": project["id"], "target": target, "options": {"processor": ["face_enhancer"]}}
    assert world.client.post("/v1/jobs", json=allowed).status_code == 202
    exercise = {"project_id": project["id"], "title": "Find the artefact", "checks": ["label", "edges"]}
    made = world.client.post("/v1/exercises", json=exercise).json()["id"]
    early = world.client.put(f"/v1/exercises/{made}/hand-in", json={"ticked": [0], "is_final": True})
    assert (early.status_code, early.json()["detail"]) == (409, "not ticked yet: edges")
    done = world.client.put(f"/v1/exercises/{made}/hand-in", json={"ticked": [0, 1], "is_final": True}).json()
    assert (
        world.client.post(f"/v1/hand-ins/{done['id']}/remark", json={"state": "accepted"}).json()["state"] == "accepted"
    )
