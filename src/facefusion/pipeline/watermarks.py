"""The watermark of every frame that is written: the last thing that happens to its pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facefusion.core import Frame
from facefusion.provenance.watermark import Watermark


def watermarked(frame: Frame, asset_id: int) -> Frame:
    """`frame` with the number `asset_id` in its pixels; drawn in place, so nobody else may hold them."""
    pixels = frame.pixels
    if not (pixels.flags.c_contiguous and pixels.flags.writeable):
        pixels = np.array(pixels, order="C")
    Watermark(asset_id, width=frame.width, height=frame.height, color=frame.color).draw(pixels)
    return frame if pixels is frame.pixels else replace(frame, pixels=pixels)
