"""Colour profiles: embedded ICC to sRGB."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

# sRGB primaries adapted to the D50 of the profile connection space (ICC sRGB profile, Bradford)
_PCS_TO_SRGB = np.linalg.inv(
    np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
)


def is_srgb(profile: bytes) -> bool:
    """True when the profile names itself sRGB, so that converting would only add rounding."""
    return b"sRGB" in profile[:4096] or "sRGB".encode("utf-16-be") in profile[:4096]


def to_srgb(picture: Image, profile: bytes) -> Image:
    """An 8-bit grey, RGB or CMYK Pillow picture as sRGB; unchanged when the profile is unusable."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted if converted is not None else picture


def deep_to_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """(H, W, 3) uint16 through a matrix profile to sRGB (ICC.1:2022, 9.2 and 10); unchanged for table profiles."""
    try:
        tags = _tags(profile)
        curves = [_curve(profile, *tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
        matrix = np.array([_xyz(profile, *tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T
    except (KeyError, struct.error, ValueError):
        return pixels
    linear = np.stack([curve[pixels[..., channel]] for channel, curve in enumerate(curves)], axis=-1)
    mixed = linear @ (_PCS_TO_SRGB @ matrix).T.astype(np.float32)
    np.clip(mixed, 0.0, 1.0, out=mixed)
    coded = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * np.power(mixed, 1 / 2.4) - 0.055)
    converted: Pixels = (coded * 65535.0 + 0.5).astype(np.uint16)
    return converted


def _tags(profile: bytes) -> dict[bytes, tuple[int, int]]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(min(count, 200)))
    return {name: (offset, size) for name, offset, size in entries}


def _xyz(profile: bytes, offset: int, _size: int) -> list[float]:
    return [value / 65536.0 for value in struct.unpack_from(">3i", profile, offset + 8)]


def _curve(profile: bytes, offset: int, _size: int) -> NDArray[Any]:
    """A tone curve as a table of 65536 float32."""
    kind = profile[offset : offset + 4]
    x = np.linspace(0.0, 1.0, 65536)
    if kind == b"curv":
        (count,) = struct.unpack_from(">I", profile, offset + 8)
        if count == 0:
            return x.astype(np.float32)
        values = np.frombuffer(profile, ">u2", count, offset + 12)
        if count == 1:
            return np.power(x, float(values[0]) / 256.0).astype(np.float32)
        return np.interp(x, np.linspace(0.0, 1.0, count), values / 65535.0).astype(np.float32)
    if kind != b"para":
        raise ValueError(f"tone curve {kind!r}")
    return _parametric(profile, offset, x).astype(np.float32)


def _parametric(profile: bytes, offset: int, x: NDArray[Any]) -> NDArray[Any]:
    (form,) = struct.unpack_from(">H", profile, offset + 8)
    count = (1, 3, 4, 5, 7)[form]
    given = [v / 65536.0 for v in struct.unpack_from(f">{count}i", profile, offset + 12)]
    if form == 4:
        g, a, b, c, d, e, f = given
    elif form == 3:
        (g, a, b, c, d), e, f = given, 0.0, 0.0
    elif form == 0:
        g, a, b, c, d, e, f = given[0], 1.0, 0.0, 0.0, -1.0, 0.0, 0.0
    else:
        g, a, b = given[:3]
        c, d, e, f = 0.0, -b / a, given[3] if form == 2 else 0.0, given[3] if form == 2 else 0.0
    bent = np.power(np.maximum(a * x + b, 0.0), g) + e
    curve: NDArray[Any] = np.clip(np.where(x >= d, bent, c * x + f), 0.0, 1.0)
    return curve
