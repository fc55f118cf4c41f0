"""How long the first screen of the web application takes on loopback, and how heavy it is.

python -m benchmarks.first_screen

A browser that has seen nothing opens the address of a server that has just begun, then one that is warm; measured is
the time from the navigation until the field for sources can be used. Needs Chromium and Playwright.
"""

from __future__ import annotations

import gzip
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.media import parser
from benchmarks.record import ROOT, Bar, Result, finish

RUNS = 5
BARS = (
    Bar("script_gzipped_kb", "at most", 250),
    Bar("usable_cold_seconds", "at most", 1.0),
    Bar("usable_seconds", "at most", 1.0),
)
STATIC = ROOT / "src" / "facefusion" / "service" / "static"
_FIELD = "section:has(#sources) input[type=file]"
_WATCH = f"""new MutationObserver((_, watch) => {{
  if (!document.querySelector("{_FIELD}")) return;
  window.usable = performance.now();
  watch.disconnect();
}}).observe(document, {{childList: true, subtree: true}})"""


def first_screen_scripts(static: Path = STATIC) -> list[Path]:
    """What the page loads before anything is chosen: its entry and all that it imports at once."""
    page = (static / "index.html").read_text(encoding="utf-8")
    waiting = [static / name for name in re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page)]
    found: list[Path] = []
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.append(path)
            imports = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', path.read_text(encoding="utf-8"))
            waiting += [path.parent / name for name in imports]
    return found


def packed_kb(scripts: Sequence[Path]) -> float:
    """Kilobytes (1000) of all scripts, each gzipped as the server sends it."""
    return sum(len(gzip.compress(script.read_bytes())) for script in scripts) / 1000


@contextmanager
def served(port: int) -> Iterator[str]:
    """The address of a new server of this code on an empty folder."""
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "facefusion", "serve", "--folder", folder, "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        try:
            _wait(f"{address}/livez")
            yield address
        finally:
            process.terminate()
            process.wait(60)


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(address, timeout=2).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            time.sleep(2)  # its workers have begun too
            return
    raise RuntimeError(f"{address} does not answer")


def seconds_until_usable(driver: Any, address: str, chromium: str) -> float:
    """From the navigation to the field, in a browser of its own that has kept nothing."""
    browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(_WATCH)
    page.goto(address)
    page.wait_for_selector(_FIELD, state="attached")
    seconds = page.evaluate("() => window.usable") / 1000
    browser.close()
    return float(seconds)


def summary(scripts_kb: float, cold: Sequence[float], warm: Sequence[float]) -> Result:
    """Medians: cold, the first page that a server sends; warm, later ones. The browser is new each time."""
    figures = {
        "script_gzipped_kb": scripts_kb,
        "usable_cold_seconds": statistics.median(cold),
        "usable_seconds": statistics.median(warm),
    }
    return Result("first_screen", figures, BARS, {"cold_seconds": list(cold), "seconds": list(warm)})


def main() -> int:
    """The command."""
    options = parser(__doc__ or "").parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("benchmarks.first_screen: needs Chromium; install the package chromium", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    cold, warm = [], []
    with sync_playwright() as driver:
        for run in range(RUNS):
            with served(5140 + run) as address:
                cold.append(seconds_until_usable(driver, address, chromium))
                warm.append(seconds_until_usable(driver, address, chromium))
    return finish(summary(packed_kb(first_screen_scripts()), cold, warm), date=options.date, folder=options.results)


if __name__ == "__main__":
    sys.exit(main())
