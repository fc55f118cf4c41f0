"""Every route × every role × own and other project, from the table of roles. A route without a line here fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from facefusion.jobs.tables import (
    Artifact,
    Asset,
    Consent,
    Exercise,
    HandIn,
    Job,
    Note,
    PermissionCase,
    Project,
    Upload,
    User,
    Webhook,
)
from facefusion.service.access import ACTIONS, ROLES, SERVER_ACTIONS
from service_world import World, picture

OPEN = {
    ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/v1/login-options"), ("POST", "/v1/session"),
    ("GET", "/v1/oidc/login"), ("GET", "/v1/oidc/callback"), ("OPTIONS", "/v1/uploads"), ("GET", "/v1/openapi.json"),
}  # fmt: skip
SELF = {
    ("GET", "/v1/session"), ("DELETE", "/v1/session"), ("GET", "/v1/keys"), ("POST", "/v1/keys"),
    ("DELETE", "/v1/keys/{key_id}"), ("GET", "/v1/projects"), ("GET", "/v1/plans/schema"), ("GET", "/v1/models"),
}  # fmt: skip
RULES: dict[tuple[str, str], str] = {
    ("GET", "/v1/users"): "user.manage", ("POST", "/v1/users"): "user.manage",
    ("PATCH", "/v1/users/{user_id}"): "user.manage", ("POST", "/v1/projects"): "user.manage",
    ("GET", "/metrics"): "worker.read",
    ("GET", "/v1/projects/{project_id}"): "project.read", ("PATCH", "/v1/projects/{project_id}"): "project.manage",
    ("GET", "/v1/projects/{project_id}/members"): "project.read",
    ("PUT", "/v1/projects/{project_id}/members/{user_id}"): "project.manage",
    ("GET", "/v1/assets"): "asset.read", ("POST", "/v1/assets"): "asset.write",
    ("GET", "/v1/assets/{asset_id}"): "asset.read", ("GET", "/v1/assets/{asset_id}/content"): "asset.read",
    ("DELETE", "/v1/assets/{asset_id}"): "asset.delete",
    ("POST", "/v1/uploads"): "asset.write", ("HEAD", "/v1/uploads/{upload_id}"): "asset.write",
    ("PATCH", "/v1/uploads/{upload_id}"): "asset.write", ("DELETE", "/v1/uploads/{upload_id}"): "asset.write",
    ("POST", "/v1/assets/{asset_id}/people"): "people.find", ("GET", "/v1/assets/{asset_id}/people"): "asset.read",
    ("POST", "/v1/assets/{asset_id}/proxy"): "asset.read", ("POST", "/v1/jobs/{job_id}/masks"): "job.read",
    ("POST", "/v1/jobs/{job_id}/proxy"): "job.read",
    ("POST", "/v1/jobs/{job_id}/report"): "job.read", ("GET", "/v1/jobs/{job_id}/quality"): "job.read",
    ("GET", "/v1/quality"): "job.read", ("GET", "/v1/quality/page"): "job.read",
    ("POST", "/v1/previews"): "job.create", ("POST", "/v1/plans/check"): "job.create",
    ("POST", "/v1/jobs"): "job.create", ("GET", "/v1/jobs"): "job.read", ("GET", "/v1/jobs/{job_id}"): "job.read",
    ("POST", "/v1/jobs/{job_id}/cancel"): "job.control", ("POST", "/v1/jobs/{job_id}/pause"): "job.control",
    ("POST", "/v1/jobs/{job_id}/resume"): "job.control", ("POST", "/v1/jobs/{job_id}/retry"): "job.control",
    ("PATCH", "/v1/jobs/{job_id}"): "job.control", ("DELETE", "/v1/jobs/{job_id}"): "job.delete",
    ("GET", "/v1/jobs/{job_id}/newest-frame"): "job.read", ("GET", "/v1/jobs/{job_id}/events"): "job.read",
    ("GET", "/v1/jobs/{job_id}/events/poll"): "job.read",
    ("GET", "/v1/artifacts"): "artifact.read", ("GET", "/v1/artifacts/{artifact_id}"): "artifact.read",
    ("GET", "/v1/artifacts/{artifact_id}/content"): "artifact.read",
    ("GET", "/v1/jobs/{job_id}/output"): "artifact.read",
    ("GET", "/v1/jobs/{job_id}/reviews"): "review.read", ("POST", "/v1/jobs/{job_id}/reviews"): "review.write",
    ("GET", "/v1/jobs/{job_id}/versions"): "job.read", ("POST", "/v1/jobs/{job_id}/ranges"): "job.create",
    ("GET", "/v1/jobs/{job_id}/notes"): "review.read", ("POST", "/v1/jobs/{job_id}/notes"): "note.write",
    ("GET", "/v1/jobs/{job_id}/notes.csv"): "review.read", ("GET", "/v1/jobs/{job_id}/notes.otio"): "review.read",
    ("PATCH", "/v1/notes/{note_id}"): "note.write", ("DELETE", "/v1/notes/{note_id}"): "note.write",
    ("GET", "/v1/consents"): "consent.read", ("POST", "/v1/consents"): "consent.write",
    ("GET", "/v1/consents/{consent_id}"): "consent.read", ("POST", "/v1/consents/{consent_id}/revoke"): "consent.write",
    ("GET", "/v1/permissions"): "permission.read", ("POST", "/v1/permissions"): "permission.ask",
    ("GET", "/v1/permissions/{permission_id}"): "permission.read",
    ("POST", "/v1/permissions/{permission_id}/approve"): "permission.decide",
    ("POST", "/v1/permissions/{permission_id}/decline"): "permission.decide",
    ("POST", "/v1/permissions/{permission_id}/revoke"): "permission.decide",
    ("GET", "/v1/exercises"): "exercise.read", ("POST", "/v1/exercises"): "exercise.manage",
    ("DELETE", "/v1/exercises/{exercise_id}"): "exercise.manage",
    ("PUT", "/v1/exercises/{exercise_id}/hand-in"): "exercise.hand_in",
    ("GET", "/v1/exercises/{exercise_id}/hand-ins"): "exercise.read",
    ("POST", "/v1/hand-ins/{hand_in_id}/remark"): "exercise.manage",
    ("GET", "/v1/audit"): "audit.read",
    ("GET", "/v1/webhooks"): "webhook.manage", ("POST", "/v1/webhooks"): "webhook.manage",
    ("DELETE", "/v1/webhooks/{webhook_id}"): "webhook.manage",
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): "webhook.manage",
}  # fmt: skip
STREAMS = {("GET", "/v1/events")}
"""Never ends; its rule is that of the poll, and it is asked for by name below."""
ID = "00000000000000000000000000aa"


class Scene:
    """A server with two projects, one user for each role, and somebody from the other project."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.own = world.project
        with world.state.database.writing() as records:
            self.other = records.add(Project(name="other", kind="teaching")).id
            records.locked(Project, self.own).kind = "teaching"  # type: ignore[union-attr]
        self.people = {role: world.user(role, [role], project=self.own) for role in ROLES}
        self.people["stranger"] = world.user("stranger", ROLES, project=self.other)
        self.people["nobody"] = TestClient(world.app, raise_server_exceptions=False)
        self.user = self._user()

    def _user(self) -> str:
        with self.world.state.database.writing() as records:
            return records.add(User(name="somebody", password="")).id

    def things(self, who: str) -> dict[str, str]:
        """Fresh rows of every kind in the own project; uploads and notes are `who`'s."""
        project = {"project_id": self.own}
        file = {"size": 3, "sha256": "ab" * 32, "media_type": "image/png", "name": "a.png", "key": "assets/none"}
        with self.world.state.database.writing() as records:
            for table in (Asset, Webhook, Exercise, Consent):
                records.remove_where(table, project_id=self.own)
            asset = records.add(Asset(**project, **file, kind="image", suffix=".png", created_by="x", facts={}))
            request = {"target": asset.id, "sources": [], "assign": {}, "edits": [], "options": {}}
            job = records.add(
                Job(**project, created_by="x", kind="render", state="succeeded", request=request, marked=0.0)
            )
            made = [
                asset, job, records.add(Artifact(**project, **file, job_id=job.id, kind="output")),
                records.add(Upload(**project, created_by=who, name="u", size=3, expires=9e9)),
                records.add(Note(**project, job_id=job.id, author=who, start=0, stop=1, text="t")),
                records.add(Consent(**project, created_by="x", record_id="r", subject="s", valid_until=9e9, record={})),
                records.add(PermissionCase(**project, asked_by="x", asset_ids=[asset.id], use="u")),
                records.add(Webhook(**project, url="https://example.org", secret="", kinds=["state"], is_active=False)),
                exercise := records.add(Exercise(**project, title="t", checks=[])),
                records.add(HandIn(**project, exercise_id=exercise.id, student="x", state="handed_in")),
            ]  # fmt: skip
        names = (
            "asset",
            "job",
            "artifact",
            "upload",
            "note",
            "consent",
            "permission",
            "webhook",
            "exercise",
            "hand_in",
        )
        ids = {f"{name}_id": row.id for name, row in zip(names, made, strict=True)}
        return {**ids, "project_id": self.own, "user_id": self.user}

    def asked(self, who: str, method: str, path: str) -> int:
        """The status of one request."""
        ids = self.things(who)
        more = BODIES.get((method, path), lambda ids: {})(ids)
        place = path.format(**ids, key_id=f"key_{ID}")
        return self.people[who].request(method, place, **more).status_code


