"""Make the pictures of docs/guide/web.md anew, in Chromium, against a server of this code and with the demo's media.

python tools/web_pictures.py        (needs Chromium and the extra dev)
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
from media import ACTRESS, ASTRONAUT, ROOT, fetch
from PIL import Image

IMAGES = ROOT / "docs" / "images"
SHOWN = range(240, 288)
"""Frames of the demo's clip: the end of a hand before the face, then speech."""
PORT = 5163
SIZE = {"width": 1280, "height": 900}
STROKE = [[0.62, 0.62], [0.68, 0.70], [0.76, 0.72], [0.82, 0.64]]
MOST_MS = 300_000


def cut(clip: Path, out: Path) -> Path:
    """SHOWN of the clip, as a clip of its own."""
    with av.open(str(clip)) as taken, av.open(str(out), "w") as made:
        rate = taken.streams.video[0].average_rate
        assert rate is not None
        stream: Any = made.add_stream("libx264", rate=rate, options={"crf": "14"})
        stream.pix_fmt, stream.time_base = "yuv420p", 1 / rate
        stream.width, stream.height = taken.streams.video[0].width, taken.streams.video[0].height
        for index, frame in enumerate(taken.decode(video=0)):
            if index in SHOWN:
                frame.pts, frame.time_base = index - SHOWN.start, 1 / rate
                made.mux(stream.encode(frame))
        made.mux(stream.encode())
    return out


@contextmanager
def served(folder: Path) -> Iterator[httpx.Client]:
    """A client of a new server."""
    command = [sys.executable, "-m", "facefusion", "serve", "--folder", str(folder), "--port", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as api:
            for _ in range(600):
                try:
                    api.get("/livez").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield api
    finally:
        process.terminate()
        process.wait(60)


def ended(api: httpx.Client, job: str) -> None:
    """Wait for a job. Raises RuntimeError when it fails."""
    while (state := api.get(f"/v1/jobs/{job}").json()["state"]) not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.5)
    if state != "succeeded":
        raise RuntimeError(f"{job}: {state}")


def picture(page: Any, name: str) -> None:
    """Keep what is on the screen as docs/images/NAME.jpg."""
    page.wait_for_timeout(800)
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").save(IMAGES / f"{name}.jpg", quality=84, optimize=True)
    print(IMAGES / f"{name}.jpg")


def create(page: Any, address: str, source: Path, target: Path) -> str:
    """Sources and target, a person with a source, a frame before and after; gives back the job's address."""
    page.goto(f"{address}/create")
    page.wait_for_selector("section:has(#sources) input", state="attached")
    page.set_input_files("section:has(#sources) input[type=file]", str(source))
    page.set_input_files("section:has(#target) input[type=file]", str(target))
    page.wait_for_selector("button.person")
    page.drag_and_drop("button.source", "button.person")
    page.fill("#frame", "40")
    page.click("button:has-text('Preview this frame')")
    page.wait_for_selector(".compare")
    page.evaluate("() => document.querySelector('main').scrollTo(0, 0)")
    page.set_viewport_size({"width": 1280, "height": 1240})
    picture(page, "web_create")
    page.set_viewport_size(SIZE)
    page.click("section:has(#run) button.primary")
    page.wait_for_url("**/jobs/job_*")
    page.wait_for_selector("a.primary:has-text('Review')")
    picture(page, "web_job")
    return str(page.url)


def review(page: Any, api: httpx.Client, job: str) -> None:
    """Two clips at one frame with a drawn note and the measures, then the masks over the result."""
    note = {"start": 24, "stop": 30, "text": "The edge of the cheek moves.", "drawing": [{"points": STROKE}]}
    api.post(f"/v1/jobs/{job}/notes", json=note).raise_for_status()
    ended(api, api.post(f"/v1/jobs/{job}/report").json()["id"])
    page.goto(f"http://127.0.0.1:{PORT}/review/{job}?frame=26")
    page.wait_for_selector("video.second")
    page.keyboard.press("3")
    picture(page, "web_review")
    page.keyboard.press("1")
    page.keyboard.press("Home")
    page.keyboard.press("m")
    page.wait_for_selector("video.overlay.mask")
    page.keyboard.press("f")
    page.click("[role=tab]:has-text('Again')")
    picture(page, "web_masks")


def main() -> int:
    """The command."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("error: Chromium is not installed; install the package chromium", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    source, clip = fetch(ASTRONAUT), fetch(ACTRESS)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "served") as api, sync_playwright() as driver:
        target = cut(clip, Path(folder) / "actress.mp4")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="en-GB")
        page.set_default_timeout(MOST_MS)
        address = create(page, str(api.base_url).rstrip("/"), source, target)
        review(page, api, address.rsplit("/", 1)[-1])
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
