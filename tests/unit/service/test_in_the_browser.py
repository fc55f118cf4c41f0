"""The application in Chromium, against a real server with the real engine: from two files to an approved download."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portraits import astronaut, make_film, write_png

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).resolve().parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("create", "jobs", "review", "people", "permissions", "audit", "models", "users", "learn")
MOST_MS = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "facefusion",
        "serve",
        "--folder",
        str(folder),
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/livez", process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not begin")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, locale="en-GB")
    found = context.new_page()
    found.set_default_timeout(MOST_MS)
    faults: list[str] = []
    found.on("pageerror", lambda error: faults.append(str(error)))
    found.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield found
    context.close()
    assert faults == []


def test_from_two_files_to_an_approved_download(server: str, page: Any, tmp_path: Path) -> None:
    source, target = write_png(tmp_path / "source.png", astronaut()), tmp_path / "target.mp4"
    make_film(target, frames=6)
    page.goto(server)
    page.set_input_files("section:has(#sources) input[type=file]", str(source))
    page.set_input_files("section:has(#target) input[type=file]", str(target))
    page.wait_for_selector("button.person")
    page.reload()  # in the middle: nothing is lost
    page.wait_for_selector("button.person")
    page.focus("button.source")  # by keyboard: pick up, and put on the person
    page.keyboard.press("Enter")
    page.focus("button.person")
    page.keyboard.press("Enter")
    page.wait_for_selector(".given")
    page.wait_for_selector("#run ~ p[role=status]")  # the estimate
    page.focus("button.primary:has-text('Run')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/job_*")
    page.wait_for_selector("a.primary:has-text('Review')")
    _check_accessible(page, "job")
    page.click("a.primary:has-text('Review')")
    page.wait_for_selector("video.second")
    _check_frames(page)
    page.keyboard.press("n")
    page.wait_for_selector("#note-text:focus")
    page.keyboard.type("the edge moves")
    page.click("button:has-text('Add')")
    page.wait_for_selector("li:has-text('the edge moves')")
    _check_accessible(page, "review")
    page.click("[role=tab]:has-text('Decide')")
    page.click("button:has-text('Approve')")
    page.wait_for_selector("li .approved")
    with page.expect_download() as download:
        page.click("a:has-text('Download')")
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"
    page.click("[role=tab]:has-text('Notes')")
    with page.expect_download() as download:
        page.click("a:has-text('CSV')")
    assert "the edge moves" in Path(download.value.path()).read_text(encoding="utf-8")


def _check_frames(page: Any) -> None:
    """Each step shows that very frame in both clips."""
    for frame in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "n => [...document.querySelectorAll('video')].every(one => one.dataset.frame === String(n))", arg=frame
        )
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('video').dataset.frame === '0'")


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_and_is_accessible(server: str, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 760})
    for name in PAGES:
        page.goto(f"{server}/{name}")
        page.wait_for_selector("main h1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if width > 1000:
            _check_accessible(page, name)


def _check_accessible(page: Any, name: str) -> None:
    """No serious finding of axe, where the application's development tools are installed."""
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
        assert [one for one in found if one[0] in ("serious", "critical")] == [], name


def test_the_whole_application_speaks_chinese(server: str, page: Any) -> None:
    page.goto(f"{server}/jobs")
    page.select_option("header select", "zh-CN")
    page.wait_for_selector("h1:has-text('任务')")
    page.reload()
    page.wait_for_selector("h1:has-text('任务')")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_first_screen_is_usable_within_a_second(server: str, page: Any) -> None:
    page.goto(f"{server}/create")  # the server has read its files
    page.reload()
    page.wait_for_selector("section:has(#sources) input[type=file]", state="attached")
    seconds = page.evaluate("performance.now()") / 1000
    assert seconds < 8, f"{seconds:.1f} s; the bar is 1 s on a quiet machine"
