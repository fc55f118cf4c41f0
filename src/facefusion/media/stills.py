"""Reading one picture."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Frame, to_unit
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media import exr, tiff
from facefusion.media.alpha import straightened
from facefusion.media.icc import deep_to_srgb, is_srgb, to_srgb
from facefusion.media.image_header import ImageHeader, open_unlimited, read_image_header
from facefusion.media.orientation import UPRIGHT
from facefusion.media.scene_space import WORKING, SceneSpace, working_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

SRGB = WORKING
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


def read_image(path: str | Path, *, space: SceneSpace | None = None) -> Frame:
    """The picture as an upright sRGB Frame.

    pixels: (H, W, 3) uint8, uint16 in [0, 65535] for 16-bit PNG and TIFF, float32 for float TIFF and EXR, which goes
    beyond 0 and 1. alpha: straight, or None. space: of the stored pixels, where they are not what the file says. An
    embedded ICC profile is converted to sRGB, EXIF orientation applied, the palette, grey and CMYK unfolded. The first
    page of several is read. Raises InvalidInput (missing, too large, animated) or MediaUnreadable (broken).
    """
    header = read_image_header(Path(path))
    if header.is_animated:
        raise InvalidInput(
            f"{header.path}: is animated ({header.num_pictures} pictures) where one picture is needed; "
            "save one of them, or open it as a clip"
        )
    return decode_image(header, space=space)[0]


def decode_image(header: ImageHeader, *, space: SceneSpace | None = None) -> tuple[Frame, tuple[str, ...]]:
    """The (first) picture that `header` describes, and what was mended in it, one phrase each."""
    if header.format == "EXR":
        pixels, alpha, mended = exr.read_pixels(header.path, space)
        return Frame(pixels, color=SRGB, alpha=alpha), mended
    try:
        pixels, alpha = _decode_deep(header) if header.samples != "uint8" else _decode_8_bit(header)
    except _DECODE_ERRORS as error:
        raise MediaUnreadable(f"{header.path}: is damaged ({_line(error)}); export or copy it again") from None
    # Pillow turns 8-bit TIFF upright by itself, and only that
    turn = UPRIGHT if (header.format, header.samples) == ("TIFF", "uint8") else header.orientation
    if alpha is not None and header.is_premultiplied:
        pixels = straightened(pixels, alpha)
    if space is not None:
        pixels = working_pixels(space.to_linear_709(to_unit(pixels)))
        alpha = None if alpha is None else to_unit(alpha)
    return Frame(turn.apply(pixels), color=SRGB, alpha=None if alpha is None else turn.apply(alpha)), ()


def _decode_8_bit(header: ImageHeader) -> tuple[NDArray[Any], NDArray[Any] | None]:
    with open_unlimited(header.path, header.format) as picture:
        return split_picture(picture)


def split_picture(picture: Image) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(H, W, 3) uint8 sRGB and (H, W) uint8 alpha or None of any 8-bit Pillow picture."""
    profile = picture.info.get("icc_profile")
    picture.load()
    alpha = None
    if picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        alpha = np.asarray(picture.getchannel("A"))
        picture = picture.convert("RGB")
    if picture.mode not in ("L", "RGB", "CMYK", "LAB"):
        picture = picture.convert("RGB")
    if profile and not is_srgb(profile):
        picture = to_srgb(picture, profile)
    return np.asarray(picture.convert("RGB")), alpha


def _decode_deep(header: ImageHeader) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """16-bit and float pictures through OpenCV: Pillow would cut them to 8 bits."""
    import cv2

    data, profile = header.path.read_bytes(), None
    if header.format == "TIFF":
        page = tiff.read_header(header.path)
        data, profile = tiff.without_orientation(data, page), page.icc
    else:
        with open_unlimited(header.path, header.format) as picture:
            profile = picture.info.get("icc_profile")
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype.name != header.samples:
        raise ValueError(f"its {header.bit_depth}-bit samples cannot be decoded")
    alpha = None
    if stored.ndim == 3 and stored.shape[2] == 4:
        alpha = np.ascontiguousarray(stored[..., 3])
        stored = stored[..., :3]
    rgb = cv2.cvtColor(stored, cv2.COLOR_GRAY2RGB if stored.ndim == 2 else cv2.COLOR_BGR2RGB)
    if profile and rgb.dtype == np.uint16 and not is_srgb(profile):
        rgb = deep_to_srgb(rgb, profile)
    return rgb, alpha


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
