"""A range of a clip, rendered alone by the clip's analysis: bit for bit those frames of the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look
from facefusion.core import Analysis
from facefusion.media import open_media
from facefusion.pipeline.analyse import analyse
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from portraits import HEIGHT, WIDTH, astronaut, make_film, nobody, scene, write_png

pytestmark = pytest.mark.usefixtures("one_number")

FRAMES, CUT = 10, 7
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
LOSSLESS = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
Pictures = list[NDArray[np.uint8]]


def unsteady(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A face under flickering light and noise with a stick that passes in front of it; nobody after the cut."""
    if number >= CUT:
        return nobody(number, width, height)
    noise = np.random.default_rng(number).normal(0, 4, (height, width, 1))
    pixels = scene(number, width, height) * (0.85 if number % 2 else 1.0) + noise
    pixels[:, 120 + 8 * number : 128 + 8 * number] = 40
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranges")
    write_png(folder / "s.png", astronaut())
    write_png(folder / "sky.png", nobody())
    make_film(folder / "clip.mkv", frames=FRAMES, draw=unsteady, look=LOSSLESS)
    return folder


@pytest.fixture(scope="module")
def analysis(folder: Path) -> Analysis:
    with open_media(folder / "clip.mkv") as reader:
        return analyse(reader, plan_of(folder, "none.mkv"))


def plan_of(folder: Path, output: str, **more: str) -> Plan:
    """Everything that looks beyond a frame, and a background that is matched to the shot."""
    effects = ["frame_restorer", "face_swapper", "background_remover"]
    paths = {name: str(folder / path) for name, path in
             {"source": "s.png", "target": "clip.mkv", "background": "sky.png", "output": output}.items()}  # fmt: skip
    return Plan.from_mapping({"processor": effects, **paths, **more})


def rendered(folder: Path, analysis: Analysis, start: int, stop: int) -> Pictures:
    name = f"{start}_{stop}.mkv"
    ends = {"start": f"{start}f", "end": f"{stop}f", "video-codec": "ffv1", "label-position": "top-left"}
    run(plan_of(folder, name, **ends), created=CREATED, analysis=analysis)
    with open_media(folder / name) as reader:
        return [frame.pixels for frame in reader]


def test_a_range_is_that_part_of_the_whole(folder: Path, analysis: Analysis) -> None:
    whole = rendered(folder, analysis, 0, FRAMES)
    for start, stop in ((3, 5), (5, 8)):
        part = rendered(folder, analysis, start, stop)
        assert len(part) == stop - start
        for place, pixels in enumerate(part, start):
            assert np.array_equal(pixels, whole[place]), place