def _project(ids: dict[str, str]) -> dict[str, Any]:
    return {"params": {"project_id": ids["project_id"]}}


def _job(ids: dict[str, str], **more: Any) -> dict[str, Any]:
    said = {"project_id": ids["project_id"], "target": ids["asset_id"], "options": {"processor": ["face_enhancer"]}}
    return {"json": {**said, **more}}


BODIES: dict[tuple[str, str], Any] = {
    **{
        (method, path): _project for method, path in RULES if method == "GET" and "{" not in path and path != "/metrics"
    },
    ("POST", "/v1/assets"): lambda ids: {"params": {"project_id": ids["project_id"], "name": "x.png"}, "content": b"x"},
    ("POST", "/v1/uploads"): lambda ids: {**_project(ids), "headers": {"upload-length": "3"}},
    ("PATCH", "/v1/uploads/{upload_id}"): lambda ids: {"headers": {"upload-offset": "0"}, "content": b"x"},
    ("GET", "/v1/quality"): lambda ids: {"params": {"job_id": ids["job_id"]}},
    ("GET", "/v1/quality/page"): lambda ids: {"params": {"job_id": ids["job_id"]}},
    ("POST", "/v1/jobs"): _job,
    ("POST", "/v1/plans/check"): _job,
    ("POST", "/v1/previews"): lambda ids: _job(ids, frames=[0]),
    ("PATCH", "/v1/jobs/{job_id}"): lambda ids: {"json": {"priority": 1}},
    ("POST", "/v1/jobs/{job_id}/reviews"): lambda ids: {"json": {"verdict": "rejected"}},
    ("POST", "/v1/jobs/{job_id}/ranges"): lambda ids: {"json": [{"start": 0, "stop": 1, "exclude": True}]},
    ("POST", "/v1/jobs/{job_id}/notes"): lambda ids: {"json": {"start": 0, "stop": 1, "text": "t"}},
    ("PATCH", "/v1/notes/{note_id}"): lambda ids: {"json": {"is_resolved": True}},
    ("POST", "/v1/consents"): lambda ids: {"json": {"project_id": ids["project_id"], "record": {}}},
    ("POST", "/v1/consents/{consent_id}/revoke"): lambda ids: {"json": {"revocation": {}}},
    ("POST", "/v1/permissions"): lambda ids: {
        "json": {"project_id": ids["project_id"], "asset_ids": [ids["asset_id"]], "use": "u"}
    },
    ("POST", "/v1/permissions/{permission_id}/approve"): lambda ids: {"json": {}},
    ("POST", "/v1/permissions/{permission_id}/decline"): lambda ids: {"json": {"reason": "r"}},
    ("POST", "/v1/permissions/{permission_id}/revoke"): lambda ids: {"json": {"reason": "r"}},
    ("PATCH", "/v1/projects/{project_id}"): lambda ids: {"json": {"name": "n"}},
    ("PUT", "/v1/projects/{project_id}/members/{user_id}"): lambda ids: {"json": {"roles": []}},
    ("POST", "/v1/projects"): lambda ids: {"json": {"name": "n"}},
    ("POST", "/v1/users"): lambda ids: {"json": {"name": "somebody"}},
    ("PATCH", "/v1/users/{user_id}"): lambda ids: {"json": {}},
    ("POST", "/v1/exercises"): lambda ids: {"json": {"project_id": ids["project_id"], "title": "t"}},
    ("PUT", "/v1/exercises/{exercise_id}/hand-in"): lambda ids: {"json": {}},
    ("POST", "/v1/hand-ins/{hand_in_id}/remark"): lambda ids: {"json": {"state": "accepted"}},
    ("POST", "/v1/webhooks"): lambda ids: {"json": {"project_id": ids["project_id"], "url": "https://127.0.0.1/x"}},
    ("POST", "/v1/keys"): lambda ids: {"json": {"name": "k"}},
    ("GET", "/v1/jobs/{job_id}/events/poll"): lambda ids: {"params": {"wait_seconds": 0}},
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = World(tmp_path_factory.mktemp("matrix"))
    made.sent(picture())
    yield Scene(made)
    made.close()


def routes_of(world: World) -> set[tuple[str, str]]:
    document = world.app.openapi()
    methods = ("get", "post", "put", "patch", "delete", "head", "options")
    return {(method.upper(), path) for path, said in document["paths"].items() for method in said if method in methods}


def test_every_route_has_a_rule(scene: Scene) -> None:
    known = OPEN | SELF | STREAMS | set(RULES)
    assert routes_of(scene.world) <= known
    assert known - routes_of(scene.world) <= {("GET", "/v1/openapi.json")}


@pytest.mark.parametrize(("method", "path"), sorted(RULES))
def test_roles_reach_as_far_as_the_table_says(scene: Scene, method: str, path: str) -> None:
    action = RULES[method, path]
    for role in ROLES:
        status = scene.asked(role, method, path)
        may = action not in SERVER_ACTIONS and role in ACTIONS[action]
        assert (status == 403) is not may, f"{method} {path} as {role}: {status}"
        assert status not in (401, 405)
        assert status < 500
    is_of_server = action in SERVER_ACTIONS
    assert scene.asked("stranger", method, path) == (403 if is_of_server else 404)
    assert scene.asked("nobody", method, path) == 401


@pytest.mark.parametrize(("method", "path"), sorted(SELF))
def test_what_is_ones_own_needs_somebody(scene: Scene, method: str, path: str) -> None:
    assert scene.asked("nobody", method, path) == 401
    assert scene.asked("requester", method, path) in (200, 201, 204, 404)


def test_a_stranger_and_nobody_hear_no_events(scene: Scene) -> None:
    where = {"project_id": scene.own}
    assert scene.people["stranger"].get("/v1/events", params=where).status_code == 404
    assert scene.people["nobody"].get("/v1/events", params=where).status_code == 401


def test_lists_show_nothing_of_other_projects(scene: Scene) -> None:
    assert [one["id"] for one in scene.people["stranger"].get("/v1/projects").json()["items"]] == [scene.other]
    assert [one["id"] for one in scene.people["reviewer"].get("/v1/projects").json()["items"]] == [scene.own]
