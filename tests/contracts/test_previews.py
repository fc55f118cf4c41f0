"""Single frames through the real command line: bit for bit those of the whole run."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look
from command_line import call, refused, succeeded
from facefusion.provenance.manifest.reading import read_manifest
from portraits import astronaut, make_film, two_people, write_png

pytestmark = pytest.mark.usefixtures("one_number")

TICKS = [0, 40, 80, 200, 240, 280, 320, 360, 400]
"""Milliseconds; the third frame is shown for 120."""
Pixels = NDArray[np.uint8]
_WATERMARK_LEVELS = 5
"""What the watermark changes a pixel by at most."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """duo.mkv, nine frames of two people; source.png; full.mkv, the whole run without loss."""
    folder = tmp_path_factory.mktemp("previews")
    write_png(folder / "source.png", astronaut())
    look = Look("ffv1", "bgr0", options={"level": "3"})
    make_film(folder / "duo.mkv", draw=two_people, look=look, ticks=TICKS, time_base=Fraction(1, 1000))
    succeeded(
        *request(folder), "--target", folder / "duo.mkv", "--output", folder / "full.mkv", "--output-codec", "ffv1"
    )
    return folder


def request(folder: Path) -> list[str | Path]:
    return ["--source", folder / "source.png", "--face-selector-mode", "many"]


def picture(path: Path) -> Pixels:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def frames_of(path: Path) -> list[Pixels]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


@pytest.mark.parametrize(
    ("at", "index"), [("0f", 0), ("8f", 8), ("0.1", 2), ("0.199", 2), ("0:00.200", 3), ("0.43", 8)]
)
def test_a_preview_is_the_frame_of_the_run(folder: Path, tmp_path: Path, at: str, index: int) -> None:
    output, job = tmp_path / "one.png", tmp_path / "job.toml"
    run = [*request(folder), "--target", folder / "none.mkv", "--output", folder / "none.mp4"]
    succeeded(*run, "--save-config", job, "--dry-run")
    told = succeeded("--json", "preview", folder / "duo.mkv", "--at", at, "--config", job, "--output", output).out
    done = json.loads(told.splitlines()[-1])
    assert [frame["frame"] for frame in done["frames"]] == [index]
    assert done["frames"][0]["seconds"] == pytest.approx(TICKS[index] / 1000)
    assert np.array_equal(picture(output), frames_of(folder / "full.mkv")[index])
    assert call("verify", output).code == 0
    assert read_manifest(Path(output)).job["decision"]["policy"] == "personal"


def test_several_frames_are_a_sheet_beside_the_clip(folder: Path) -> None:
    succeeded("preview", folder / "duo.mkv", "--number", "3", *request(folder), "--no-analysis-cache")
    sheet = picture(folder / "duo.preview.png")
    assert sheet.shape == (300 + 56, 3 * 408, 3)
    full = frames_of(folder / "full.mkv")
    for place, index in enumerate((1, 4, 7)):
        cell = sheet[4:304, place * 408 + 4 : place * 408 + 404].astype(int)
        apart = [np.abs(cell - cv2.resize(frame, (400, 300))).mean() for frame in full]
        assert int(np.argmin(apart)) == index
    assert call("verify", folder / "duo.preview.png").code == 0


def test_edits_are_seen_in_a_preview(folder: Path, tmp_path: Path) -> None:
    file = folder / "duo.ffa"
    succeeded("analyse", folder / "duo.mkv", "-o", file)
    succeeded("edit", file, "exclude", "--from", "3f", "--to", "4f")
    for index, is_target in ((2, False), (3, True)):
        output = tmp_path / f"{index}.png"
        succeeded("preview", file, "--at", f"{index}f", *request(folder), "--output", output)
        whole, target = frames_of(folder / "full.mkv")[index], frames_of(folder / "duo.mkv")[index]
        shown = picture(output)[:200].astype(int)
        assert np.array_equal(shown, whole[:200]) != is_target
        assert (np.abs(shown - target[:200]).max() <= _WATERMARK_LEVELS) == is_target


def test_a_preview_of_what_is_not_there_is_refused(folder: Path, tmp_path: Path) -> None:
    clip, words = folder / "duo.mkv", request(folder)
    output = ["--output", tmp_path / "one.png"]
    refused(tmp_path, 3, "at is frame 9, frames 0 to 8 are there", "preview", clip, "--at", "9f", *words, *output)
    refused(tmp_path, 3, "at is frame 9, frames 0 to 8", "preview", clip, "--at", "7:00", *words, *output)
    refused(tmp_path, 3, "frames 2 to 4 are there", "preview", clip, "--at", "1f", "--start", "2f", "--end", "5f",
            *words, *output)  # fmt: skip
    refused(tmp_path, 2, "at: got 'soon'", "preview", clip, "--at", "soon", *words, *output)
    refused(tmp_path, 2, "a preview is a picture", "preview", clip, *words, "--output", tmp_path / "one.mp4")
    refused(tmp_path, 2, "the clip is named before the flags", "preview", clip, "--target", clip, *words, *output)
    (tmp_path / "one.png").write_bytes(b"mine")
    refused(tmp_path, 7, "is there already", "preview", clip, *words, *output)
