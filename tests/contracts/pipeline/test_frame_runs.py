"""Whole runs over frames: nobody has to be in them, the output has the new size, workers change nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look, make_clip
from facefusion.core import Frame
from facefusion.media import open_media, read_image, write_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan

LOOK = Look(codec="ffv1", pixel_format="bgr0", width=128, height=96, options={})
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def texture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Smooth blobs that drift by a pixel a frame."""
    y, x = np.mgrid[:height, :width]
    wave = np.sin((x - number) / 5) * np.cos(y / 7)
    return np.dstack([128 + 90 * wave, 120 + 60 * wave, 90 + 40 * wave]).astype(np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "clip.mkv"
    make_clip(path, frames=10, look=LOOK, draw=texture)
    return path


def done(target: Path, output: Path, processor: str, **more: object) -> list[NDArray[np.uint8]]:
    values = {"target": str(target), "output": str(output), "processor": processor, **more}
    run(Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()}), created=CREATED)
    with open_media(output) as reader:
        return [np.asarray(frame.pixels) for frame in reader]


def test_a_clip_becomes_twice_as_large_whoever_works_on_it(clip: Path, tmp_path: Path) -> None:
    alone = done(clip, tmp_path / "alone.mkv", "frame_enhancer", output_codec="ffv1", workers=1)
    shared = done(clip, tmp_path / "shared.mkv", "frame_enhancer", output_codec="ffv1", workers=2)
    assert [pixels.shape for pixels in alone] == [(192, 256, 3)] * 10
    np.testing.assert_array_equal(np.stack(alone), np.stack(shared))
    for number, pixels in enumerate(alone):
        small = pixels.reshape(96, 2, 128, 2, 3).mean(axis=(1, 3))
        assert np.abs(small - texture(number, 128, 96))[:40].mean() < 3


def test_a_picture_becomes_four_times_as_large(tmp_path: Path) -> None:
    write_image(tmp_path / "in.png", Frame(texture(0, 128, 96)))
    (found,) = done(tmp_path / "in.png", tmp_path / "out.png", "frame_enhancer", frame_enhancer_scale=4)
    assert found.shape == (384, 512, 3)
    assert read_image(tmp_path / "in.png").pixels.shape == (96, 128, 3)


def flickering(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """`texture`, every other frame darker, with a speck on one."""
    pixels = (texture(number, width, height) * (0.9 if number % 2 else 1.0)).astype(np.uint8)
    if number == 5:
        pixels[40:44, 60:64] = 255
    return pixels


def test_a_restored_frame_is_the_same_whoever_works_on_it(tmp_path: Path) -> None:
    make_clip(tmp_path / "old.mkv", frames=10, look=LOOK, draw=flickering)
    alone = done(tmp_path / "old.mkv", tmp_path / "a.mkv", "frame_restorer", output_codec="ffv1", workers=1)
    shared = done(tmp_path / "old.mkv", tmp_path / "b.mkv", "frame_restorer", output_codec="ffv1", workers=2, threads=2)
    np.testing.assert_array_equal(np.stack(alone), np.stack(shared))
    means = np.array([pixels[:60].mean() for pixels in alone])
    assert np.abs(np.diff(means)).max() < 0.05 * 0.1 * means.mean()
    assert alone[5][40:44, 60:64].max() < 240
