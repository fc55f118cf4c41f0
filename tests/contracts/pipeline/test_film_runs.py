"""Whole runs on film pictures: what nobody touches is the source's, number for number; what is drawn has no bands."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.media import SequenceWriter, VideoFormat, VideoWriter, open_media
from facefusion.media.picture_form import PictureForm, Stamp
from facefusion.media.scene_space import space_called
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from portraits import HEIGHT, WIDTH, astronaut, scene, write_png

OpenEXR = pytest.importorskip("OpenEXR")
SRGB = ColorInfo(1, 13, 0, True)
FACE = np.s_[50:200, 100:225]
pytestmark = pytest.mark.usefixtures("before_the_watermark")


def plate(number: int) -> NDArray[np.uint16]:
    """(H, W, 3) uint16: somebody, and beside them a ramp of 4096 steps."""
    pixels = scene(number).astype(np.uint16) * 257
    pixels[:, :64] = (np.arange(HEIGHT * 64, dtype=np.uint32).reshape(HEIGHT, 64, 1) % 4096 * 16).astype(np.uint16)
    return pixels


def swapped(folder: Path, target: str, output: str, **more: Any) -> None:
    source = write_png(folder / "s.png", astronaut())
    values = {"source": str(source), "target": str(folder / target), "output": str(folder / output),
              "label-position": "bottom-right", **more}  # fmt: skip
    run(Plan.from_mapping(values))


def rgb(path: Path) -> NDArray[np.float16]:
    with OpenEXR.File(str(path)) as file:
        pixels: NDArray[np.float16] = file.channels()["RGB"].pixels
    return pixels


def test_halves_outside_the_face_are_those_of_the_plate(tmp_path: Path) -> None:
    form = PictureForm(space=space_called("ACEScg"), stamp=Stamp(1001, "01:00:00:00", Fraction(24)))
    with SequenceWriter(tmp_path / "p.%04d.exr", first_number=1001, form=form) as writer:
        for number in range(2):
            writer.write(Frame(plate(number), number, Timestamp(number, Fraction(1, 24)), 1, SRGB))
    swapped(tmp_path, "p.%04d.exr", "out.%04d.exr")
    before, after = rgb(tmp_path / "p.1002.exr"), rgb(tmp_path / "out.1002.exr")
    assert np.array_equal(before[:, :64], after[:, :64])
    assert len(np.unique(after[:, :64, 0])) > 1800
    changed = (before != after).any(axis=2)
    assert changed[FACE].mean() > 0.3
    assert len(np.unique(after[FACE][changed[FACE]][:, 1])) > 1500  # of 256, if it had gone through 8 bits
    with OpenEXR.File(str(tmp_path / "out.1002.exr"), header_only=True) as file:
        header = file.header()
        assert header["colorInteropID"] == "lin_ap1_scene"
        assert (header["imageCounter"], header["timeCode"].frame, header["framesPerSecond"]) == (1002, 1, 24)


def test_a_log_clip_comes_back_in_its_own_numbers_and_goes_out_as_light(tmp_path: Path) -> None:
    log = space_called("ARRI LogC4")
    like = VideoFormat(WIDTH, HEIGHT, bit_depth=16, chroma="rgb", color=SRGB)
    codes = [np.clip(plate(number).astype(np.float32) / 65_535 * 0.5, 0.1, 1) for number in range(2)]
    with VideoWriter(tmp_path / "log.mkv", like=like, codec="ffv1", metadata={"timecode": "00:00:41:16"}) as writer:
        for number, pixels in enumerate(codes):
            stored = np.rint(pixels * 65_535).astype(np.uint16)
            writer.write(Frame(stored, number, Timestamp(number, Fraction(1, 25)), 1, SRGB))
    said = {"input-colorspace": "arri_logc4", "allow-no-face": True}
    swapped(tmp_path, "log.mkv", "back.mkv", **said, **{"video-codec": "ffv1"})
    with open_media(tmp_path / "log.mkv") as one, open_media(tmp_path / "back.mkv") as other:
        old, new = one.frame_at(1).pixels.astype(int), other.frame_at(1).pixels.astype(int)
    assert np.abs(old[:, :64] - new[:, :64]).max() <= 1
    swapped(tmp_path, "log.mkv", "light.%04d.exr", **said)
    light = rgb(tmp_path / "light.1042.exr")  # 41 seconds and 16 frames at 25, and one
    expected = log.to_linear_709(codes[1])
    assert np.abs(light[:, :64] - expected[:, :64]).max() <= 0.01 * expected.max()
