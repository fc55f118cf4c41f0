"""The service with the real engine: steered on the way, the output is that of one run on one machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from clips import packets_of
from facefusion.core import Progress
from facefusion.jobs.execution import EngineExecutor
from facefusion.jobs.tables import Job
from facefusion.jobs.workplace import Workplace
from facefusion.media import open_media
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from portraits import make_film, somebody_else, write_png
from service_world import World

FRAMES = 12
"""At two frames a second: segments of two frames."""


class Shop:
    """A server with the real engine, one clip and one photo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder / "server")
        self.world.worker.executor = self.engine = EngineExecutor(Workplace(folder / "work", self.world.state.storage))
        self.clip = make_film(folder / "clip.mp4", frames=FRAMES, fps=Fraction(2)).path
        self.photo = write_png(folder / "anna.png", somebody_else())
        self.target = self.world.sent(self.clip.read_bytes(), "clip.mp4")
        self.source = self.world.sent(self.photo.read_bytes(), "anna.png")

    def ask(self, **more: Any) -> str:
        body = {"project_id": self.world.project, "target": self.target, "sources": [self.source], **more}
        answer = self.world.client.post("/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def post(self, path: str, **more: Any) -> dict[str, Any]:
        answer = self.world.client.post(f"/v1/jobs/{path}", **more)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json())

    def output(self, job: str) -> Path:
        place = self.folder / f"{job}.mp4"
        place.write_bytes(self.world.client.get(f"/v1/jobs/{job}/output").content)
        return place

    def alone(self, job: str) -> Path:
        """What one run on one machine makes of the same request at the same time."""
        with self.world.state.database.reading() as records:
            marked = records.get(Job, job).marked  # type: ignore[union-attr]
        folder = self.folder / f"alone-{job}"
        folder.mkdir()
        said = {"source": [str(self.photo)], "target": str(self.clip), "output": str(folder / "out.mp4"), "workers": 2}
        run(Plan.from_mapping({**said, "policy": "personal"}), created=datetime.fromtimestamp(int(marked), UTC))
        return folder / "out.mp4"

    def work_with(self, at: tuple[str, int], what: Callable[[], Any]) -> None:
        """Do everything, and steer once while the task `at` (kind, place) is begun."""
        original, done = self.engine.execute, []

        def steered(bundle: Any, progress: Progress, show: Any) -> Any:
            if (bundle.kind, bundle.place) == at and not done:
                done.append(what())
                _until_cancelled(progress)
            return original(bundle, progress, show)

        self.engine.execute = steered  # type: ignore[method-assign]
        try:
            self.world.work()
        finally:
            self.engine.execute = original  # type: ignore[method-assign]
        assert done


def _until_cancelled(progress: Progress) -> None:
    until = time.monotonic() + 20
    while not progress.is_cancelled:
        assert time.monotonic() < until
        time.sleep(0.05)


def pictures(path: Path) -> list[np.ndarray]:
    with open_media(path) as reader:
        return [frame.pixels.astype(np.int16) for frame in reader.frames()]


def states(found: dict[str, Any]) -> list[tuple[str, int, bool]]:
    return [(one["state"], one["attempts"], one["kept"]) for one in found["segments"] if one["kind"] == "segment"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.world.close()


@pytest.fixture(scope="module")
def first(shop: Shop) -> str:
    """A job that was paused at its second segment, cancelled at its third, and has ended well."""
    job = shop.ask(options={})
    shop.work_with(("segment", 1), lambda: shop.post(f"{job}/pause"))
    paused = shop.world.job(job)
    assert (paused["state"], paused["is_paused"]) == ("rendering", True)
    assert [one[0] for one in states(paused)][:2] == ["done", "ready"]
    shop.post(f"{job}/resume")
    shop.work_with(("segment", 2), lambda: shop.post(f"{job}/cancel"))
    cancelled = shop.world.job(job)
    assert (cancelled["state"], [one[0] for one in states(cancelled)][:3]) == (
        "cancelled",
        ["done", "done", "cancelled"],
    )
    shop.post(f"{job}/retry")
    shop.world.work()
    return job


def test_a_job_that_was_steered_is_that_of_a_single_run(shop: Shop, first: str) -> None:
    found = shop.world.job(first)
    assert (found["state"], found["error"]) == ("succeeded", None)
    assert {one[:2] for one in states(found)} == {("done", 1)}, "nothing that was finished is made again"
    assert all(one["seconds"] > 0 and one["started"] <= one["ended"] for one in found["segments"])
    ours, theirs = shop.output(first), shop.alone(first)
    assert packets_of(ours, "video") == packets_of(theirs, "video")
    assert len(packets_of(ours, "video")[0]) == FRAMES


def test_a_range_takes_a_painted_mask_and_keeps_all_else(shop: Shop, first: str) -> None:
    black = np.zeros((240, 320), np.uint8)
    mask = shop.world.sent(cv2.imencode(".png", black)[1].tobytes(), "mask.png")
    second = shop.post(f"{first}/ranges", json=[{"start": 4, "stop": 5, "mask_image": mask}])["id"]
    shop.world.work()
    found = shop.world.job(second)
    assert found["state"] == "succeeded", found["error"]
    assert 1 <= [one[2] for one in states(found)].count(False) <= 3, "only what looks at the range is made again"
    before, after, plain = (pictures(path) for path in (shop.output(first), shop.output(second), shop.clip))
    apart = [float(np.abs(new - old).mean()) for new, old in zip(after, before, strict=True)]
    made = [index for one in found["segments"] if not one["kept"] for index in range(one["start"], one["stop"])]
    assert {index for index, value in enumerate(apart) if value} <= set(made)
    assert max(apart) == apart[4]
    face = np.s_[60:180, 100:220]
    untouched = np.abs(after[4] - plain[4])[face].mean()
    changed = np.abs(before[4] - plain[4])[face].mean()
    assert untouched < 0.8 * changed, "a black mask leaves the face as it was, but for coding and watermark"


def test_a_range_takes_a_reference_frame(shop: Shop, first: str) -> None:
    second = shop.post(f"{first}/ranges", json=[{"start": 6, "stop": 7, "reference_frame": 2}])["id"]
    shop.world.work()
    found = shop.world.job(second)
    assert found["state"] == "succeeded", found["error"]
    assert found["request"]["edits"][0]["kind"] == "reference"
    before, after = pictures(shop.output(first)), pictures(shop.output(second))
    apart = [float(np.abs(new - old).mean()) for new, old in zip(after, before, strict=True)]
    assert apart[6] > 0
