"""A real server, Chromium, and what a person does with a keyboard."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MOST_MS = 60_000
"""Longer than anything takes on a busy machine."""
_MOST_TRIES = 4
_PATIENCE_S = 15.0
_MOST_TABS = 120


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server with one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "facefusion", "serve", "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
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


@contextmanager
def opened(browser: Any, *, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A page of somebody's own, that has kept nothing. At the end: no script failed, and none was refused."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert faults == []


@cache
def axe() -> str:
    """The script of axe-core, from the package that carries it."""
    package = pytest.importorskip("axe_playwright_python.base")
    return str(package.AXE_FILE_PATH.read_text(encoding="utf-8"))


def check_accessible(page: Any, name: str) -> None:
    """No serious finding of axe."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe())
    found = page.evaluate("() => axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
    assert [one for one in found if one[0] in ("serious", "critical")] == [], name


def tab_to(page: Any, selector: str) -> None:
    """Go on with the Tab key until something of `selector` has the focus."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector}: the Tab key does not lead there")


def choose_file(page: Any, selector: str, file: Path) -> None:
    """By keyboard: to the field, Enter, and the file; once more where a page that was just drawn anew lost the key."""
    asked: list[Any] = []

    def opened(chooser: Any) -> None:
        asked.append(chooser)

    page.on("filechooser", opened)
    for _ in range(_MOST_TRIES):
        tab_to(page, selector)
        page.keyboard.press("Enter")
        end = time.monotonic() + _PATIENCE_S
        while not asked and time.monotonic() < end:
            page.wait_for_timeout(50)
        if asked:
            break
    page.remove_listener("filechooser", opened)
    assert asked, f"{selector}: Enter opens nothing"
    asked[0].set_files(str(file))


def drop_files(page: Any, selector: str, *files: Path) -> None:
    """Let files fall on something, as from a folder of the desktop."""
    said = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files]
    carried = page.evaluate_handle(
        """files => {
          const carried = new DataTransfer();
          for (const [name, text] of files) {
            const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
            carried.items.add(new File([bytes], name));
          }
          return carried;
        }""",
        said,
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(selector, event, {"dataTransfer": carried})


def until(holds: Callable[[], bool], why: str) -> None:
    """Wait for it. Raises AssertionError."""
    end = time.monotonic() + MOST_MS / 1000
    while not holds():
        assert time.monotonic() < end, why
        time.sleep(0.1)
