"""Stills: every kind is read as upright sRGB and written whole, with its marks."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from clips import number_of, picture
from facefusion.core import Frame
from facefusion.errors import InvalidInput, MediaUnreadable, OutputExists, OutputFailed, UsageError
from facefusion.media import clean_exif, open_media, probe, read_image, tiff, write_image
from facefusion.media.icc import deep_to_srgb
from facefusion.media.orientation import Orientation

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><AIGC>{"Label":"1"}</AIGC></x:xmpmeta>'
PLAIN = picture(0xA5)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp", ".gif"])
def test_colour_pictures(suffix: str, tmp_path: Path) -> None:
    options = {} if suffix in (".png", ".tif", ".bmp", ".gif") else {"quality": 95}
    frame = read_image(saved(tmp_path / f"a{suffix}", Image.fromarray(PLAIN), **options))
    assert number_of(frame.pixels) == 0xA5
    assert frame.pixels.dtype == np.uint8
    assert frame.alpha is None
    assert (frame.color.primaries, frame.color.transfer, frame.color.full_range) == (1, 13, True)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_other_modes(mode: str, tmp_path: Path) -> None:
    suffix = ".jpg" if mode in ("CMYK", "YCbCr") else ".png"
    image = Image.fromarray(PLAIN).convert(mode)
    frame = read_image(saved(tmp_path / f"a{suffix}", image))
    wanted = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(frame.pixels.astype(int) - wanted).mean() < 3
    if mode in ("P", "CMYK", "YCbCr"):
        assert number_of(frame.pixels) == 0xA5


def test_an_inverted_adobe_cmyk_jpeg_is_not_negative(tmp_path: Path) -> None:
    image = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    frame = read_image(saved(tmp_path / "red.jpg", image, quality=95))
    red, green, blue = frame.pixels[16, 16].astype(int)
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_kept_straight(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(PLAIN).convert("RGB")
    alpha = np.zeros(PLAIN.shape[:2], np.uint8)
    alpha[:, :48] = 255
    alpha[:, 20:30] = 100
    image.putalpha(Image.fromarray(alpha))
    frame = read_image(saved(tmp_path / "a.png", image.convert("LA" if mode == "LA" else "RGBA")))
    assert frame.alpha is not None
    assert np.array_equal(frame.alpha, alpha)
    if mode == "RGBA":
        assert np.array_equal(frame.pixels, PLAIN)


def test_a_transparent_palette_colour_is_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(PLAIN).quantize(16)
    clear = image.getpixel((3, 3))
    frame = read_image(saved(tmp_path / "a.png", image, transparency=clear))
    assert frame.alpha is not None
    assert frame.alpha[3, 3] == 0
    assert frame.alpha[3, 90] == 255


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay_sixteen(suffix: str, channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    stored = rng.integers(0, 65_536, (40, 50, channels)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), stored if channels > 1 else stored[..., 0])
    frame = read_image(tmp_path / f"a{suffix}")
    assert frame.pixels.dtype == np.uint16
    wanted = np.repeat(stored, 3, 2) if channels == 1 else stored[..., 2::-1]
    assert np.array_equal(frame.pixels, wanted)
    if channels == 4:
        assert frame.alpha is not None
        assert np.array_equal(frame.alpha, stored[..., 3])
    info = probe(tmp_path / f"a{suffix}")
    assert (info.bit_depth, info.kind, info.width, info.height) == (16, "image", 50, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_exif_orientation_is_applied(orientation: int, suffix: str, tmp_path: Path) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions that store it lying
    image = Image.fromarray(PLAIN)
    if orientation > 1:
        image = image.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"a{suffix}", image, exif=exif, **({} if suffix in (".png", ".tif") else {"quality": 95}))
    frame = read_image(path)
    assert number_of(frame.pixels) == 0xA5
    assert (probe(path).width, probe(path).height) == (96, 72)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_tiff_is_turned_too(orientation: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tiff._directory

    def with_orientation(entries: list, start: int) -> bytes:
        return plain(sorted([*entries, (274, 3, [orientation])], key=lambda entry: entry[0]), start)

    monkeypatch.setattr(tiff, "_directory", with_orientation)
    undo = {1: (0, False), 2: (0, True), 3: (180, False), 4: (180, True), 5: (90, True), 6: (270, False)}
    turn = Orientation(*{**undo, 7: (270, True), 8: (90, False)}[orientation])
    stored = turn.apply(picture(0xA5, dtype=np.uint16))
    (tmp_path / "a.tif").write_bytes(tiff.encode(stored, None))
    frame = read_image(tmp_path / "a.tif")
    assert number_of(frame.pixels) == 0xA5
    assert np.array_equal(frame.pixels, picture(0xA5, dtype=np.uint16))


def display_p3() -> bytes:
    """A display profile with wide primaries (ICC v2, matrix and gamma 2.2)."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65_536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(78 + 3)
    blocks = {
        b"desc": text,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.51512, 0.24120, -0.00105),
        b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
        b"cprt": b"text\0\0\0\0free\0\0\0\0",
    }
    table, body, offset = b"", b"", 132 + 12 * len(blocks)
    for name, block in blocks.items():
        table += name + struct.pack(">II", offset + len(body), len(block))
        body += block + bytes(-len(block) % 4)
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12)
    header += b"acsp" + bytes(28) + struct.pack(">3i", 63_190, 65_536, 54_061) + bytes(48)
    return header + struct.pack(">I", len(blocks)) + table + body


