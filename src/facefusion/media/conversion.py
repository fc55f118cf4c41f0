"""Between libav's stored pictures and RGB arrays: tagged matrix and range, accurate rounding, full chroma.

swscale treats 65280 (255 × 256) as white of its 16-bit RGB when the other side is YUV or grey (reading full range: the
highest level, shifted up to 16 bits); both directions are corrected here so that arrays use all of 0..65535.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from facefusion.core import ColorInfo
from facefusion.core.arrays import from_unit
from facefusion.errors import MediaUnreadable
from facefusion.media.alpha_plane import alpha_plane, has_alpha_plane, set_alpha_plane

_FLAGS = (
    Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)
_LIMITED, _FULL = 1, 2
_STRETCH = 257 / 256
# H.273 matrix coefficients → swscale's coefficient sets
_SWS_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
# read plane by plane: swscale dithers between RGB depths
_DEEP_RGB = frozenset(f"gbr{alpha}p{depth}le" for alpha in ("", "a") for depth in (9, 10, 12, 14))
_BT709, _BT601 = 1, 6
_DEEP = np.dtype(np.uint16)


def assumed_matrix(color: ColorInfo, width: int, height: int) -> int:
    """The H.273 matrix to convert with: the tagged one; BT.709 for untagged HD, BT.601 for smaller pictures.

    HD is 720 lines or more, or 1280 in the longer side (cropped wide screen); the same for portrait and landscape.
    """
    if color.matrix not in (0, 2):
        return color.matrix
    return _BT709 if min(width, height) >= 720 or max(width, height) >= 1280 else _BT601


def color_of(frame: av.VideoFrame, context: Any) -> ColorInfo:
    """Colour tags of a decoded picture, the codec's where the picture has none."""
    full = {_LIMITED: False, _FULL: True}.get(int(frame.color_range)) if frame.color_range else None
    if full is None and (frame.format.name.startswith("yuvj") or frame.format.is_rgb):
        full = True
    return ColorInfo(
        primaries=_tag(frame.color_primaries, context.color_primaries),
        transfer=_tag(frame.color_trc, context.color_trc),
        matrix=0 if frame.format.is_rgb else _tag(frame.colorspace, context.colorspace),
        full_range=full,
    )


def _tag(of_frame: int, of_context: int) -> int:
    return next((int(tag) for tag in (of_frame, of_context) if int(tag) not in (0, 2)), 2)


def depth_of(frame_format: Any) -> int:
    """Bits of the deepest component."""
    return max((int(component.bits) for component in frame_format.components), default=8)


def has_alpha(frame_format: Any) -> bool:
    return any(component.is_alpha for component in frame_format.components) or frame_format.name == "pal8"


class ToRgb:
    """Turns decoded pictures into RGB arrays. One object per stream; not shared between threads."""

    def __init__(self, color: ColorInfo, *, threads: int) -> None:
        self._color = color
        self._threads = threads
        self._sws = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """(H, W, 3) uint8, or uint16 in 0..65535 for sources deeper than 8 bits, and (H, W) alpha or None."""
        deep, transparent = depth_of(frame.format) > 8, has_alpha(frame.format)
        if deep and frame.format.name in _DEEP_RGB:
            return _merged(frame, np.uint16, 65_535 / ((1 << depth_of(frame.format)) - 1))
        # planar: swscale's packed 48-bit output is wrong for 4:2:0 with full chroma, and half as fast
        target = ("gbrap" if transparent else "gbrp") + ("16le" if deep else "")
        matrix = sws_matrix(assumed_matrix(self._color, frame.width, frame.height))
        stored_full = frame.format.is_rgb or self._color.full_range is True
        planar = self._sws.reformat(
            frame,
            format=target,
            src_colorspace=None if frame.format.is_rgb else matrix,
            dst_colorspace=None if frame.format.is_rgb else matrix,
            src_color_range=_FULL if stored_full else _LIMITED,
            dst_color_range=_FULL,
            interpolation=_FLAGS,
            threads=self._threads,
        )
        is_stored_yuv = deep and not frame.format.is_rgb
        factor = _stretch(depth_of(frame.format), stored_full) if is_stored_yuv else 1.0
        pixels, alpha = _merged(planar, np.uint16 if deep else np.uint8, factor)
        return pixels, alpha_plane(frame) if has_alpha_plane(frame.format) else alpha


def _stretch(bits: int, is_full: bool) -> float:
    """What swscale's deep RGB of YUV or grey is to be multiplied by, so that white becomes 65535."""
    return 65_535 / (((1 << bits) - 1) << (16 - bits)) if is_full else _STRETCH


