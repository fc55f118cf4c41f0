"""Matting networks of the user's in whole runs: their opacity reaches the output, and workers change no bytes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from builders import trusted
from numpy.typing import NDArray

import miniature_zoo as zoo
from clips import Look, make_clip
from command_line import refused, succeeded
from facefusion.core import Frame
from facefusion.media import open_media, read_image, write_image
from facefusion.models import card_named, cards, close_sessions
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def ramp(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Grey that grows from left to right, and by a little from frame to frame."""
    row = np.linspace(60, 200, width) + 2 * number
    return np.repeat(np.tile(row, (height, 1))[..., None], 3, axis=2).astype(np.uint8)


def test_a_named_networks_opacity_is_that_of_the_output(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    target, out = tmp_path / "in.png", tmp_path / "out.png"
    write_image(target, Frame(ramp(0, 128, 96)))
    succeeded("run", "--processor", "background_remover", "--background-remover-model", "modnet",
              "--target", target, "--output", out)  # fmt: skip
    found = read_image(out).alpha
    assert found is not None
    wanted = ramp(0, 128, 96)[..., 0] * float(np.sum(zoo.MIX))
    assert np.abs(found[8:50, 8:60] - wanted[8:50, 8:60]).max() <= 6


SHOWN_LIKE = {"u2net_human_seg": "u2net", "birefnet_portrait": "birefnet_general", "rmbg_2.0": "birefnet_general"}
NETWORKS = tuple(card.name for card in cards() if card.task == "background_remover")


@pytest.mark.parametrize("model", NETWORKS)
def test_every_network_is_shown_its_own_range_and_says_how_opaque_each_pixel_is(
    model: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The miniatures answer with a mix of red, green and blue as they understand them."""
    here = tmp_path / "models"
    here.mkdir()
    shutil.copy(folder / card_named(SHOWN_LIKE.get(model, model)).file, here / card_named(model).file)
    trusted(here)
    monkeypatch.setenv("FACEFUSION_MODELS", str(here))
    x, y = np.meshgrid(np.linspace(0, 1, 128), np.linspace(0, 1, 96))
    picture = np.round(np.dstack([0.45 + 0.5 * x, 0.25 + 0.3 * y, 0.1 + 0.3 * x * y]) * 255).astype(np.uint8)
    write_image(tmp_path / "in.png", Frame(picture))
    succeeded("run", "--processor", "background_remover", "--background-remover-model", model,
              "--target", tmp_path / "in.png", "--output", tmp_path / "out.png")  # fmt: skip
    found = read_image(tmp_path / "out.png").alpha
    assert found is not None
    inside = (slice(8, 50), slice(8, 60))  # no label there
    assert np.abs(found[inside] - (picture @ zoo.MIX)[inside]).max() <= 4
    close_sessions()


def test_a_network_with_a_memory_gives_the_same_frames_to_any_number_of_workers(folder: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    make_clip(clip, frames=5, look=Look(codec="ffv1", pixel_format="bgr0", width=96, height=64, options={}), draw=ramp)
    found = []
    for workers in (1, 3):
        values = {
            "target": str(clip),
            "output": str(tmp_path / f"out{workers}.mkv"),
            "processor": "background_remover",
            "background-remover-model": "rvm_mobilenetv3",
            "background": "black",
            "background-light": "display",
            "output-codec": "ffv1",
            "models-folder": str(folder),
            "workers": workers,
        }
        run(Plan.from_mapping(values), created=NOON)
        with open_media(tmp_path / f"out{workers}.mkv") as reader:
            found.append(np.array([frame.pixels for frame in reader]))
    assert np.array_equal(*found)
    levels = found[0][:, 40:, 48:80].mean(axis=(1, 2, 3))
    assert np.all(np.diff(levels) < 0), "the network's memory counts frames and takes opacity away"


def test_a_network_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "none"))
    write_image(tmp_path / "in.png", Frame(ramp(0, 64, 48)))
    job = ("run", "--processor", "background_remover", "--target", tmp_path / "in.png", "--output", tmp_path / "o.png")
    refused(tmp_path, 6, "modnet is not on this machine", *job, "--background-remover-model", "modnet")
    refused(tmp_path, 2, "gfpgan_1.4: is a face_enhancer, not a background_remover", *job,
            "--background-remover-model", "gfpgan_1.4")  # fmt: skip
