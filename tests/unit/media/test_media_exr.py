"""EXR in and out, looked at with another library (OpenImageIO)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import ColorInfo, Frame, from_unit
from facefusion.errors import InvalidInput, MediaUnreadable, UsageError
from facefusion.geometry.primaries import ACES_AP1, REC709, rgb_to_rgb
from facefusion.geometry.transfer import from_linear, is_known, to_linear
from facefusion.media import exr, open_media, read_image, write_image
from facefusion.media.alpha import premultiplied, straightened
from facefusion.media.picture_form import PictureForm, Stamp, stamped
from facefusion.media.scene_space import SceneSpace, linear_709_of, space_called
from facefusion.media.timecode import frame_count
from facefusion.provenance.packets import read_xmp

oiio = pytest.importorskip("OpenImageIO")
OpenEXR = pytest.importorskip("OpenEXR")
SIZE = (48, 64)


def half_picture(seed: int = 0, channels: int = 3) -> NDArray[np.float16]:
    """Every kind of value: dark, bright, far above white, negative."""
    return (np.random.default_rng(seed).normal(0.5, 2, (*SIZE, channels))).astype(np.float16)


def write_exr(path: Path, channels: dict[str, Any], **header: Any) -> Path:
    said = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
    with OpenEXR.File(said, channels) as file:
        file.write(str(path))
    return path


def seen_by_oiio(path: Path) -> tuple[NDArray[np.float32], dict[str, Any], Sequence[str]]:
    buffer = oiio.ImageBuf(str(path))
    spec = buffer.spec()
    said = {one.name: one.value for one in spec.extra_attribs}
    return buffer.get_pixels(oiio.FLOAT), said, spec.channelnames


@pytest.mark.parametrize("chromaticities", [REC709, ACES_AP1])
def test_every_half_comes_back_as_it_was(chromaticities: Any, tmp_path: Path) -> None:
    stored = half_picture()
    frame = read_image(write_exr(tmp_path / "a.exr", {"RGB": stored}, chromaticities=chromaticities))
    assert frame.dtype == np.float32
    assert frame.pixels.min() < 0
    assert frame.pixels.max() > 1
    space = exr.read_header(tmp_path / "a.exr").space
    write_image(tmp_path / "b.exr", frame, form=PictureForm(space=space, exr_compression="piz"))
    seen, said, names = seen_by_oiio(tmp_path / "b.exr")
    assert tuple(names) == ("R", "G", "B")
    assert np.array_equal(seen, stored.astype(np.float32))
    assert said["compression"] == "piz"
    assert np.allclose(said["chromaticities"], chromaticities)


def test_pictures_become_linear_light_and_back(tmp_path: Path) -> None:
    ramp = np.repeat(np.arange(4096, dtype=np.uint16)[None, :, None] * 16, 3, axis=2)
    frame = Frame(np.ascontiguousarray(ramp.reshape(64, 64, 3)), color=ColorInfo(1, 13, 0, True))
    write_image(tmp_path / "a.exr", frame)
    seen = seen_by_oiio(tmp_path / "a.exr")[0]
    values = frame.pixels / 65_535
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    assert np.abs(seen - linear).max() < 3e-4
    back = from_unit(read_image(tmp_path / "a.exr").pixels, np.dtype(np.uint16))
    assert len(np.unique(back[..., 0] >> 4)) > 3200  # a half has 1024 steps between 0.5 and 1
    assert np.abs(back.astype(int) - frame.pixels).max() <= 16
    write_image(tmp_path / "b.exr", frame, form=PictureForm(exr_depth="float"))
    assert np.array_equal(from_unit(read_image(tmp_path / "b.exr").pixels, np.dtype(np.uint16)), frame.pixels)


def test_alpha_is_weighted_in_light_and_straight_again_when_read(tmp_path: Path) -> None:
    alpha = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    pixels = np.full((*SIZE, 3), 0.5, np.float32)
    frame = Frame(pixels, color=ColorInfo(1, 13, 0, True), alpha=alpha)
    light = float(linear_709_of(frame)[0, 0, 0])
    for form, expected in (("auto", light * alpha), ("straight", np.full(SIZE, light))):
        path = tmp_path / f"{form}.exr"
        write_image(path, frame, form=PictureForm(alpha=form))  # type: ignore[arg-type]
        seen, said, names = seen_by_oiio(path)
        assert tuple(names) == ("R", "G", "B", "A")
        assert said["alphaForm"] == ("premultiplied" if form == "auto" else "straight")
        assert np.abs(seen[..., 1] - expected).max() < 2e-4
        assert np.abs(seen[..., 3] - alpha).max() < 3e-4
        back = read_image(path)
        assert back.alpha is not None
        assert np.abs(back.pixels[:, 2:] - 0.5).max() < 2e-3
        assert np.abs(back.alpha - alpha).max() < 3e-4


def test_spaces_by_name_are_those_of_the_config(tmp_path: Path) -> None:
    aces = space_called("acescg")
    assert aces.is_linear
    assert aces.interop_id == "lin_ap1_scene"
    picture = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    assert np.abs(aces.to_linear_709(picture) - picture @ rgb_to_rgb(ACES_AP1, REC709).T).max() < 1e-5
    log = space_called("ARRI LogC4")
    assert not log.is_linear
    codes = np.repeat(np.linspace(0.1, 0.9, 4096, dtype=np.float32).reshape(64, 64, 1), 3, axis=2)
    write_image(tmp_path / "log.tif", Frame(from_unit(codes, np.dtype(np.uint16))))
    frame = read_image(tmp_path / "log.tif", space=log)
    grey = read_image(tmp_path / "log.tif", space=log).pixels[..., 0].ravel()
    assert (np.diff(grey) > 0).all()
    assert abs(float(log.to_linear_709(np.full((1, 1, 3), 0.2784, np.float32))[0, 0, 0]) - 0.18) < 2e-3
    write_image(tmp_path / "back.tif", replace(frame, alpha=None), form=PictureForm(space=log))
    back = from_unit(read_image(tmp_path / "back.tif").pixels, np.dtype(np.uint16))
    assert np.abs(back.astype(int) - from_unit(codes, np.dtype(np.uint16))).max() <= 1


@pytest.mark.parametrize(
    ("name", "config", "says"),
    [
        ("ACES cg", "ocio://studio-config-latest", "ACEScg"),
        ("ACEScg", "/none.ocio", "cannot be read"),
        ("Raw", "", "holds data"),
    ],
)
def test_unknown_spaces_and_configs_are_refused(name: str, config: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        space_called(name, config or "ocio://studio-config-latest")
    with pytest.raises(UsageError, match="linear light"):
        exr.encode(
            Path("x.exr"), Frame(np.zeros((2, 2, 3), np.uint8)), PictureForm(space=space_called("ACEScct")), xmp=None
        )


def test_number_timecode_and_marks_are_in_the_header(tmp_path: Path) -> None:
    first = Stamp(1001, "00:00:41:17", Fraction(24))
    form = stamped(PictureForm(stamp=first, attributes={"digital_source_type": "x"}), 1001, 8)
    write_image(tmp_path / "a.exr", Frame(np.zeros((4, 4, 3), np.uint8)), form=form, xmp=b"<packet/>")
    said = seen_by_oiio(tmp_path / "a.exr")[1]
    assert said["imageCounter"] == 1009
    assert said["digital_source_type"] == "x"
    assert oiio.ImageBuf(str(tmp_path / "a.exr")).spec().get_string_attribute("smpte:TimeCode") == "00:00:42:01"
    assert read_xmp(tmp_path / "a.exr") == b"<packet/>"
    with open_media(tmp_path / "a.exr") as reader:
        assert (reader.info.timecode, reader.info.average_fps) == ("00:00:42:01", Fraction(24))
    assert frame_count("00:00:41:17", Fraction(24)) == 1001
    assert frame_count("00:01:00;02", Fraction(30_000, 1001)) == 1800


def test_what_is_missing_is_filled_and_told(tmp_path: Path) -> None:
    plane = np.full(SIZE, 0.25, np.float16)
    write_exr(tmp_path / "p.0001.exr", {"R": plane, "G": plane})
    write_exr(tmp_path / "p.0002.exr", {"R": plane * np.float16("nan"), "G": plane * np.float16("inf"), "B": plane})
    with open_media(tmp_path / "p.%04d.exr") as reader:
        first, second = reader.frames()
        lines = "\n".join(reader.warnings)
    assert not first.pixels[..., 2].any()
    assert np.isfinite(second.pixels).all()
    assert "channel B" in lines
    assert f"{SIZE[0] * SIZE[1] * 2} values" in lines
    grey = read_image(write_exr(tmp_path / "y.exr", {"Y": plane}))
    assert np.ptp(grey.pixels) == 0
    layer = read_image(write_exr(tmp_path / "l.exr", {"beauty.RGB": half_picture(), "mask.Y": plane}))
    assert np.abs(linear_709_of(layer) - half_picture()).max() < 1e-2


def test_windows_and_tiles_are_read(tmp_path: Path) -> None:
    plane = np.ones((10, 20), np.float16)
    window = (np.array([-5, 4], np.int32), np.array([14, 13], np.int32))
    display = (np.array([0, 0], np.int32), np.array([31, 23], np.int32))
    write_exr(tmp_path / "w.exr", {"RGBA": np.dstack([plane] * 4)}, dataWindow=window, displayWindow=display)
    frame = read_image(tmp_path / "w.exr")
    assert frame.pixels.shape == (24, 32, 3)
    assert frame.alpha is not None
    assert frame.alpha.sum() == 150
    assert frame.alpha[4:14, :15].all()
    with open_media(tmp_path / "w.exr") as reader:
        list(reader.frames())
        assert "outside the display window" in reader.warnings[0]
    tiled = oiio.ImageBuf(oiio.ImageSpec(64, 48, 3, "half"))
    tiled.set_write_tiles(16, 16)
    oiio.ImageBufAlgo.fill(tiled, (0.1, 0.2, 0.3))
    tiled.write(str(tmp_path / "t.exr"))
    assert np.abs(linear_709_of(read_image(tmp_path / "t.exr")) - [0.1, 0.2, 0.3]).max() < 1e-3


def test_deep_thin_and_broken_files_are_refused_with_a_way_out(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 4, 4, "half")
    spec.deep = True
    samples = oiio.DeepData()
    samples.init(spec)
    output = oiio.ImageOutput.create(str(tmp_path / "deep.exr"))
    output.open(str(tmp_path / "deep.exr"), spec)
    output.write_deep_image(samples)
    output.close()
    with pytest.raises(InvalidInput, match="flatten"):
        read_image(tmp_path / "deep.exr")
    write_exr(tmp_path / "z.exr", {"Z": np.ones(SIZE, np.float32)})
    with pytest.raises(InvalidInput, match="only Z"):
        read_image(tmp_path / "z.exr")
    whole = write_exr(tmp_path / "c.exr", {"RGB": half_picture()}).read_bytes()
    (tmp_path / "c.exr").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaUnreadable, match="cannot be read"):
        read_image(tmp_path / "c.exr")
    (tmp_path / "m.exr").write_bytes(whole[:60])
    with pytest.raises(InvalidInput):
        read_xmp(tmp_path / "m.exr")


@pytest.mark.parametrize("code", [1, 4, 5, 8, 13, 16, 18])
def test_curves_go_there_and_back(code: int) -> None:
    assert is_known(code)
    values = np.linspace(-1, 1, 2001, dtype=np.float32)
    linear = to_linear(values, code)
    assert (np.diff(linear) > 0).all()
    assert np.abs(from_linear(linear, code) - values).max() < 1e-5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_weighted_and_straight_again(dtype: Any) -> None:
    rng = np.random.default_rng(2)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    pixels, alpha = (rng.random((9, 9, 3)) * full).astype(dtype), (rng.random((9, 9)) * full).astype(dtype)
    alpha[0] = 0
    weighted = premultiplied(pixels, alpha)
    assert weighted.dtype == dtype
    assert not weighted[0].any()
    assert np.abs(weighted / full - (pixels / full) * (alpha / full)[..., None]).max() <= 0.51 / max(full, 100)
    solid = alpha > 0.2 * full
    assert np.abs(straightened(weighted, alpha)[solid] / full - pixels[solid] / full).max() <= 5.2 / max(full, 255)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(UsageError, match=r"facefusion\[film\]"):
        write_image(tmp_path / "a.exr", Frame(np.zeros((4, 4, 3), np.uint8)))
    assert not list(tmp_path.iterdir())
    assert SceneSpace().to_linear_709(np.ones((1, 1, 3), np.float32)).all()
