"""Every form of transparency: written, looked at with another program, read again."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.errors import UsageError
from facefusion.media import AnimationWriter, SequenceWriter, VideoFormat, VideoWriter, open_media, read_image
from facefusion.media.alpha_plane import alpha_plane
from facefusion.media.codecs import CODECS, choose_codec, choose_container, keeps_alpha
from facefusion.media.picture_form import PictureForm

SRGB = ColorInfo(1, 13, 0, True)
WIDTH, HEIGHT = 96, 64
CLIPS: list[tuple[str, str, int, str, float, float]] = [  # codec, suffix, bits, as ffprobe calls it, alpha, colour
    ("prores_4444", ".mov", 10, "yuva444p12le", 1 / 1000, 0.03),
    ("png", ".mov", 8, "rgba", 0, 0),
    ("png", ".mov", 16, "rgba64be", 0, 0),
    ("ffv1", ".mkv", 8, "bgra", 0, 0),
    ("ffv1", ".mkv", 16, "gbrap16le", 0, 0),
    ("ffv1", ".avi", 8, "bgra", 0, 0),
    ("vp9", ".webm", 8, "yuv420p", 0.02, 0.1),
]


def glass(number: int, dtype: Any = np.uint8) -> Frame:
    """Soft colours, every alpha from clear to solid."""
    full = np.iinfo(dtype).max
    rows, columns = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    pixels = np.stack([rows, columns, 0 * rows + (number + 1) / 5], axis=2)
    whole = (pixels * full).astype(dtype), (columns * full).astype(dtype)
    return Frame(whole[0], number, Timestamp(number, Fraction(1, 25)), 1, SRGB, whole[1])


def differences(back: Frame, frame: Frame) -> tuple[float, float]:
    """Largest error of alpha, and of colour where it shows, as parts of white."""
    assert back.alpha is not None
    assert frame.alpha is not None
    assert back.dtype == frame.dtype
    full = np.iinfo(frame.dtype).max
    shows = frame.alpha > full // 8
    alpha = np.abs(back.alpha / full - frame.alpha / full).max()
    return float(alpha), float(np.abs(back.pixels[shows] / full - frame.pixels[shows] / full).max())


@pytest.mark.parametrize(("codec", "suffix", "bits", "known_as", "alpha_error", "colour_error"), CLIPS)
def test_clips_keep_alpha(
    codec: Any, suffix: str, bits: int, known_as: str, alpha_error: float, colour_error: float, tmp_path: Path
) -> None:
    frames = [glass(number, np.uint8 if bits == 8 else np.uint16) for number in range(2)]
    path = tmp_path / f"a{suffix}"
    like = VideoFormat(WIDTH, HEIGHT, bit_depth=bits, chroma="rgb", has_alpha=True, color=SRGB)
    with VideoWriter(path, like=like, codec=codec, must_keep_alpha=True) as writer:
        for frame in frames:
            writer.write(frame)
    assert _probed(path)["pix_fmt"] == known_as
    with open_media(path) as reader:
        assert reader.info.has_alpha
        for back, frame in zip(reader.frames(), frames, strict=True):
            alpha, colour = differences(back, frame)
            assert alpha <= alpha_error
            assert colour <= colour_error


def _probed(path: Path) -> dict[str, Any]:
    program = shutil.which("ffprobe")
    if program is None:
        pytest.skip("no ffprobe on this machine")
    told = subprocess.run(
        [program, "-v", "error", "-select_streams", "v", "-show_streams", "-of", "json", str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    stream: dict[str, Any] = json.loads(told.stdout)["streams"][0]
    return stream


def test_solid_is_stored_as_solid(tmp_path: Path) -> None:
    """Other programs see the highest level, and the picture's own levels in between."""
    frame = glass(0, np.uint16)
    assert frame.alpha is not None
    like = VideoFormat(WIDTH, HEIGHT, bit_depth=16, chroma="rgb", has_alpha=True, color=SRGB)
    with VideoWriter(tmp_path / "a.mov", like=like, codec="prores_4444") as writer:
        writer.write(frame)
    with av.open(str(tmp_path / "a.mov")) as clip:
        plane = next(clip.decode(video=0)).planes[3]
    stored = np.frombuffer(plane, "<u2").reshape(HEIGHT, -1)[:, :WIDTH] // 4  # libav: 10 bits above two empty ones
    assert stored.max() == 1023
    assert np.array_equal(stored, np.rint(frame.alpha / 65_535 * 1023))


@pytest.mark.parametrize(("level", "expected"), [(4095, 65_535), (1001, 16_020), (1020 * 4, 65_343)])
def test_opacity_of_twelve_bits_is_read_exactly(level: int, expected: int) -> None:
    picture = av.VideoFrame(32, 16, "yuva444p12le")
    plane = np.frombuffer(picture.planes[3], "<u2")
    plane[:] = level
    assert set(alpha_plane(picture).ravel().tolist()) == {expected}