def _merged(planar: av.VideoFrame, dtype: Any, factor: float) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(H, W, 3) and (H, W) or None of a planar GBR picture, times `factor`."""
    green, blue, red, *rest = (_plane(plane, dtype) for plane in planar.planes)
    pixels, alpha = cv2.merge([red, green, blue]), rest[0].copy() if rest else None
    if factor != 1.0:
        pixels, alpha = _scaled(pixels, factor), None if alpha is None else _scaled(alpha, factor)
    return pixels, alpha


def _plane(plane: Any, dtype: Any) -> NDArray[Any]:
    """(H, W) view of one plane, without the padding of its rows."""
    rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
    return rows[:, : plane.width]


class FromRgb:
    """Turns RGB arrays into the encoder's pictures; the mirror of `ToRgb`."""

    def __init__(self, pixel_format: str, color: ColorInfo, *, threads: int) -> None:
        self._format = av.VideoFormat(pixel_format)
        self._color = color
        self._threads = threads
        self._sws = VideoReformatter()

    def __call__(self, pixels: NDArray[Any], alpha: NDArray[Any] | None) -> av.VideoFrame:
        """(H, W, 3) uint8, uint16 or float32 with (H, W) alpha or None (opaque) as a picture of the target format."""
        if has_alpha(self._format):
            opaque = np.full(
                pixels.shape[:2], 1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max, pixels.dtype
            )
            pixels = np.dstack([pixels, opaque if alpha is None else alpha])
        if self._format.is_rgb and self._format.name.startswith("gbr") and pixels.dtype != np.uint8:
            return self._quantised(pixels)
        array = np.ascontiguousarray(self._fit(pixels))
        name = {("u", 1, 3): "rgb24", ("u", 1, 4): "rgba", ("u", 2, 3): "rgb48le", ("u", 2, 4): "rgba64le"}
        packed = name[array.dtype.kind, array.dtype.itemsize, array.shape[2]]
        height, width = array.shape[:2]
        matrix = sws_matrix(assumed_matrix(self._color, width, height))
        to_rgb = self._format.is_rgb
        picture = self._sws.reformat(
            av.VideoFrame.from_ndarray(array, format=packed),
            format=self._format.name,
            src_colorspace=None if to_rgb else matrix,
            dst_colorspace=None if to_rgb else matrix,
            src_color_range=_FULL,
            dst_color_range=_FULL if to_rgb or self._color.full_range else _LIMITED,
            interpolation=_FLAGS,
            threads=self._threads,
        )
        if has_alpha_plane(self._format):
            set_alpha_plane(picture, pixels[..., 3] if pixels.dtype.kind == "u" else from_unit(pixels[..., 3], _DEEP))
        self._tag(picture)
        return picture

    def _quantised(self, pixels: NDArray[Any]) -> av.VideoFrame:
        """Deep RGB to the nearest level of the target; swscale would dither."""
        top = (1 << depth_of(self._format)) - 1
        deep = pixels if pixels.dtype == np.uint16 else from_unit(pixels, _DEEP)
        levels = ((deep.astype(np.uint32) * top + 32_767) // 65_535).astype(np.uint16)
        picture = av.VideoFrame.from_ndarray(levels, format=self._format.name)
        self._tag(picture)
        return picture

    def _fit(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Samples as swscale wants them for the target depth."""
        if pixels.dtype == np.float32:
            pixels = from_unit(pixels, _DEEP)
        if pixels.dtype == np.uint8:
            return pixels
        if depth_of(self._format) <= 8:
            return np.asarray(cv2.convertScaleAbs(pixels, alpha=1 / 257))
        return pixels if self._format.is_rgb else _scaled(pixels, 1 / _STRETCH)

    def _tag(self, picture: av.VideoFrame) -> None:
        color = self._color
        picture.colorspace = color.matrix
        picture.color_primaries = color.primaries
        picture.color_trc = color.transfer
        picture.color_range = {None: 0, False: _LIMITED, True: _FULL}[color.full_range]


def sws_matrix(matrix: int) -> int:
    """swscale's number for an H.273 matrix. Raises MediaUnreadable for one it cannot convert with."""
    if matrix not in _SWS_MATRIX:
        raise MediaUnreadable(
            f"colour matrix {matrix} (ITU-T H.273) is not supported; convert the clip to BT.709 or BT.2020 first"
        )
    return _SWS_MATRIX[matrix]


def _scaled(array: NDArray[Any], factor: float) -> NDArray[Any]:
    """uint16 times `factor`, rounded and clipped."""
    return np.asarray(cv2.addWeighted(array, factor, array, 0.0, 0.0))
