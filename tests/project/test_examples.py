"""Every script under examples/ runs as a user would run it, and what it writes is looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from demo_files import write_demo_files
from facefusion.media import open_media, read_image
from facefusion.provenance import verify

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WATERMARK_LEVELS = 5
"""What the watermark changes a pixel by at most."""
NUM_FRAMES = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    write_demo_files(folder, num_frames=NUM_FRAMES)
    return folder


def run(folder: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_swap_picture(folder: Path) -> None:
    assert "1 faces changed" in run(folder, str(EXAMPLES / "swap_picture.py"), "anna.jpg", "group.jpg", "result.png")
    before, after = (read_image(folder / name).pixels.astype(int) for name in ("group.jpg", "result.png"))
    change = np.abs(after - before).max(axis=2)
    assert change.shape == (360, 640)
    assert np.median(change[80:260, 340:490]) >= 8
    assert change[:200, :250].max() <= WATERMARK_LEVELS
    assert verify(folder / "result.png").is_marked


def test_swap_clip(folder: Path) -> None:
    said = run(folder, str(EXAMPLES / "swap_clip.py"), "anna.jpg", "clip.mp4", "out.mp4")
    assert f"render: {NUM_FRAMES} of {NUM_FRAMES} frames" in said
    with open_media(folder / "out.mp4") as reader:
        assert reader.num_frames == NUM_FRAMES
    assert verify(folder / "out.mp4").is_marked


def test_stills_of_a_clip(folder: Path) -> None:
    (folder / "stills").mkdir()
    said = run(folder, str(EXAMPLES / "stills_of_a_clip.py"), "anna.jpg", "clip.mp4", "stills")
    assert f"person 1: seen in {NUM_FRAMES} of {NUM_FRAMES} frames" in said
    written = sorted((folder / "stills").iterdir())
    assert [path.name for path in written] == ["still_0000.png", "still_0004.png"]
    assert all(verify(path).is_marked for path in written)


def test_correct_a_clip(folder: Path) -> None:
    said = run(folder, str(EXAMPLES / "correct_a_clip.py"), "anna.jpg", "clip.mp4", "clip.ffa", "corrected.mkv")
    assert 'name person 1 "Anna": 0 of 6 frames' in said
    assert "exclude person 1 in frame 0: 1 of 6 frames" in said
    assert "strength 0.5 of person 1 in frames 1 to 3: 3 of 6 frames" in said
    with open_media(folder / "clip.mp4") as before, open_media(folder / "corrected.mkv") as after:
        moved = [
            np.abs(old.pixels[80:260, 340:490].astype(int) - new.pixels[80:260, 340:490]).mean()
            for old, new in zip(before, after, strict=True)
        ]
    assert moved[0] < 0.4 * moved[2] < 0.4 * 0.8 * moved[5]
    assert verify(folder / "corrected.mkv").is_marked


def test_job_file(folder: Path) -> None:
    words = ["--source", "anna.jpg", "--target", "group.jpg", "--output", "job.png"]
    run(folder, "-m", "facefusion", "--config", str(EXAMPLES / "job.toml"), *words)
    change = np.abs(
        read_image(folder / "job.png").pixels.astype(int) - read_image(folder / "group.jpg").pixels.astype(int)
    )
    assert change[320:, :320].max() > 100
    assert change[320:, 600:].max() <= WATERMARK_LEVELS
    assert verify(folder / "job.png").is_marked


def test_no_example_is_forgotten() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    assert all(path.name in tested for path in EXAMPLES.iterdir() if path.is_file())
