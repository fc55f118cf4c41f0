"""What a still picture's header says, read without decoding it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media import png, tiff
from facefusion.media.description import LARGEST_AREA_PX, LARGEST_SIDE_PX
from facefusion.media.orientation import UPRIGHT, Orientation, from_exif
from facefusion.media.paths import check_input
from facefusion.media.picture_form import ALPHA_TAG, Stamp
from facefusion.media.scene_space import SceneSpace

if TYPE_CHECKING:
    from PIL.Image import Exif
    from PIL.ImageFile import ImageFile

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".jp2", ".exr"}
)
"""Files of a folder that count as pictures."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "TIFF"),
    (0, b"MM\x00+", "TIFF"),
    (0, b"BM", "BMP"),
    (0, b"\x76\x2f\x31\x01", "EXR"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
)
_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
SampleKind = Literal["uint8", "uint16", "float32"]


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Stored (not yet upright) size and nature of a still. `mode` is Pillow's name of the pixel layout.

    space, stamp: what an EXR says of its colour and its place in a sequence. is_premultiplied: what whoever decodes it
    has to undo.
    """

    path: Path
    format: str
    width: int
    height: int
    mode: str
    bit_depth: int
    samples: SampleKind
    num_pictures: int
    orientation: Orientation
    has_alpha: bool
    space: SceneSpace | None = None
    stamp: Stamp | None = None
    is_premultiplied: bool = False

    @property
    def is_animated(self) -> bool:
        return self.num_pictures > 1 and self.format in _ANIMATED


def sniff_image(path: Path) -> str | None:
    """The still format that the first bytes announce ("PNG", "JPEG", …) or None. The suffix does not count."""
    with path.open("rb") as file:
        start = file.read(32)
    return next((name for offset, magic, name in _MAGIC if start[offset : offset + len(magic)] == magic), None)


def open_unlimited(path: Path, name: str) -> ImageFile:
    """Pillow's picture object before decoding, without Pillow's own size limit (`check_size` has ours)."""
    from PIL import Image

    Image.preinit()  # the common formats: all of Pillow's plug-ins take 45 ms
    if name not in Image.OPEN:
        Image.init()
    factory: Any = Image.OPEN[name][0]
    try:
        return cast("ImageFile", factory(str(path), str(path)))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError, TypeError) as error:
        raise MediaUnreadable(
            f"{path}: starts like {name} but its header is broken ({error}); export it again"
        ) from None


def read_image_header(path: Path, *, name: str | None = None) -> ImageHeader:
    """Raises InvalidInput (no picture, too large) or MediaUnreadable (broken header)."""
    check_input(path)
    name = name or sniff_image(path)
    if name is None:
        raise MediaUnreadable(
            f"{path}: is not a picture that can be read; PNG, JPEG, WebP, TIFF, EXR, BMP, GIF and AVIF can"
        )
    if name == "TIFF":
        return _tiff_header(path)
    if name == "EXR":
        return _exr_header(path)
    picture = open_unlimited(path, name)
    with picture:
        width, height = picture.size
        check_size(path, width, height)
        samples, bit_depth = _samples(picture, path, name)
        return ImageHeader(
            path=path,
            format=name,
            width=width,
            height=height,
            mode=picture.mode,
            bit_depth=bit_depth,
            samples=samples,
            num_pictures=_count(picture, name),
            orientation=_orientation(picture, path),
            has_alpha=picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info,
            is_premultiplied=picture.info.get(ALPHA_TAG) == "premultiplied",
        )


def _tiff_header(path: Path) -> ImageHeader:
    try:
        page = tiff.read_header(path)
    except (OSError, ValueError, struct.error) as error:
        raise MediaUnreadable(f"{path}: starts like TIFF but its header is broken ({error}); export it again") from None
    check_size(path, page.width, page.height)
    return ImageHeader(
        path=path,
        format="TIFF",
        width=page.width,
        height=page.height,
        mode=f"{page.channels}×{'float' if page.is_float else 'int'}",
        bit_depth=page.bits,
        samples="float32" if page.is_float else "uint16" if page.bits > 8 else "uint8",
        num_pictures=1,
        orientation=from_exif(page.orientation),
        has_alpha=page.has_alpha,
        is_premultiplied=page.is_premultiplied
        and (page.is_float or page.bits > 8),  # Pillow undoes it, and reads 8 bits
    )


def _exr_header(path: Path) -> ImageHeader:
    from facefusion.media import exr

    found = exr.read_header(path)
    check_size(path, found.width, found.height)
    return ImageHeader(
        path=path,
        format="EXR",
        width=found.width,
        height=found.height,
        mode=f"{len(found.channels)}×half",
        bit_depth=found.bit_depth,
        samples="float32",
        num_pictures=1,
        orientation=UPRIGHT,
        has_alpha=found.has_alpha,
        space=found.space,
        stamp=found.stamp,
    )


def check_size(path: Path, width: int, height: int) -> None:
    """Raise InvalidInput for a picture larger than this software handles."""
    if max(width, height) > LARGEST_SIDE_PX or width * height > LARGEST_AREA_PX:
        raise InvalidInput(
            f"{path}: {width}×{height} pixels are too many; at most {LARGEST_SIDE_PX} a side and "
            f"{LARGEST_AREA_PX // 1_000_000} million in all: scale it down first"
        )
    if min(width, height) < 1:
        raise MediaUnreadable(f"{path}: has no pixels ({width}×{height}); export it again")


def _count(picture: ImageFile, name: str) -> int:
    if name not in _ANIMATED:
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, EOFError, SyntaxError, ValueError):
        return 1


def exif_of(picture: ImageFile, path: Path) -> Exif:
    """The EXIF block of an opened, not yet decoded picture; Pillow alone would decode a PNG to look behind its pixels.

    Raises what Pillow raises on broken blocks: a dozen kinds of error.
    """
    from PIL import Image

    if picture.format != "PNG":
        return picture.getexif()
    if "exif" not in picture.info and (block := png.find_chunk(path, b"eXIf")):
        picture.info["exif"] = b"Exif\x00\x00" + block
    return Image.Image.getexif(picture)


def _orientation(picture: ImageFile, path: Path) -> Orientation:
    try:
        return from_exif(int(exif_of(picture, path).get(0x0112, 1)))
    except Exception:  # EXIF is decoration: Pillow raises a dozen kinds of error on broken blocks
        return UPRIGHT


def _samples(picture: ImageFile, path: Path, name: str) -> tuple[SampleKind, int]:
    if name == "PNG":
        with path.open("rb") as file:
            bits = file.read(26)[24]
        return ("uint16", 16) if bits == 16 else ("uint8", min(bits, 8))
    return ("uint16", 16) if picture.mode.startswith("I") else ("uint8", 8)
