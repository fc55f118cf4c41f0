"""Reading the watermark back: from pictures in memory, or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facefusion.core import ColorInfo, Float32, Pixels
from facefusion.media import open_media
from facefusion.provenance.watermark.embedding import coded_luma
from facefusion.provenance.watermark.search import levels_of, search
from facefusion.provenance.watermark.tile import sign_px

MOST_FRAMES = 60
LEAST_SIDE_PX = 100
"""A picture with a shorter side holds less than a quarter of the pattern, and is not searched."""
_FIRST_LOOK = 6
_LINEAR = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file's watermark says.

    is_found: true only when its 32-bit check fits. confidence: 1 when every sign of the code was heard right, 0 when
    half were, or nothing was found. scale: size of a sign against that of a picture of this size that was marked and
    left alone. frames: how many were looked at. reason: why nothing was found, in one line; "" when it was.
    """

    is_found: bool
    asset_id: int | None = None
    confidence: float = 0.0
    scale: float | None = None
    frames: int = 0
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the id as 16 hexadecimal digits."""
        return {
            "found": self.is_found,
            "asset_id": None if self.asset_id is None else f"{self.asset_id:016x}",
            "confidence": round(self.confidence, 3),
            "scale": None if self.scale is None else round(self.scale, 4),
            "frames": self.frames,
            "reason": self.reason,
        }


def detect(frames: Iterable[Pixels], *, color: ColorInfo | None = None) -> Reading:
    """The watermark that pictures of one size share: one picture, or frames of one clip, (H, W, 3).

    Frames are added up after they were evened out, so none of them has to be complete, first or in order. It is looked
    for after a few, and again with all of them. Raises ValueError for frames of different sizes.
    """
    total: list[Float32] = []
    count, size = 0, (0, 0)
    for count, pixels in enumerate(frames, 1):
        if count > 1 and pixels.shape[:2] != size:
            raise ValueError(f"watermark: got frames of {size} and {pixels.shape[:2]}, supported is one size")
        size = pixels.shape[:2]
        if min(size) < LEAST_SIDE_PX:
            return Reading(False, frames=1, reason=f"too small to be read: {size[1]}×{size[0]} pixels")
        evens = _evens(pixels, color)
        total = [before + even for before, even in zip(total, evens, strict=True)] if total else evens
        if count == _FIRST_LOOK and (reading := _reading(total, count, size)).is_found:
            return reading
    return _reading(total, count, size) if total else Reading(False, reason="there is no picture")


def read_watermark(path: Path, *, frames: int = MOST_FRAMES) -> Reading:
    """The watermark of a picture, clip, animation or sequence, from at most `frames` frames spread over it.

    Raises what `facefusion.media.open_media` raises.
    """
    with open_media(Path(path)) as reader:
        count = min(frames, reader.num_frames)
        places = [(2 * number + 1) * reader.num_frames // (2 * count) for number in range(count)]
        return detect((reader.frame_at(place).pixels for place in places), color=reader.info.color)


def _evens(pixels: Pixels, color: ColorInfo | None) -> list[Float32]:
    luma = coded_luma(pixels, is_linear=color is not None and color.transfer == _LINEAR)
    return [level.evened(luma) for level in levels_of(luma.shape[1], luma.shape[0])]


def _reading(evens: list[Float32], count: int, size: tuple[int, int]) -> Reading:
    height, width = size
    found = search([even / np.float32(count) for even in evens], width=width, height=height)
    if found is None:
        return Reading(False, frames=count, reason="no watermark was found")
    confidence = max(0.0, 1 - 2 * found.word.errors)
    return Reading(True, found.word.asset_id, confidence, found.sign_px / sign_px(width, height), count)
