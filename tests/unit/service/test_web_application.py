"""The built web application: fits its sources, is small, needs no inline script, and is served for every page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import web
from benchmarks.first_screen import first_screen_scripts, packed_kb

from service_world import World

MESSAGES = web.WEB / "src" / "messages"
LANGUAGES = ("en", "zh-CN")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("web"))


def test_the_committed_build_fits_its_sources() -> None:
    assert json.loads(web.NOTE.read_text(encoding="utf-8")) == web.state(), "run: make web"


def test_a_changed_source_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_bytes(b"let a = 1;\n")
    before = web.digest([file], tmp_path)
    file.write_bytes(b"let a = 1;\r\n")
    assert web.digest([file], tmp_path) == before
    file.write_bytes(b"let a = 2;\n")
    assert web.digest([file], tmp_path) != before


def test_the_first_screen_is_small() -> None:
    scripts = first_screen_scripts()
    assert scripts
    assert packed_kb(scripts) <= 250


def test_the_page_has_no_inline_script() -> None:
    page = (web.STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


def messages(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((MESSAGES / f"{language}.json").read_text(encoding="utf-8"))
    return found


def test_both_languages_say_the_same_things() -> None:
    english, chinese = map(messages, LANGUAGES)
    assert english.keys() == chinese.keys()
    for key in english:
        assert set(re.findall(r"\{\w+\}", english[key])) == set(re.findall(r"\{\w+\}", chinese[key])), key
        assert chinese[key].strip(), key


def test_every_message_that_is_named_exists() -> None:
    known = messages("en")
    texts = [
        path.read_text(encoding="utf-8") for path in (web.WEB / "src").rglob("*") if path.suffix in (".ts", ".svelte")
    ]
    named = {key for text in texts for key in re.findall(r'\bt\(\s*"([^"]+)"', text)}
    assert len(named) > 100
    assert {key for key in named if key not in known and f"{key}.other" not in known} == set()


@pytest.mark.parametrize("path", ["/", "/jobs", "/review/job_01a1fec8c496c4e89f75b6f97577", "/../../etc/passwd"])
def test_every_page_is_the_application(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert '<div id="app">' in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/nothing", "/assets/none.js", "/assets/../build.json", "/v1"])
def test_what_is_no_page_is_not_found(world: World, path: str) -> None:
    answer = world.client.get(path.replace("..", "%2e%2e"))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:facefusion:not-found"


def test_scripts_are_packed_and_kept(world: World) -> None:
    name = first_screen_scripts()[0].name
    answer = world.client.get(f"/assets/{name}")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.content == (web.STATIC / "assets" / name).read_bytes()
    plain = world.client.get(f"/assets/{name}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


def test_the_proxy_of_a_target_is_not_that_of_a_result(world: World) -> None:
    job = world.asked()
    world.work()
    of_result = world.client.post(f"/v1/jobs/{job['id']}/proxy").json()
    of_target = world.client.post(f"/v1/assets/{job['request']['target']}/proxy").json()
    assert of_result["request"]["output"]
    assert of_target["id"] != of_result["id"]
    assert world.client.post(f"/v1/assets/{job['request']['target']}/proxy").json()["id"] == of_target["id"]


def test_events_may_begin_with_the_newest(world: World) -> None:
    answer = world.client.get("/v1/events", params={"project_id": world.project, "after": "oldest"})
    assert answer.status_code == 422


def test_whoever_looks_on_is_told_of_every_change_of_a_note(world: World) -> None:
    job = world.asked(name="told")["id"]
    world.work()
    note = world.client.post(f"/v1/jobs/{job}/notes", json={"start": 0, "stop": 1, "text": "edge"}).json()
    changed = world.client.patch(f"/v1/notes/{note['id']}", json={"text": "the edge"}).json()
    stale = {"if-match": f'"{note["id"]}.{note["version"]}"'}
    late = world.client.patch(f"/v1/notes/{note['id']}", json={"text": "mine"}, headers=stale)
    assert (late.status_code, late.json()["type"]) == (412, "urn:facefusion:changed")
    assert world.client.delete(f"/v1/notes/{note['id']}", headers=stale).status_code == 412
    fresh = {"if-match": f'"{note["id"]}.{changed["version"]}"'}
    assert world.client.delete(f"/v1/notes/{note['id']}", headers=fresh).status_code == 204
    told = world.client.get(f"/v1/jobs/{job}/events/poll").json()["items"]
    assert [one["data"]["is_gone"] for one in told if one["kind"] == "note"] == [False, False, True]


def test_masks_are_asked_for_with_all_that_the_job_was_asked_for(world: World) -> None:
    job = world.asked(options={"mask-blur": 0.4})
    world.work()
    asked = world.client.post(f"/v1/jobs/{job['id']}/masks").json()
    assert asked["kind"] == "masks"
    assert asked["request"]["options"] == {"mask-blur": 0.4}
    assert asked["request"]["sources"] == job["request"]["sources"]
    assert world.client.post(f"/v1/jobs/{job['id']}/masks").json()["id"] == asked["id"]
