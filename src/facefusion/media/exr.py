"""OpenEXR pictures (ISO/TC 36 ST 2065-4 and the OpenEXR file layout): reading and writing, in linear light.

Pixels in a file are proportional to light and, as OpenEXR's standard says, premultiplied, unless its own attribute
`alphaForm` says "straight". Frames get them in the working curve (see `scene_space`), straight.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EIO, ENOSPC
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Frame
from facefusion.errors import InvalidInput, MediaUnreadable, UsageError
from facefusion.geometry.primaries import REC709
from facefusion.media.alpha import premultiplied, straightened
from facefusion.media.packages import film_package
from facefusion.media.paths import discard, temporary_beside
from facefusion.media.picture_form import AlphaForm, PictureForm, Stamp
from facefusion.media.scene_space import LINEAR_REC709, SceneSpace, linear_709_of, linear_space, working_pixels

_LARGEST_HALF = 65_504.0
_WHAT = "EXR pictures"
ALPHA_FORM = "alphaForm"
"""Attribute that says how transparency is stored, where a file says it."""
XMP = "xmp"
"""Attribute that holds the XMP packet."""


@dataclass(frozen=True, slots=True)
class ExrHeader:
    """What the header of a picture says.

    width, height: of the display window. overscan: whether pixels are stored outside of it. channels: names in the part
    that is read. layer: the prefix of its colour channels. space: linear light of its chromaticities.
    """

    width: int
    height: int
    bit_depth: int
    channels: tuple[str, ...]
    layer: str
    has_alpha: bool
    overscan: bool
    space: SceneSpace
    alpha_form: AlphaForm
    stamp: Stamp | None
    part: int


def read_header(path: Path) -> ExrHeader:
    """Raises MediaUnreadable (broken), InvalidInput (deep, thinned or without colour), UsageError (no OpenEXR)."""
    exr = film_package("OpenEXR", what=_WHAT)
    with _opened(exr, path, header_only=True) as file:
        return _header(exr, path, [part.header for part in file.parts])


def read_pixels(path: Path, space: SceneSpace | None = None) -> tuple[Float32, Float32 | None, tuple[str, ...]]:
    """(H, W, 3) float32 in the working curve, (H, W) straight alpha or None, and what was mended, one word each.

    The display window is read; where nothing is stored it is black and transparent. What is no number becomes 0, what
    is infinite the largest half. space: of the stored pixels; by default what the header says. Raises as `read_header`.
    """
    exr = film_package("OpenEXR", what=_WHAT)
    with _opened(exr, path, separate_channels=True) as file:
        headers = [part.header for part in file.parts]
        header = _header(exr, path, headers)
        stored = {name: channel.pixels for name, channel in file.parts[header.part].channels.items()}
        window = headers[header.part]
        planes, mended = _planes(header, stored, window)
    color, alpha = np.dstack(planes[:3]), planes[3] if len(planes) > 3 else None
    color, count = _finite(color)
    mended += [f"{count} values that were no finite number"] if count else []
    mended += ["pixels outside the display window"] if header.overscan else []
    if alpha is not None:
        alpha = np.clip(_finite(alpha)[0], 0.0, 1.0)
        if header.alpha_form == "premultiplied":
            if bool(((alpha == 0) & (color != 0).any(axis=2)).any()):
                mended.append("light that has no opacity")
            color = straightened(color, alpha)
    linear = (space or header.space).to_linear_709(color)
    return working_pixels(linear), alpha, tuple(mended)


def encode(path: Path, frame: Frame, form: PictureForm, *, xmp: bytes | None) -> bytes:
    """The bytes of an EXR file that is to be `path`. Raises UsageError without OpenEXR, OSError."""
    space = form.space or LINEAR_REC709
    alpha_form = form.alpha_of(".exr")
    color = space.from_linear_709(linear_709_of(frame))
    channels: dict[str, Any] = {"RGB": _stored(color, form)}
    attributes: dict[str, Any] = {}
    if frame.alpha is not None:
        alpha = _unit_alpha(frame)
        color = premultiplied(color, alpha) if alpha_form == "premultiplied" else color
        channels = {"RGBA": _stored(np.dstack([color, alpha]), form)}
        attributes = {ALPHA_FORM: alpha_form}
    marks = {XMP: xmp.decode()} if xmp else {}
    return file_bytes(path, channels, {**form.attributes, **attributes, **marks}, form)


def file_bytes(
    path: Path,
    channels: Mapping[str, NDArray[Any]],
    attributes: Mapping[str, Any],
    form: PictureForm,
    *,
    data_window: tuple[int, int] = (0, 0),
    size: tuple[int, int] | None = None,
) -> bytes:
    """One scan-line picture of `channels` (float16 or float32), as bytes.

    data_window: left and top of the stored pixels. size: width and height of the display window, by default theirs.
    """
    exr = film_package("OpenEXR", what=_WHAT)
    height, width = next(iter(channels.values())).shape[:2]
    left, top = data_window
    full = size or (width, height)
    header = {
        "type": exr.scanlineimage,
        "compression": getattr(exr, f"{form.exr_compression.upper()}_COMPRESSION"),
        "dataWindow": _window(left, top, width, height),
        "displayWindow": _window(0, 0, *full),
        **_color_attributes(form.space or LINEAR_REC709),
        **_stamp_attributes(exr, form.stamp),
        **attributes,
    }
    temporary = temporary_beside(path)
    try:
        with exr.File(header, dict(channels)) as file:
            file.write(str(temporary))
        return temporary.read_bytes()
    except RuntimeError as error:
        number = ENOSPC if "space" in str(error).lower() else EIO
        raise OSError(number, os.strerror(number)) from None
    finally:
        discard(temporary)


def _opened(exr: Any, path: Path, **options: bool) -> Any:
    try:
        return exr.File(str(path), **options)
    except Exception as error:
        said = " ".join(str(error).split())
        raise MediaUnreadable(f"{path}: starts like EXR but cannot be read ({said}); export it again") from None


def _header(exr: Any, path: Path, parts: list[dict[str, Any]]) -> ExrHeader:
    if not parts:
        raise MediaUnreadable(f"{path}: starts like EXR but cannot be read (cut off or damaged); export it again")
    reason = "has no picture"
    for number, header in enumerate(parts):
        names = tuple(channel.name for channel in header["channels"])
        if header.get("type") in (exr.deepscanline, exr.deeptile):
            reason = "is deep (many samples a pixel); flatten it first, with a DeepToImage node or `oiiotool --flatten`"
            continue
        if any((channel.xSampling, channel.ySampling) != (1, 1) for channel in header["channels"]):
            reason = "has thinned (luminance-chroma) channels; export it as RGB"
            continue
        layer = _layer(names)
        if layer is None:
            reason = f"has no channels R, G, B or Y, only {', '.join(names[:8])}"
            continue
        return _described(path, header, names, layer, number)
    raise InvalidInput(f"{path}: {reason}")


def _layer(names: tuple[str, ...]) -> str | None:
    """The prefix of the colour channels: none for the file's own, else the first layer that is whole, else in part."""
    layers = dict.fromkeys(name.rpartition(".")[0] for name in names if name.rpartition(".")[2] in ("R", "G", "B", "Y"))
    whole = [one for one in layers if {_in(one, c) for c in "RGB"} <= set(names) or _in(one, "Y") in names]
    wanted = sorted(layers, key=lambda one: (one != "" or one not in whole, one not in whole))
    return wanted[0] if wanted else None


