"""The application in Chromium, against a real server with the real engine: from two files to an approved download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser import CHROMIUM, check_accessible, choose_file, drop_files, opened, served, tab_to, until
from portraits import astronaut, make_film, write_png

PAGES = ("create", "jobs", "review", "people", "permissions", "audit", "models", "users", "learn")
SOURCES = "section:has(#sources) input[type=file]"
TARGET = "section:has(#target) input[type=file]"
PASSWORD = "a long password"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """source.png and target.mp4"""
    folder = tmp_path_factory.mktemp("files")
    make_film(folder / "target.mp4", frames=6)
    return write_png(folder / "source.png", astronaut()), folder / "target.mp4"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with opened(browser) as found:
        yield found


@pytest.fixture(scope="module")
def result(server: str, files: tuple[Path, Path]) -> str:
    """A finished job; made by the API where no test before has made one."""
    with httpx.Client(base_url=server, timeout=60) as api:
        project = api.get("/v1/projects").json()["items"][0]["id"]
        source, target = (
            api.post("/v1/assets", params={"project_id": project, "name": file.name}, content=file.read_bytes())
            for file in files
        )
        body = {"project_id": project, "target": target.json()["id"], "sources": [source.json()["id"]], "name": "shot"}
        job = api.post("/v1/jobs", json=body).json()["id"]
        until(lambda: api.get(f"/v1/jobs/{job}").json()["state"] == "succeeded", "the job did not end")
    return str(job)


def test_from_two_files_to_an_approved_download_by_keyboard_alone(
    server: str, page: Any, files: tuple[Path, Path]
) -> None:
    page.goto(server)
    page.wait_for_selector(SOURCES, state="attached")
    choose_file(page, SOURCES, files[0])
    page.wait_for_selector("button.source")
    choose_file(page, TARGET, files[1])
    page.wait_for_selector("button.person")
    page.reload()  # in the middle: nothing is lost
    page.wait_for_selector("button.person")
    tab_to(page, "button.source")
    page.keyboard.press("Enter")  # pick it up, and put it on the person
    tab_to(page, "button.person")
    page.keyboard.press("Enter")
    page.wait_for_selector(".given")
    page.wait_for_selector("#run ~ p[role=status]")  # the estimate
    check_accessible(page, "create")
    tab_to(page, "section:has(#run) button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/job_*")
    page.reload()  # while it runs
    page.wait_for_selector("a.primary:has-text('Review')")
    check_accessible(page, "job")
    tab_to(page, "a.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("video.second")
    _check_frames(page)
    page.keyboard.press("n")
    page.wait_for_selector("#note-text:focus")
    page.keyboard.type("the edge moves")
    tab_to(page, "button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("li:has-text('the edge moves')")
    tab_to(page, "[role=tab]")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    tab_to(page, "button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("li .approved")
    tab_to(page, "a[download*=target]")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"


def _check_frames(page: Any) -> None:
    """Each step shows that very frame in both clips."""
    for frame in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        _wait_for_frame(page, frame)
    page.keyboard.press("Home")
    _wait_for_frame(page, 0)


def _wait_for_frame(page: Any, frame: int) -> None:
    page.wait_for_function(
        "n => [...document.querySelectorAll('video')].every(one => one.dataset.frame === String(n))", arg=frame
    )


def test_files_are_dropped_and_a_source_is_dragged_onto_a_person(
    server: str, page: Any, files: tuple[Path, Path]
) -> None:
    page.goto(server)
    page.wait_for_selector(SOURCES, state="attached")
    drop_files(page, "section:has(#sources) label.drop", files[0])
    drop_files(page, "section:has(#target) label.drop", files[1])
    page.wait_for_selector("button.person")
    page.drag_and_drop("button.source", "button.person")
    page.wait_for_selector("li:has(button.person) .given:has-text('source.png')")


def test_an_upload_outlives_a_slow_and_broken_line(server: str, page: Any, tmp_path: Path) -> None:
    import numpy as np

    noise = write_png(tmp_path / "noise.png", np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8))
    page.goto(server)
    page.wait_for_selector(SOURCES, state="attached")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"latency": 100, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
    line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    page.set_input_files(SOURCES, str(noise))
    page.wait_for_selector("section:has(#sources) progress")
    line.send("Network.emulateNetworkConditions", {"offline": True, **slow})
    page.wait_for_timeout(300)
    assert page.locator("button.source").count() == 0
    line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    page.wait_for_selector("button.source")
    assert page.locator(".fault").count() == 0


def test_a_review_has_overlays_a_painted_range_and_versions(server: str, page: Any, result: str) -> None:
    page.goto(f"{server}/review/{result}")
    page.wait_for_selector("video.second")
    page.keyboard.press("1")
    page.keyboard.press("m")
    page.wait_for_selector("video.overlay.mask")
    for tab in ("Quality", "Again", "Decide", "Notes"):
        page.click(f"[role=tab]:has-text('{tab}')")
        check_accessible(page, f"review, {tab}")
    page.keyboard.press("ArrowRight")
    _wait_for_frame(page, 1)  # the mask's frame too
    with page.expect_download() as download:
        page.click("a:has-text('OTIO')")
    assert "OTIO_SCHEMA" in Path(download.value.path()).read_text(encoding="utf-8")
    page.click("[role=tab]:has-text('Again')")
    page.click("button:has-text('Paint a mask')")
    box = page.locator("svg.brush").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=3)
    page.mouse.up()
    page.click("button:has-text('Hold the face')")
    page.click("button:has-text('Render the range again')")
    page.wait_for_url("**/jobs/job_*")
    page.wait_for_selector("a.primary:has-text('Review')")
    page.click("a.primary:has-text('Review')")
    page.wait_for_selector("video.second")
    page.select_option("label:has-text('against') select", result)
    page.wait_for_selector(".name:has-text('Version 1')")


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_and_is_accessible(server: str, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 760})
    for name in PAGES:
        page.goto(f"{server}/{name}")
        page.wait_for_selector("main h1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        check_accessible(page, name)


def test_the_whole_application_speaks_chinese(server: str, page: Any) -> None:
    page.goto(f"{server}/jobs")
    page.select_option("header select", "zh-CN")
    page.wait_for_selector("h1:has-text('任务')")
    page.reload()
    page.wait_for_selector("h1:has-text('任务')")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_first_screen_is_usable_soon(server: str, page: Any) -> None:
    """`benchmarks.first_screen` measures it on a quiet machine; this one may be busy."""
    page.goto(f"{server}/create")
    page.wait_for_selector(SOURCES, state="attached")
    assert page.evaluate("performance.now()") < 8000


# From here on the server has users, and nobody gets in who is none.


@pytest.fixture(scope="module")
def team(server: str, result: str) -> str:
    """anna, an artist and reviewer; ben, a reviewer; rita, who only asks. The server's address."""
    with httpx.Client(base_url=server, timeout=60) as api:
        project = api.get("/v1/projects").json()["items"][0]["id"]
        api.post("/v1/users", json={"name": "boss", "password": PASSWORD, "is_admin": True})
        signed = api.post("/v1/session", json={"name": "boss", "password": PASSWORD})
        api.headers["X-CSRF-Token"] = signed.json()["csrf"]
        for name, roles in {"anna": ["artist", "reviewer"], "ben": ["reviewer"], "rita": ["requester"]}.items():
            user = api.post("/v1/users", json={"name": name, "password": PASSWORD}).json()["id"]
            assert api.put(f"/v1/projects/{project}/members/{user}", json={"roles": roles}).status_code == 200
    return server