def test_a_wide_profile_is_converted_alike_for_8_and_16_bits(tmp_path: Path) -> None:
    profile = display_p3()
    colours = np.random.default_rng(7).integers(40, 200, (16, 16, 3)).astype(np.uint8)
    colours[:8] = colours[:8] // 8 + 100  # tame colours inside sRGB
    frame = read_image(saved(tmp_path / "a.png", Image.fromarray(colours), icc_profile=profile))
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    wanted = ImageCms.profileToProfile(Image.fromarray(colours), source, ImageCms.createProfile("sRGB"), 1)
    assert wanted is not None
    assert np.abs(frame.pixels.astype(int) - np.asarray(wanted).astype(int)).max() <= 1
    deep = deep_to_srgb(colours.astype(np.uint16) * 257, profile)
    assert np.abs(deep[:8].astype(int) / 257 - np.asarray(wanted)[:8].astype(int)).max() < 1.5


def test_a_pure_green_of_a_wide_profile_changes(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), (120, 200, 120))
    frame = read_image(saved(tmp_path / "a.jpg", image, icc_profile=display_p3(), quality=100))
    assert frame.pixels[4, 4, 0] < 105


def test_a_broken_profile_is_ignored(tmp_path: Path) -> None:
    frame = read_image(saved(tmp_path / "a.png", Image.fromarray(PLAIN), icc_profile=b"nonsense" * 40))
    assert np.array_equal(frame.pixels, PLAIN)


def test_a_damaged_jpeg_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.fromarray(picture(1, 400, 300)), quality=95)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaUnreadable, match="damaged"):
        read_image(path)
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))
    with pytest.raises(MediaUnreadable):
        read_image(path)


def test_a_giant_is_refused_by_its_header(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.new("1", (8, 8)).save(small)
    data = bytearray(small.read_bytes())
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "giant.png").write_bytes(data)
    for opened in (probe, read_image, open_media):
        with pytest.raises(InvalidInput, match=r"30000×30000 pixels are too many"):
            opened(tmp_path / "giant.png")


def test_text_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(InvalidInput, match=r"is not a picture"):
        read_image(tmp_path / "a.png")