def test_weighted_colour_is_said_and_undone(tmp_path: Path) -> None:
    frame = glass(0, np.uint16)
    like = VideoFormat(WIDTH, HEIGHT, bit_depth=16, chroma="rgb", has_alpha=True, color=SRGB)
    tags = {"alpha_form": "premultiplied"}
    with VideoWriter(tmp_path / "a.mkv", like=like, codec="ffv1", alpha="premultiplied", metadata=tags) as writer:
        writer.write(frame)
    with VideoWriter(tmp_path / "b.mkv", like=like, codec="ffv1", alpha="premultiplied") as writer:
        writer.write(frame)
    with open_media(tmp_path / "a.mkv") as said, open_media(tmp_path / "b.mkv") as unsaid:
        assert said.info.alpha_form == "premultiplied"
        assert differences(said.frame_at(0), frame)[1] < 1 / 4000
        dark = unsaid.frame_at(0)
    assert frame.alpha is not None
    expected = frame.pixels / 65_535 * (frame.alpha / 65_535)[..., None]
    assert np.abs(dark.pixels / 65_535 - expected).max() < 1e-4


PICTURES = [(".png", np.uint8), (".png", np.uint16), (".tif", np.uint8), (".tif", np.uint16), (".exr", np.uint16)]


@pytest.mark.parametrize("alpha", ["straight", "premultiplied"])
@pytest.mark.parametrize(("suffix", "dtype"), PICTURES)
def test_sequences_keep_alpha_and_say_how(suffix: str, dtype: Any, alpha: Any, tmp_path: Path) -> None:
    oiio = pytest.importorskip("OpenImageIO")
    frame = glass(3, dtype)
    with SequenceWriter(tmp_path / f"f.%04d{suffix}", first_number=1001, form=PictureForm(alpha=alpha)) as writer:
        writer.write(frame)
    path = tmp_path / f"f.1001{suffix}"
    back = read_image(path)
    assert frame.alpha is not None
    assert back.alpha is not None
    full, top = np.iinfo(dtype).max, 1 if suffix == ".exr" else np.iinfo(back.dtype).max
    shows = frame.alpha > full // 8
    loss = (0.6 if alpha == "straight" else 5) / 255 if dtype == np.uint8 else 1 / 900
    loss = 0 if alpha == "straight" and suffix != ".exr" else loss
    assert np.abs(back.alpha / top - frame.alpha / full).max() <= (1 / 2000 if suffix == ".exr" else 0)
    assert np.abs(back.pixels[shows] / top - frame.pixels[shows] / full).max() <= loss
    if suffix != ".png":  # seen by another reader: it weights what is told to be straight
        config = oiio.ImageSpec()
        config["oiio:UnassociatedAlpha"] = 1
        spec = oiio.ImageBuf(str(path), 0, 0, config).spec()
        if suffix == ".tif":
            assert bool(spec.get_int_attribute("oiio:UnassociatedAlpha")) == (alpha == "straight")
        else:
            assert spec.get_string_attribute("alphaForm") == alpha


@pytest.mark.parametrize("quality", [95, 100])
def test_animated_webp_keeps_alpha(quality: int, tmp_path: Path) -> None:
    frames = [glass(number) for number in range(3)]
    with AnimationWriter(tmp_path / "a.webp", quality=quality) as writer:
        for frame in frames:
            writer.write(frame)
    with open_media(tmp_path / "a.webp") as reader:
        for back, frame in zip(reader.frames(), frames, strict=True):
            alpha, colour = differences(back, frame)
            assert alpha == 0
            assert colour <= (0 if quality == 100 else 0.1)


def test_auto_takes_a_codec_with_alpha_and_others_are_refused_by_name(tmp_path: Path) -> None:
    auto = {
        suffix: choose_codec(choose_container(suffix), "auto", bit_depth=8, has_alpha=True).name
        for suffix in (".mov", ".mkv", ".webm", ".avi", ".mp4")
    }
    assert auto == {".mov": "prores_4444", ".mkv": "ffv1", ".webm": "vp9", ".avi": "ffv1", ".mp4": "h264"}
    assert not keeps_alpha(choose_container(".mp4"), CODECS["vp9"])
    like = VideoFormat(WIDTH, HEIGHT, has_alpha=True)
    with pytest.raises(UsageError, match=r"h264 .* no transparency; .*prores_4444 \(\.mov.*ffv1 .*PNG, TIFF, EXR"):
        VideoWriter(tmp_path / "a.mp4", like=like, must_keep_alpha=True)
    assert not list(tmp_path.iterdir())
