"""Small H.264 copies of clips for browsers, which play neither ProRes nor 10 bits.

Frame n is shown at n / fps whatever the clip's own times are: a player that seeks to (n + 0.5) / fps meets that very
frame in clips of variable rate too, and two clips of one run stay side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from facefusion.core import Float32, Frame, Pixels, Progress, Timestamp, UInt8, to_unit
from facefusion.media import VideoFormat, VideoWriter, open_media

WIDEST_PX: Final = 1280


def write_proxy(source: Path, out: Path, progress: Progress) -> dict[str, Any]:
    """Every frame of `source`, at most 1280 pixels wide; gives back size, frames and rate.

    Raises MediaUnreadable, OutputFailed, Cancelled.
    """
    with open_media(source) as reader:
        info = reader.info
        progress.start("render", total=reader.num_frames)
        with ProxyWriter.opened(out, info.width, info.height, info.average_fps) as proxy:
            for frame in progress.track(reader.frames()):
                proxy.write(frame.pixels)
        return proxy.facts


class ProxyWriter:
    """Writes pictures one after another; use `opened`."""

    def __init__(self, writer: VideoWriter, size: tuple[int, int], fps: Fraction) -> None:
        self._writer, self._size, self._fps, self._count = writer, size, fps, 0

    @staticmethod
    @contextmanager
    def opened(out: Path, width: int, height: int, fps: Fraction) -> Iterator[ProxyWriter]:
        """For pictures of width × height pixels. Raises OutputFailed."""
        size = _size(width, height)
        like = VideoFormat(*size, time_base=1 / fps, average_fps=fps)
        with VideoWriter(out, like=like, codec="h264", quality=21, preset="veryfast", overwrite=True) as writer:
            yield ProxyWriter(writer, size, fps)

    def write(self, pixels: Pixels) -> None:
        """(H, W, 3) RGB: the next frame."""
        self._writer.write(Frame(_scaled(pixels, self._size), self._count, Timestamp(self._count, 1 / self._fps)))
        self._count += 1

    def write_plane(self, plane: Float32) -> None:
        """(H, W) float32 in [0, 1]: the next frame, in grey."""
        grey = (np.clip(cv2.resize(plane, self._size, interpolation=cv2.INTER_AREA), 0, 1) * 255 + 0.5).astype(np.uint8)
        self.write(np.dstack([grey, grey, grey]))

    @property
    def facts(self) -> dict[str, Any]:
        """Size, frames and rate of what was written."""
        rate = f"{self._fps.numerator}/{self._fps.denominator}"
        return {"width": self._size[0], "height": self._size[1], "frames": self._count, "fps": rate}


def _size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, WIDEST_PX / width)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def _scaled(pixels: Pixels, size: tuple[int, int]) -> UInt8:
    eight = pixels if pixels.dtype == np.uint8 else (np.clip(to_unit(pixels), 0, 1) * 255 + 0.5).astype(np.uint8)
    if (eight.shape[1], eight.shape[0]) == size:
        return np.ascontiguousarray(eight)
    return cv2.resize(eight, size, interpolation=cv2.INTER_AREA)
