"""Whole runs that cut out: nobody's face is needed, transparency goes where it can be held, the rest is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look, make_clip
from facefusion.errors import InvalidInput, UsageError
from facefusion.media import open_media, read_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport

WIDTH, HEIGHT = 160, 120
LOOK = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
SCREEN = (40, 160, 60)


def disc(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A grey disc that moves before a green screen."""
    pixels = np.full((height, width, 3), SCREEN, np.uint8)
    cv2.circle(pixels, (50 + 3 * number, 60), 30, (120, 120, 120), -1, cv2.LINE_AA)
    return pixels


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("green") / "green.mkv"
    make_clip(path, frames=3, look=LOOK, draw=disc)
    return path


def cut_out(target: Path, output: Path, *, created: datetime | None = None, **more: Any) -> RunReport:
    output.parent.mkdir(exist_ok=True)
    values = {"target": str(target), "output": str(output), "processor": "background_remover", **more}
    return run(Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()}), created=created)


def test_a_disc_is_put_on_another_colour(green: Path, tmp_path: Path) -> None:
    cut_out(
        green,
        tmp_path / "out.mkv",
        background="#2040c0",
        output_codec="ffv1",
        background_match=0.0,
        background_wrap=0.0,
    )
    with open_media(tmp_path / "out.mkv") as reader:
        frames = [frame.pixels.astype(int) for frame in reader]
    for number, pixels in enumerate(frames):
        assert np.abs(pixels[60, 50 + 3 * number] - 120).max() <= 8
        assert np.abs(pixels[100, 10] - (0x20, 0x40, 0xC0)).max() <= 8


def test_a_sequence_of_pictures_holds_the_transparency(green: Path, tmp_path: Path) -> None:
    report = cut_out(green, tmp_path / "matte.%04d.png")
    assert "face" not in report.lines()[0], "nothing was to be done to faces"
    frame = read_image(tmp_path / "matte.0002.png")
    assert frame.alpha is not None
    assert frame.alpha[60, 53] == 255
    assert frame.alpha[100, 10] == 0


def test_what_cannot_hold_transparency_is_refused_by_name(green: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.jpg pictures hold no transparency; .*prores_4444 .*PNG, TIFF, EXR"):
        cut_out(green, tmp_path / "matte.%04d.jpg")
    with pytest.raises(UsageError, match=r"h264 in mp4 holds no transparency; .*prores_4444"):
        cut_out(green, tmp_path / "matte.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "more"), [
    ("matte.mov", {"video-codec": "prores_4444"}), ("matte.mov", {}), ("matte.mkv", {"alpha": "premultiplied"}),
    ("matte.%04d.exr", {}),
])  # fmt: skip
def test_clips_and_linear_light_hold_it_too(green: Path, tmp_path: Path, name: str, more: dict[str, Any]) -> None:
    cut_out(green, tmp_path / name, **more)
    with open_media(tmp_path / name) as reader:
        assert reader.info.has_alpha
        frame = reader.frame_at(1)
    assert frame.alpha is not None
    top = 1.0 if frame.alpha.dtype == np.float32 else np.iinfo(frame.alpha.dtype).max
    assert frame.alpha[60, 53] / top == pytest.approx(1, abs=0.002)
    assert frame.alpha[100, 10] == 0
    assert np.abs(frame.pixels[60, 53] / top - 120 / 255).max() < 0.03


def test_a_background_without_a_cut_out_is_refused(green: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="add --processor background_remover"):
        cut_out(green, tmp_path / "out.mkv", processor="face_enhancer", background="white")


def test_workers_and_a_part_give_the_pixels_of_the_whole_run(green: Path, tmp_path: Path) -> None:
    common = {"background": "blur", "output_codec": "ffv1"}
    created = datetime(2026, 1, 2, tzinfo=UTC)
    cut_out(green, tmp_path / "a" / "out.mkv", created=created, workers=1, **common)
    cut_out(green, tmp_path / "b" / "out.mkv", created=created, workers=2, threads=2, **common)
    assert _pictures(tmp_path / "a" / "out.mkv") == _pictures(tmp_path / "b" / "out.mkv")


def test_a_screen_of_another_colour_than_said_is_refused(green: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no blue screen; there is a green one"):
        cut_out(green, tmp_path / "out.mkv", background="white", background_remover_screen="blue")


def test_the_report_says_what_is_behind(green: Path, tmp_path: Path) -> None:
    report = cut_out(green, tmp_path / "out.mkv", background="white")
    assert "background: a green screen" in report.warnings


def _pictures(path: Path) -> list[bytes]:
    with open_media(path) as reader:
        return [frame.pixels.tobytes() for frame in reader]
