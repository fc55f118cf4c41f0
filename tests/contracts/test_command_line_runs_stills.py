"""Every kind of still that people have, as the source and as the target, through the real command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from command_line import refused, succeeded
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.media import open_media, read_image
from facefusion.provenance import verify
from portraits import astronaut, scene, write_png

Pixels = NDArray[np.uint8]
Save = Callable[[Path, Pixels], None]


def sideways(path: Path, pixels: Pixels) -> None:
    """Stored lying on its side, with the tag that turns it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(pixels)).save(path, exif=exif, quality=95)


def see_through(path: Path, pixels: Pixels) -> None:
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:, :20] = 0
    write_png(path, np.dstack([pixels, alpha]))


def deep(path: Path, pixels: Pixels) -> None:
    cv2.imwrite(str(path), pixels[..., ::-1].astype(np.uint16) * 257)


def float_tiff(path: Path, pixels: Pixels) -> None:
    cv2.imwrite(str(path), pixels[..., ::-1].astype(np.float32) / 255)


def two_pages(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(path, save_all=True, append_images=[Image.fromarray(pixels[::-1])])


KINDS: dict[str, tuple[str, Save]] = {
    "cmyk": ("a.jpg", lambda path, pixels: Image.fromarray(pixels).convert("CMYK").save(path, quality=95)),
    "deep": ("a.png", deep),
    "deep_tiff": ("a.tif", deep),
    "float_tiff": ("a.tiff", float_tiff),
    "grey": ("a.png", lambda path, pixels: Image.fromarray(pixels).convert("L").save(path)),
    "palette": ("a.png", lambda path, pixels: Image.fromarray(pixels).quantize(256).save(path)),
    "sideways": ("a.jpg", sideways),
    "alpha": ("a.png", see_through),
    "webp": ("a.webp", lambda path, pixels: Image.fromarray(pixels).save(path, lossless=True)),
    "bmp": ("a.bmp", lambda path, pixels: Image.fromarray(pixels).save(path)),
    "one_gif": ("a.gif", lambda path, pixels: Image.fromarray(pixels).quantize(256).save(path)),
    "pages": ("a.tif", two_pages),
    "named_wrongly": ("a.jpg", lambda path, pixels: Image.fromarray(pixels).save(path, "PNG")),
}  # fmt: skip


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_png(tmp_path_factory.mktemp("source") / "source.png", astronaut())


@pytest.mark.parametrize("kind", KINDS)
def test_as_the_target(kind: str, source: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    """Upright, of its size and depth; transparent where it was; nearer to the source than before; marked."""
    name, save = KINDS[kind]
    target, output = tmp_path / name, tmp_path / f"out{'.png' if kind != 'sideways' else '.jpg'}"
    save(target, scene())
    original = target.read_bytes()
    succeeded("--source", source, "--target", target, "--output", output)
    before, after = read_image(target), read_image(output)
    assert after.pixels.shape == (240, 320, 3)
    assert after.pixels.dtype == (np.uint16 if kind in ("deep", "deep_tiff", "float_tiff") else np.uint8)
    assert (after.alpha is not None) == (kind == "alpha")
    if after.alpha is not None:
        assert not after.alpha[:200, :20].any()
        assert after.alpha[:, 20:].all()
    assert verify(output).is_marked
    assert target.read_bytes() == original
    (wanted,), (old,), (new,) = (analyser.find(p) for p in (astronaut(), before.pixels, after.pixels))
    assert distance(new.embedding, wanted.embedding) < distance(old.embedding, wanted.embedding) - 0.03


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "alpha"])
def test_as_the_source(kind: str, source: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    """The result is close to what the plain photo gives."""
    name, save = KINDS[kind]
    save(tmp_path / name, astronaut())
    target, output = write_png(tmp_path / "target.png", scene()), tmp_path / "out.png"
    succeeded("--source", tmp_path / name, "--target", target, "--output", output)
    (wanted,), (old,), (new,) = (analyser.find(p) for p in (astronaut(), scene(), read_image(output).pixels))
    assert distance(new.embedding, wanted.embedding) < distance(old.embedding, wanted.embedding) - 0.03


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_an_animated_picture_is_a_clip(suffix: str, source: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    target = tmp_path / f"wave{suffix}"
    frames = [Image.fromarray(scene(number)) for number in range(3)]
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=[40, 80, 40], loop=0)
    line = refused(tmp_path, 2, "a clip", "--source", source, "--target", target, "--output", tmp_path / "out.png")
    assert "%04d" in line, "the line says what would work"
    succeeded("--source", source, "--target", target, "--output", tmp_path / "out.mp4")
    with open_media(tmp_path / "out.mp4") as reader:
        assert [float(stamp.seconds) for stamp in reader.timestamps()] == pytest.approx([0, 0.04, 0.12])
        pictures = [frame.pixels for frame in reader]
    (wanted,) = analyser.find(astronaut())
    for number, pixels in enumerate(pictures):
        (old,), (new,) = analyser.find(scene(number)), analyser.find(pixels)
        assert distance(new.embedding, wanted.embedding) < distance(old.embedding, wanted.embedding) - 0.03


@pytest.mark.usefixtures("one_number")
def test_a_cast_of_formats_for_the_output(source: Path, tmp_path: Path) -> None:
    """Each kind of picture that is written carries its marks inside and looks the same."""
    target = write_png(tmp_path / "target.png", scene())
    looks = {}
    for suffix in (".png", ".jpg", ".webp", ".tif"):
        output = tmp_path / f"out{suffix}"
        succeeded("--source", source, "--target", target, "--output", output)
        assert verify(output).is_marked
        looks[suffix] = read_image(output).pixels.astype(int)
    for pixels in looks.values():
        assert np.abs(pixels - looks[".png"]).mean() < 2.5
    assert np.array_equal(looks[".png"], looks[".tif"])
