"""Results against targets: what is measured moves the right way, and what is past a limit is flagged."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from facefusion.errors import InvalidInput
from facefusion.pipeline.comparing import COLUMNS, Comparison, compare
from facefusion.pipeline.comparison_page import html_page
from facefusion.quality.similarity import gradient_deviation, ssim_map
from portraits import astronaut


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    portrait = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)
    soft = portrait.copy()
    soft[60:190, 150:300] = cv2.GaussianBlur(portrait, (0, 0), 3)[60:190, 150:300]
    gone = portrait.copy()
    gone[:230, 120:330] = 127
    for name, pixels in (("target", portrait), ("soft", soft), ("gone", gone)):
        cv2.imwrite(str(made / f"{name}.png"), pixels)
    return made


def test_a_picture_against_itself_is_perfect(folder: Path) -> None:
    found = compare(folder / "target.png", folder / "target.png", sources=[folder / "target.png"])
    row = {name: values[0] for name, values in found.columns.items()}
    assert row["identity_source"] == pytest.approx(0, abs=0.01)  # a photo is looked at more closely than a frame
    assert (row["identity_target"], row["pose_deg"], row["expression"]) == (0, 0, 0)
    assert (row["ssim_inside"], row["ssim_outside"], row["seam"], row["sharpness"]) == (1, 1, 1, 1)
    assert (row["perceptual_inside"], row["flicker"]) == (0, None)
    assert (found.flags(), found.dropped, found.marks["verdict"]) == ([], (), "none")


def test_a_soft_face_is_told_from_a_sharp_one(folder: Path) -> None:
    found = compare(folder / "soft.png", folder / "target.png")
    row = {name: values[0] for name, values in found.columns.items()}
    assert row["sharpness"] is not None
    assert row["sharpness"] < 0.5
    assert row["ssim_inside"] < 0.95 < row["ssim_outside"]  # type: ignore[operator]
    assert [flag["what"] for flag in found.flags()] == ["sharpness"]


def test_a_lost_face_is_a_flag(folder: Path) -> None:
    found = compare(folder / "gone.png", folder / "target.png")
    assert list(found.dropped) == [0]
    assert {"start": 0, "stop": 1, "what": "dropped", "why": "the result shows no face here"} in found.flags()


def test_flags_are_ranges_of_frames() -> None:
    columns = {name: [None] * 6 for name in COLUMNS} | {"flicker": [None, 9.0, 9.0, 1.0, 8.0, None]}
    found = Comparison("a", "b", 6, 25.0, columns, (5,), {})
    assert [(flag["start"], flag["stop"], flag["what"]) for flag in found.flags()] == [
        (1, 3, "flicker"),
        (4, 5, "flicker"),
        (5, 6, "dropped"),
    ]


def test_the_page_needs_nothing_else_and_runs_nothing(folder: Path) -> None:
    found = compare(folder / "soft.png", folder / "target.png")
    evil = Comparison(
        "<script>alert(1)</script>", "b", 1, 25.0, found.columns, (), {"verdict": "<b>"}, means=found.means
    )
    page = html_page([found, evil])
    assert "<script" not in page
    assert "&lt;b&gt;" in page
    assert "http" not in page
    assert page.count("<svg") >= 5
    assert json.loads(json.dumps(found.as_dict()))["means"]["sharpness"] == found.means["sharpness"]


def test_every_has_to_be_a_number_of_frames(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="1 or more"):
        compare(folder / "soft.png", folder / "target.png", every=0)


def test_structural_similarity_of_noise_is_near_nothing() -> None:
    first, second = (np.random.default_rng(n).integers(0, 255, (64, 64, 3), np.uint8) for n in (1, 2))
    assert abs(float(ssim_map(first, second).mean())) < 0.05
    assert float(ssim_map(first, first).min()) == pytest.approx(1.0, abs=1e-5)
    assert math.isnan(gradient_deviation(first, second, np.zeros((64, 64), bool)))
