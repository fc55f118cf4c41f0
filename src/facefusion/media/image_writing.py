"""Writing one picture, whole or not at all, with its metadata."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Frame
from facefusion.core.arrays import from_unit, to_unit
from facefusion.errors import DiskFull, OutputFailed, UsageError
from facefusion.media import exr, png, tiff
from facefusion.media.alpha import premultiplied
from facefusion.media.paths import check_output, write_atomically
from facefusion.media.picture_form import ALPHA_TAG, PictureForm
from facefusion.media.scene_space import linear_709_of

if TYPE_CHECKING:
    from PIL.Image import Image

WRITABLE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".exr")
ALPHA_SUFFIXES = (".png", ".webp", ".tif", ".tiff", ".exr")
"""Pictures that hold transparency."""
WEIGHTED_SUFFIXES = (".png", ".tif", ".tiff", ".exr")
"""Those of them that can say that their colour is premultiplied."""
_MARKABLE = ".png, .jpg, .webp, .tif or .exr"
_DEFAULT_QUALITY = 95


def write_image(
    path: str | Path,
    frame: Frame,
    *,
    quality: int | None = None,
    xmp: bytes | None = None,
    exif: bytes | None = None,
    overwrite: bool = False,
    seal: Callable[[Path], None] | None = None,
    form: PictureForm = PictureForm(),
) -> None:
    """Write `frame` in the format of the suffix: as an sRGB picture, in EXR as linear light.

    quality: 1–100 for JPEG and WebP (None: 95; 100 makes WebP lossless). xmp: a whole XMP packet. exif: a TIFF-shaped
    EXIF block such as `clean_exif` returns. seal: see `write_atomically`. form: colour space, alpha, and what else EXR
    leaves open. PNG and TIFF keep 16 bits, TIFF and EXR also float32; others get 8 bits. JPEG and BMP drop alpha.
    Raises UsageError (unknown suffix, quality), OutputExists, OutputFailed.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE_SUFFIXES:
        raise UsageError(f"{path}: pictures are written as {', '.join(WRITABLE_SUFFIXES)}, got {path.suffix!r}")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality: got {quality}, supported is 1 to 100")
    check_output(path, overwrite=overwrite)
    write_atomically(
        path, encode_image(path, frame, quality=quality, xmp=xmp, exif=exif, form=form), overwrite=overwrite, seal=seal
    )


def encode_image(
    path: Path,
    frame: Frame,
    *,
    quality: int | None,
    xmp: bytes | None,
    exif: bytes | None,
    form: PictureForm = PictureForm(),
) -> bytes:
    """The bytes of the file that `path` is to become."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".exr":
            return exr.encode(path, frame, form, xmp=xmp)
        frame = _formed(frame, form, suffix)
        if suffix == ".png":
            pixels, alpha = _as(frame, np.uint16 if frame.dtype != np.uint8 else np.uint8)
            told = None if alpha is None else (ALPHA_TAG, form.alpha_of(suffix))
            return png.encode(pixels, alpha, xmp=xmp, exif=exif, text=told)
        if suffix in (".tif", ".tiff"):
            return tiff.encode(frame.pixels, frame.alpha, xmp=xmp, is_premultiplied=form.alpha_of(suffix) != "straight")
        return _encode_with_pillow(suffix, frame, quality or _DEFAULT_QUALITY, xmp, exif)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull(f"{path}: the disk is full; free some space") from None
        raise OutputFailed(f"{path}: cannot be encoded ({error})") from None
    except ValueError as error:
        raise OutputFailed(f"{path}: cannot be encoded ({error})") from None


def _formed(frame: Frame, form: PictureForm, suffix: str) -> Frame:
    """`frame` in the colour space and with the alpha that `form` asks for."""
    if form.space is not None:
        pixels = form.space.from_linear_709(linear_709_of(frame))
        frame = replace(frame, pixels=pixels, alpha=None if frame.alpha is None else to_unit(frame.alpha))
    if frame.alpha is not None and form.alpha_of(suffix) == "premultiplied" and suffix in WEIGHTED_SUFFIXES:
        frame = replace(frame, pixels=premultiplied(frame.pixels, frame.alpha))
    return frame


def _encode_with_pillow(suffix: str, frame: Frame, quality: int, xmp: bytes | None, exif: bytes | None) -> bytes:
    from PIL import Image

    pixels, alpha = _as(frame, np.uint8)
    picture = Image.fromarray(pixels)
    data = io.BytesIO()
    extras: dict[str, Any] = {name: block for name, block in (("xmp", xmp), ("exif", exif)) if block}
    if suffix == ".bmp":
        if xmp:
            raise ValueError(f"BMP cannot carry the marks of a made picture; write {_MARKABLE}")
        picture.save(data, "BMP")
    elif suffix == ".webp":
        picture = _with_alpha(picture, alpha)
        picture.save(data, "WEBP", quality=quality, lossless=quality == 100, exact=True, **extras)
    else:
        picture.save(data, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, **extras)
    return data.getvalue()


def _with_alpha(picture: Image, alpha: NDArray[Any] | None) -> Image:
    from PIL import Image

    if alpha is not None:
        picture.putalpha(Image.fromarray(alpha))
    return picture


def _as(frame: Frame, dtype: Any) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Pixels and alpha in another sample type, rounded to nearest."""
    wanted = np.dtype(dtype)

    def convert(array: NDArray[Any]) -> NDArray[Any]:
        if array.dtype == wanted:
            return np.ascontiguousarray(array)
        return np.ascontiguousarray(from_unit(to_unit(array), wanted))

    return convert(frame.pixels), None if frame.alpha is None else convert(frame.alpha)


def clean_exif(path: str | Path) -> bytes | None:
    """The EXIF block of a picture without orientation, thumbnail, maker note and size, or None.

    Left out is what would be wrong for the result: the reader has turned it upright, the thumbnail shows the original.
    """
    from PIL import Image

    from facefusion.media.image_header import exif_of, open_unlimited, sniff_image

    path = Path(path)
    name = sniff_image(path)
    if name is None:
        return None
    try:
        with open_unlimited(path, name) as picture:
            stored = exif_of(picture, path)
        kept = Image.Exif()
        for tag, value in stored.items():
            if tag in _KEPT_TAGS:
                kept[tag] = value
        for place, dropped in ((0x8769, {0x927C, 0xA002, 0xA003, 0xA005, 0x9286}), (0x8825, set())):
            inner = {tag: value for tag, value in stored.get_ifd(place).items() if tag not in dropped}
            if inner:
                kept.get_ifd(place).update(inner)
        return kept.tobytes() if len(kept) or kept.get_ifd(0x8769) or kept.get_ifd(0x8825) else None
    except Exception:  # EXIF is decoration: Pillow raises a dozen kinds of error on broken blocks
        return None


# ImageDescription, Make, Model, X/YResolution, ResolutionUnit, DateTime, Artist, Copyright
_KEPT_TAGS = frozenset({0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0132, 0x013B, 0x8298})
