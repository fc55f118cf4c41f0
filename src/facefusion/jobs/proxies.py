"""Small H.264 copies of clips for browsers, which play neither ProRes nor 10 bits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from facefusion.core import Frame, Pixels, Progress, UInt8, to_unit
from facefusion.media import VideoFormat, VideoWriter, open_media

WIDEST_PX: Final = 1280


def write_proxy(source: Path, out: Path, progress: Progress) -> dict[str, Any]:
    """Every frame of `source` at its own time, at most 1280 pixels wide; gives back size, frames and rate.

    Raises MediaUnreadable, OutputFailed, Cancelled.
    """
    with open_media(source) as reader:
        info = reader.info
        width, height = _size(info.width, info.height)
        progress.start("render", total=reader.num_frames)
        like = VideoFormat(width, height, time_base=info.time_base, average_fps=info.average_fps)
        with VideoWriter(out, like=like, codec="h264", quality=21, preset="veryfast", overwrite=True) as writer:
            for frame in progress.track(reader.frames()):
                writer.write(Frame(_scaled(frame.pixels, (width, height)), frame.index, frame.timestamp))
        fps: Fraction = info.average_fps
        return {
            "width": width,
            "height": height,
            "frames": reader.num_frames,
            "fps": f"{fps.numerator}/{fps.denominator}",
        }


def _size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, WIDEST_PX / width)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def _scaled(pixels: Pixels, size: tuple[int, int]) -> UInt8:
    eight = pixels if pixels.dtype == np.uint8 else (np.clip(to_unit(pixels), 0, 1) * 255 + 0.5).astype(np.uint8)
    if (eight.shape[1], eight.shape[0]) == size:
        return np.ascontiguousarray(eight)
    return cv2.resize(eight, size, interpolation=cv2.INTER_AREA)
