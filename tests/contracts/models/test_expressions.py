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
from facefusion.models.adapters.expression_points import gaze, smile
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


@pytest.mark.parametrize(
    ("edit", "added"),
    [
        (Edit(smile=1.0), smile(1.0)),
        (Edit(smile=-1.0), smile(-1.0)),
        (Edit(gaze=(1.0, 0.0)), gaze(1.0, 0.0)),
        (Edit(gaze=(0.0, -0.5)), gaze(0.0, -0.5)),
        (Edit(smile=0.5, gaze=(-1.0, 1.0), strength=1.0), smile(0.5) + gaze(-1.0, 1.0)),
    ],
)
def test_a_smile_and_a_gaze_are_added_to_the_expression(portrait: LivePortrait, edit: Edit, added: np.ndarray) -> None:
    moved = 1.5 * float(added.mean())
    assert abs(moved) > 2e-4
    found = portrait.edited(FACE, edit) - portrait.edited(FACE, Edit())
    assert np.abs(found - 0.75 * moved).max() < 1e-6


def test_a_smile_lifts_the_corners_of_the_mouth_and_eyes_look_where_they_are_sent() -> None:
    assert smile(1.0)[0, [14, 20], 1] == pytest.approx([-0.026, -0.013])
    assert smile(1.0)[0, 17] == pytest.approx([0.0, 0.00845, 0.0039])
    assert smile(-1.0)[0, 14, 1] == pytest.approx(0.006)
    right, left, up = gaze(1.0, 0.0), gaze(-1.0, 0.0), gaze(0.0, 1.0)
    assert right[0, [11, 15], 0] == pytest.approx([0.021, 0.03])
    assert left[0, [11, 15], 0] == pytest.approx([-0.03, -0.021])
    assert up[0, [11, 15, 13, 16], 1] == pytest.approx([-0.0315, -0.0315, -0.00945, -0.00945])
    assert not right[..., 1:].any()
    assert not up[..., 0].any()
    for moved in (smile(0.0), gaze(0.0, 0.0)):
        assert moved.shape == (1, 21, 3)
        assert not moved.any()


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
    options = (
        "--expression-editor-smile",
        "0.8",
        "--expression-editor-gaze-x",
        "-1",
        "--expression-editor-gaze-y",
        "1",
    )
    succeeded(*job, *options, "--overwrite")
    assert np.abs(read_image(out).pixels.astype(np.float32) - after)[near].mean() > 0.05
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
