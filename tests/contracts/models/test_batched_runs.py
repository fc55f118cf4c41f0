"""Faces of several frames go through a learned model together, and every picture is as it was alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from clips import Look
from command_line import succeeded
from facefusion.media import open_media
from facefusion.models import close_sessions, sessions
from facefusion.models.sessions import Session
from portraits import astronaut, make_film, two_people, write_png

LOOK = Look(codec="ffv1", pixel_format="bgr0", options={})


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each run of the swapper takes."""
    found: list[int] = []
    real = Session._answers

    def counted(self: Session, arrays: Any) -> Any:
        if self.name == "hyperswap_1a_256":
            found.append(len(arrays[0]))
            time.sleep(0.1 if len(arrays[0]) > 1 else 0)  # a busy card, for which others wait
        return real(self, arrays)

    monkeypatch.setattr(Session, "_answers", counted)
    close_sessions()
    return found


def pixels_of(path: Path) -> list[NDArray[Any]]:
    with open_media(path) as reader:
        return [frame.pixels for frame in reader.frames()]


@pytest.mark.usefixtures("before_the_watermark")
def test_an_identity_stays_on_the_card(
    folder: Path, batches: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card's memory is the processor's own here."""
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    sent: list[tuple[int, ...]] = []
    real = onnxruntime.OrtValue.update_inplace
    monkeypatch.setattr(sessions, "memory_of", lambda providers, number: ("cpu", 0))
    monkeypatch.setattr(
        onnxruntime.OrtValue, "update_inplace", lambda self, array: (sent.append(array.shape), real(self, array))
    )
    film = make_film(tmp_path / "film.mkv", frames=6, look=LOOK).path
    job = ("--source", write_png(tmp_path / "source.png", astronaut()), "--target", film, "--threads", "1")
    succeeded(*job, "--face-swapper-model", "hyperswap_1a_256", "--output", tmp_path / "out.mkv")
    assert batches == [1] * 6
    assert sent.count((1, 3, 256, 256)) == 5  # the first run tells the shapes
    assert sent.count((1, 512)) == 1


@pytest.mark.usefixtures("before_the_watermark")
def test_a_clip_of_two_people_is_the_same_in_batches(
    folder: Path, batches: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    source = write_png(tmp_path / "source.png", astronaut())
    film = make_film(tmp_path / "film.mkv", draw=two_people, frames=6, look=LOOK).path
    job = ("--source", source, "--target", film, "--face-selector-mode", "many", "--threads", "1")
    job += ("--face-swapper-model", "hyperswap_1a_256", "--output-codec", "ffv1")
    succeeded(*job, "--output", tmp_path / "alone.mkv")
    assert batches == [1] * 12
    batches.clear()
    succeeded(*job, "--output", tmp_path / "together.mkv", "--execution-batch", "4")
    assert set(batches) == {4}
    assert len(batches) < 12
    before, alone, together = map(pixels_of, (film, tmp_path / "alone.mkv", tmp_path / "together.mkv"))
    for was, one, other in zip(before, alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
        assert (one != was).any()
