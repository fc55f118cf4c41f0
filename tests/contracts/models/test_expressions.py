"""The six networks of LivePortrait together, and through the real command line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import miniature_zoo as zoo
from command_line import refused, succeeded
from facefusion.core import Landmarks
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import read_image
from facefusion.models import ModelStore
from facefusion.models.adapters.live_portrait import Edit, LivePortrait, rotation
from facefusion.models.store import sha256_of
from facefusion.models.zoo import Zoo
from facefusion.processors.expression_editor.editor import openness
from facefusion.provenance import verify
from facefusion.provenance.manifest.reading import read_manifest
from portraits import scene, write_png

PARTS = ("feature_extractor", "motion_extractor", "generator", "eye_retargeter", "lip_retargeter", "stitcher")


@pytest.fixture
def portrait(folder: Path) -> LivePortrait:
    made = Zoo(ModelStore((folder,)))
    return LivePortrait(*(made.adapter(f"live_portrait_{part}", "expression_editor") for part in PARTS))


FACE = np.full((512, 512, 3), (0.5, 0.4, 0.3), np.float32)


@pytest.mark.parametrize(
    ("edit", "moved"),
    [
        (Edit(), 0.0),
        (Edit(eyes=0.5, eyes_now=(0.59, 0.5)), 0.5 * (0.6 - 0.59) * 31),
        (Edit(eyes=-1.0, eyes_now=(0.004, 0.5)), -0.004 * 31),
        (Edit(lips=1.0, lips_now=0.995), 0.005 * 31),
        (Edit(lips=-0.5, lips_now=0.01), -0.5 * 0.01 * 31),
        (Edit(strength=0.0), -1.5 * 0.1 * float(zoo.CANONICAL.mean())),
        (Edit(turn_deg=(12.0, -10.0, 8.0)), None),
    ],
)
def test_what_is_asked_for_moves_the_points(portrait: LivePortrait, edit: Edit, moved: float | None) -> None:
    if moved is None:
        now, then = rotation(5.0, 8.0, 9.0), rotation(17.0, -2.0, 17.0)
        moved = 1.5 * float((zoo.CANONICAL @ then - zoo.CANONICAL @ now).mean())
        assert abs(moved) > 0.004
    found = portrait.edited(FACE, edit)
    assert found.shape == FACE.shape
    assert np.abs(found - (FACE + 0.75 * moved)).max() < 2e-3


def test_openness_is_counted_in_widths() -> None:
    xy = np.zeros((478, 2), np.float32)
    xy[[159, 145, 33, 133]] = [(5, 1), (5, 4), (0, 2), (12, 2)]
    assert openness(Landmarks(xy), (159, 145), (33, 133)) == pytest.approx(0.25)


def test_an_expression_is_drawn_and_all_networks_are_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    target, out = write_png(tmp_path / "target.png", scene()), tmp_path / "out.png"
    job = ("run", "--processor", "expression_editor", "--target", target, "--output", out)
    succeeded(*job, "--expression-editor-strength", "0")
    before, after = (read_image(path).pixels.astype(np.float32) for path in (target, out))
    (face,) = FaceAnalyser().find(read_image(target).pixels, embed=False)
    x, y = (round(float(value)) for value in face.keypoints.xy[2])
    near = (slice(y - 40, y + 40), slice(x - 40, x + 40))
    smooth = (cv2.GaussianBlur(one, (0, 0), 5)[near] for one in (before, after))
    assert np.abs(next(smooth) - next(smooth)).mean() < 8  # the same face, drawn in blocks
    assert np.abs(after - before)[near].mean() > 3
    assert np.abs(after - before)[:15, :15].max() <= 6  # the watermark alone
    text = str(verify(out).as_dict()) + str(read_manifest(out))
    assert "compositeWithTrainedAlgorithmicMedia" in text
    for part in PARTS:
        assert sha256_of(folder / f"live_portrait_{part}.onnx") in text


def test_what_is_missing_and_who_is_not_asked_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    target = write_png(tmp_path / "target.png", scene())
    job = ("run", "--processor", "expression_editor", "--target", target, "--output", tmp_path / "out.png")
    refused(tmp_path, 5, "refused by rule no-consent", *job, "--expression-editor-eyes", "1", "--policy", "teaching")
    refused(tmp_path, 2, "none comes with the package", *job, "--expression-editor-model", "own")
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "none"))
    refused(tmp_path, 6, "live_portrait_generator is not on this machine", *job)
