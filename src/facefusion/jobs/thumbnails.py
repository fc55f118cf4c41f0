"""Small pictures of finished frames, to look at while a job runs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from facefusion.core import Pixels, to_unit

WIDTH_PX = 640


def write_thumbnail(path: Path, pixels: Pixels, *, width_px: int = WIDTH_PX) -> None:
    """Write (H, W, 3) RGB of any depth as a JPEG of at most `width_px`."""
    height, width = pixels.shape[:2]
    size = (min(width_px, width), max(1, round(height * min(width_px, width) / width)))
    small = cv2.resize(np.ascontiguousarray(pixels[..., :3]), size, interpolation=cv2.INTER_AREA)
    eight = small if small.dtype == np.uint8 else (np.clip(to_unit(small), 0, 1) * 255 + 0.5).astype(np.uint8)
    bgr = cv2.cvtColor(eight, cv2.COLOR_RGB2BGR)
    path.write_bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 82])[1].tobytes())