def test_an_animation_is_no_still_but_a_clip(tmp_path: Path) -> None:
    pictures = [Image.fromarray(picture(n)) for n in range(5)]
    for suffix in (".gif", ".png", ".webp"):
        path = tmp_path / f"a{suffix}"
        options = {"lossless": True} if suffix == ".webp" else {}
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[40, 80, 40, 40, 200], **options)
        with pytest.raises(InvalidInput, match="animated"):
            read_image(path)
        with open_media(path) as reader:
            frames = list(reader)
            assert [number_of(frame.pixels) for frame in frames] == [0, 1, 2, 3, 4]
            assert [frame.timestamp.pts for frame in frames] == [0, 40, 120, 160, 200]
            assert [frame.duration_pts for frame in frames] == [40, 80, 40, 40, 200]
            assert number_of(reader.frame_at(3).pixels) == 3
            assert reader.info.kind == "video"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"])
def test_what_is_written_comes_back(suffix: str, tmp_path: Path) -> None:
    write_image(tmp_path / f"a{suffix}", Frame(PLAIN))
    frame = read_image(tmp_path / f"a{suffix}")
    assert number_of(frame.pixels) == 0xA5
    if suffix in (".png", ".tif", ".tiff", ".bmp"):
        assert np.array_equal(frame.pixels, PLAIN)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_depth_and_alpha_are_written_exactly(suffix: str, dtype: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    top = np.iinfo(dtype).max + 1
    pixels = rng.integers(0, top, (67, 45, 3)).astype(dtype)
    alpha = rng.integers(0, top, (67, 45)).astype(dtype)
    write_image(tmp_path / f"a{suffix}", Frame(pixels, alpha=alpha))
    frame = read_image(tmp_path / f"a{suffix}")
    assert np.array_equal(frame.pixels, pixels)
    assert frame.alpha is not None
    assert np.array_equal(frame.alpha, alpha)


def test_float_tiff(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).random((70, 30, 3)).astype(np.float32) * 4
    write_image(tmp_path / "a.tif", Frame(pixels))
    assert np.array_equal(read_image(tmp_path / "a.tif").pixels, pixels)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_marks_are_read_back_by_another_program(suffix: str, dtype: Any, tmp_path: Path) -> None:
    write_image(tmp_path / f"a{suffix}", Frame(picture(9, dtype=dtype)), xmp=XMP)
    with Image.open(tmp_path / f"a{suffix}") as image:
        stored = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        if stored is None and suffix == ".tif":
            stored = image.tag_v2[700]  # type: ignore[attr-defined]
        image.load()
    assert (stored.encode() if isinstance(stored, str) else stored) == XMP


def test_bmp_cannot_carry_marks(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match=r"write \.png"):
        write_image(tmp_path / "a.bmp", Frame(PLAIN), xmp=XMP)
    assert list(tmp_path.iterdir()) == []


def test_camera_data_goes_along_without_what_is_no_longer_true(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x0110], exif[0x8298] = 6, "Alexa", "Anna"
    exif.get_ifd(0x8769)[0x829A] = 0.02
    path = saved(tmp_path / "a.jpg", Image.fromarray(PLAIN), exif=exif)
    kept = clean_exif(path)
    for suffix in (".jpg", ".png", ".webp"):
        write_image(tmp_path / f"b{suffix}", read_image(path), exif=kept, xmp=XMP)
        with Image.open(tmp_path / f"b{suffix}") as image:
            stored = image.getexif()
            assert (stored.get(0x0110), stored.get(0x8298), stored.get(0x0112)) == ("Alexa", "Anna", None)
            assert float(stored.get_ifd(0x8769)[0x829A]) == pytest.approx(0.02)
    assert clean_exif(saved(tmp_path / "c.png", Image.fromarray(PLAIN))) is None


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(OutputExists):
        write_image(tmp_path / "a.png", Frame(PLAIN))
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    write_image(tmp_path / "a.png", Frame(PLAIN), overwrite=True)
    assert np.array_equal(read_image(tmp_path / "a.png").pixels, PLAIN)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_wrong_requests(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png"):
        write_image(tmp_path / "a.tga", Frame(PLAIN))
    with pytest.raises(UsageError, match="1 to 100"):
        write_image(tmp_path / "a.jpg", Frame(PLAIN), quality=0)