def _in(layer: str, channel: str) -> str:
    return f"{layer}.{channel}" if layer else channel


def _described(path: Path, header: Mapping[str, Any], names: tuple[str, ...], layer: str, part: int) -> ExrHeader:
    (x0, y0), (x1, y1) = ((int(a), int(b)) for a, b in header["displayWindow"])
    (dx0, dy0), (dx1, dy1) = ((int(a), int(b)) for a, b in header["dataWindow"])
    try:
        space = linear_space(tuple(map(float, header.get("chromaticities", REC709))))  # type: ignore[arg-type]
    except ValueError as error:
        raise InvalidInput(f"{path}: {error}; name its colour space with --input-colorspace") from None
    form = "straight" if header.get(ALPHA_FORM) == "straight" else "premultiplied"
    return ExrHeader(
        width=x1 - x0 + 1,
        height=y1 - y0 + 1,
        bit_depth=16,
        channels=names,
        layer=layer,
        has_alpha=_in(layer, "A") in names,
        overscan=dx0 < x0 or dy0 < y0 or dx1 > x1 or dy1 > y1,
        space=space,
        alpha_form=form,  # type: ignore[arg-type]
        stamp=_stamp(header),
        part=part,
    )


def _planes(
    header: ExrHeader, stored: Mapping[str, NDArray[Any]], window: Mapping[str, Any]
) -> tuple[list[Float32], list[str]]:
    """(H, W) float32 of red, green, blue and alpha in the display window; what was missing."""
    names = [_in(header.layer, c) for c in "RGB"]
    mended: list[str] = []
    if not any(name in stored for name in names):
        names = [_in(header.layer, "Y")] * 3
    elif missing := [name for name in names if name not in stored]:
        mended.append(f"channel {', '.join(missing)} (filled with 0)")
    names += [_in(header.layer, "A")] if header.has_alpha else []
    return [_placed(stored.get(name), header, window) for name in names], mended