def _sign_in(page: Any, address: str, name: str) -> None:
    page.goto(address)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")


def test_two_reviewers_at_once_lose_nothing(team: str, browser: Any, result: str) -> None:
    with ExitStack() as pages:
        anna, ben = (pages.enter_context(opened(browser)) for _ in range(2))
        for page, name in ((anna, "anna"), (ben, "ben")):
            _sign_in(page, f"{team}/review/{result}", name)
            page.wait_for_selector("video.second")
        again = anna.context.new_page()  # anna's second window
        again.goto(f"{team}/review/{result}")
        anna.fill("#note-text", "edge")
        anna.keyboard.press("Tab")
        anna.click("button:has-text('Add')")
        ben.wait_for_selector("li:has-text('edge')")
        ben.wait_for_selector("[role=status]:has-text('anna')")
        assert ben.locator("button[aria-label='Change the note']").count() == 0, "words are their author's"
        for page, text in ((anna, "the left edge"), (again, "the right edge")):
            page.click("button[aria-label='Change the note']")
            page.fill("li textarea", text)
        ben.click("li:has-text('edge') input[type=checkbox]")  # no change of the words
        anna.wait_for_selector("li.done")
        anna.click("li button:has-text('Save')")
        again.wait_for_selector("[role=alert]:has-text('the left edge')")
        assert again.input_value("li textarea") == "the right edge"
        again.click("button:has-text('Keep writing mine')")
        again.click("li button:has-text('Save')")
        ben.wait_for_selector("li:has-text('the right edge')")
        ben.click("[role=tab]:has-text('Decide')")
        ben.click("button:has-text('Approve')")
        anna.wait_for_selector(".head .approved")


def test_who_may_not_do_a_thing_is_not_offered_it(team: str, page: Any, result: str) -> None:
    _sign_in(page, f"{team}/review/{result}", "rita")
    page.wait_for_selector("video.second")
    assert page.locator("nav a[href='/users'], nav a[href='/audit']").count() == 0
    page.click("[role=tab]:has-text('Decide')")
    assert page.locator("button:has-text('Approve')").count() == 0
    for name in PAGES:
        if name not in ("users", "audit"):
            page.goto(f"{team}/{name}")
            page.wait_for_selector("main h1")
            assert page.locator(".fault").count() == 0, name
    page.goto(f"{team}/audit")
    page.wait_for_selector(".fault:has-text('Your role does not allow this')")
