"""Opacity of YUV pictures, plane by plane: swscale would scale it like light, and solid would not stay solid."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

_PLANES = 4
_TEN_IN_TWELVE = 4


def has_alpha_plane(frame_format: Any) -> bool:
    """Whether opacity is a plane of its own beside luma and chroma."""
    name = str(frame_format.name)
    return name.startswith("yuva") and not name.endswith("be")


def alpha_plane(picture: av.VideoFrame) -> NDArray[Any]:
    """(H, W) uint8, or uint16 in 0..65535 where the picture is deeper, of a format that `has_alpha_plane`.

    ffmpeg's ProRes pictures have 12 bits, of which those that were written with 10 leave the last two empty.
    """
    stored = _stored(picture)
    if stored.dtype == np.uint8:
        return stored.copy()
    top = (1 << _bits(picture)) - 1
    if _bits(picture) == 12 and not (stored & (_TEN_IN_TWELVE - 1)).any():
        stored, top = stored // _TEN_IN_TWELVE, 1023
    scaled: NDArray[np.uint16] = ((stored.astype(np.uint32) * 65_535 + top // 2) // top).astype(np.uint16)
    return scaled


def set_alpha_plane(picture: av.VideoFrame, alpha: NDArray[Any]) -> None:
    """Store (H, W) uint8 or uint16 opacity as the nearest level of the picture, of a format that `has_alpha_plane`."""
    stored, most = _stored(picture), int(np.iinfo(alpha.dtype).max)
    top = (1 << _bits(picture)) - 1
    stored[:] = (alpha.astype(np.uint32) * top + most // 2) // most


def _bits(picture: av.VideoFrame) -> int:
    return int(picture.format.components[_PLANES - 1].bits)


def _stored(picture: av.VideoFrame) -> NDArray[Any]:
    """A view of the plane without the padding of its rows."""
    plane: Any = picture.planes[_PLANES - 1]
    dtype: Any = np.dtype(np.uint8 if _bits(picture) == 8 else "<u2")
    rows: NDArray[Any] = np.frombuffer(plane, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    return rows[:, : plane.width]