def _placed(plane: NDArray[Any] | None, header: ExrHeader, window: Mapping[str, Any]) -> Float32:
    result = np.zeros((header.height, header.width), np.float32)
    if plane is None:
        return result
    (x0, y0), (dx0, dy0) = window["displayWindow"][0], window["dataWindow"][0]
    left, top = int(dx0 - x0), int(dy0 - y0)
    h, w = plane.shape[:2]
    ys, ye, xs, xe = max(top, 0), min(top + h, header.height), max(left, 0), min(left + w, header.width)
    if ys < ye and xs < xe:
        result[ys:ye, xs:xe] = plane[ys - top : ye - top, xs - left : xe - left]
    return result


def _finite(values: Float32) -> tuple[Float32, int]:
    bad = ~np.isfinite(values)
    count = int(bad.sum())
    if count:
        values = np.nan_to_num(values, nan=0.0, posinf=_LARGEST_HALF, neginf=-_LARGEST_HALF)
    return values, count


def _unit_alpha(frame: Frame) -> Float32:
    from facefusion.core import to_unit

    assert frame.alpha is not None
    return np.clip(to_unit(frame.alpha), 0.0, 1.0)


def _stored(values: Float32, form: PictureForm) -> NDArray[Any]:
    if form.exr_depth == "float":
        return np.ascontiguousarray(values, np.float32)
    return np.ascontiguousarray(np.clip(values, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16))


def _window(left: int, top: int, width: int, height: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return np.array([left, top], np.int32), np.array([left + width - 1, top + height - 1], np.int32)


def _color_attributes(space: SceneSpace) -> dict[str, Any]:
    if not space.is_linear:
        raise UsageError(f"EXR holds linear light, and {space.name} is none; choose ACEScg, ACES2065-1 or leave it out")
    found: dict[str, Any] = {}
    if space.chromaticities is not None:
        found["chromaticities"] = space.chromaticities
    if space.interop_id is not None:
        found["colorInteropID"] = space.interop_id
    elif space.name:
        found["colorSpace"] = space.name
    return found


def _stamp_attributes(exr: Any, stamp: Stamp | None) -> dict[str, Any]:
    if stamp is None:
        return {}
    found: dict[str, Any] = {"imageCounter": stamp.number}
    if stamp.frames_per_second is not None:
        found["framesPerSecond"] = stamp.frames_per_second
    if stamp.timecode is not None:
        hours, minutes, seconds, frame = (int(text) for text in stamp.timecode.replace(";", ":").split(":"))
        drop = ";" in stamp.timecode
        found["timeCode"] = exr.TimeCode(hours, minutes, seconds, min(frame, 39), drop, *[0] * 13)
    return found


def _stamp(header: Mapping[str, Any]) -> Stamp | None:
    number, code, rate = (header.get(name) for name in ("imageCounter", "timeCode", "framesPerSecond"))
    if number is None and code is None and rate is None:
        return None
    text = None
    if code is not None:
        text = f"{code.hours:02}:{code.minutes:02}:{code.seconds:02}{';' if code.dropFrame else ':'}{code.frame:02}"
    fps = Fraction(rate) if rate and rate > 0 else None
    return Stamp(int(number or 0), text, fps)
