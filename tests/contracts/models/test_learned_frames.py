"""Learned networks for whole frames through the real command line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from command_line import refused, succeeded
from facefusion.core import Frame
from facefusion.media import read_image, write_image
from facefusion.models.store import sha256_of
from facefusion.provenance import verify
from facefusion.provenance.manifest.reading import read_manifest

ORANGE = np.array([1.0, 0.6, 0.2], np.float32)


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    ramp = np.linspace(40, 215, 96).astype(np.uint8)
    write_image(tmp_path / "grey.png", Frame(np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2).copy()))
    return tmp_path / "grey.png"


def lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return found


def test_a_colouriser_lays_its_colours_over_the_frames_lightness_and_is_named(
    folder: Path, grey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    out, half = grey.with_name("out.png"), grey.with_name("half.png")
    job = ("run", "--processor", "frame_colorizer", "--frame-colorizer-model", "deoldify", "--target", grey)
    succeeded(*job, "--output", out)
    succeeded(*job, "--output", half, "--frame-colorizer-blend", "0.5")
    before, after, less = (lab(read_image(path).pixels)[8:40, 16:80] for path in (grey, out, half))
    wanted = lab((read_image(grey).pixels * ORANGE).astype(np.uint8))[8:40, 16:80]
    assert np.abs(after[..., 0] - before[..., 0]).mean() < 1.5  # the watermark alone
    assert np.abs(after[..., 1:] - wanted[..., 1:]).mean() < 2.5
    assert after[..., 1:].mean() > 20
    assert less[..., 1:].mean() == pytest.approx(after[..., 1:].mean() / 2, rel=0.2)
    text = str(verify(out).as_dict()) + str(read_manifest(out))
    assert "deoldify" in text
    assert sha256_of(folder / "deoldify.onnx") in text


def test_without_a_colouriser_it_says_how_to_get_one(
    grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "none"))
    job = ("run", "--processor", "frame_colorizer", "--target", grey, "--output", grey.with_name("out.png"))
    refused(tmp_path, 6, r"ddcolor is not on this machine .*models pull ddcolor", *job)
    refused(tmp_path, 2, "no colouriser comes with the package", *job, "--frame-colorizer-model", "own")


def test_what_a_sanity_check_feeds_lets_every_miniature_pass(folder: Path, tmp_path: Path) -> None:
    from facefusion.models import ModelStore
    from facefusion.models.importing import Told, import_model

    for name in ("wav2lip_96", "live_portrait_generator"):
        found = import_model(folder / f"{name}.onnx", ModelStore((tmp_path,)), Told(known_as=name))
        assert any("of noise lies in" in line for line in found.seen)
