"""Small pictures of a result beside its target: some at even distances, and the worst frame of each measure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Box, Pixels, UInt8, to_unit

EVEN: Final = 6
"""Frames at even distances: the same for every version of one target, so that versions can be compared."""
SIDE_PX: Final = 224
_AROUND: Final = 1.9
_QUALITY: Final = 86


@dataclass(frozen=True, slots=True)
class Still:
    """One frame around the face that is meant. before, after: JPEG, base64. why: `even`, or what is worst here."""

    frame: int
    why: str
    before: str
    after: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"frame": self.frame, "why": self.why, "before": self.before, "after": self.after}


class Stills:
    """Collects while frames go by, and keeps few. sides: of each measure, whether `above` or `below` is worse."""

    def __init__(self, num_frames: int, sides: Mapping[str, str]) -> None:
        self._even = {round((n + 0.5) * num_frames / EVEN - 0.5) for n in range(min(EVEN, num_frames))}
        self._sides = sides
        self._kept: dict[int, Still] = {}
        self._worst: dict[str, tuple[float, Still]] = {}

    def see(self, index: int, old: Pixels, new: Pixels, box: Box | None, row: Mapping[str, float | None]) -> None:
        """Look at a frame. old, new: (H, W, 3) of one size; row: its measures."""
        beaten = [name for name in self._sides if self._is_worse(name, row.get(name))]
        if not beaten and index not in self._even:
            return
        still = Still(index, "even", _jpeg(old, box), _jpeg(new, box))
        if index in self._even:
            self._kept[index] = still
        for name in beaten:
            self._worst[name] = (float(row[name] or 0.0), Still(index, name, still.before, still.after))

    def found(self, is_past: Mapping[str, bool]) -> tuple[Still, ...]:
        """In order of frames; of the worst ones those of measures that are past their limit, each frame once."""
        kept = dict(self._kept)
        for name, (_, still) in self._worst.items():
            if is_past.get(name) and kept.get(still.frame, still).why in ("even", name):
                kept[still.frame] = still
        return tuple(kept[frame] for frame in sorted(kept))

    def _is_worse(self, name: str, value: float | None) -> bool:
        if value is None:
            return False
        known = self._worst.get(name)
        if known is None:
            return True
        return value > known[0] if self._sides[name] == "above" else value < known[0]


def _jpeg(pixels: Pixels, box: Box | None) -> str:
    """A square of SIDE_PX around `box`, or the whole frame where there is none."""
    eight: UInt8 = pixels if pixels.dtype == np.uint8 else (np.clip(to_unit(pixels), 0, 1) * 255 + 0.5).astype(np.uint8)
    part = _square(eight, box) if box is not None else eight
    scale = SIDE_PX / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    bgr = cv2.cvtColor(cv2.resize(part, size, interpolation=how), cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return base64.b64encode(data).decode()


def _square(pixels: UInt8, box: Box) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    side = min(_AROUND * max(box.width, box.height), float(max(height, width)))
    x, y = box.center[0] - side / 2, box.center[1] - side / 2
    left, top = max(0, round(min(x, width - side))), max(0, round(min(y, height - side)))
    return np.ascontiguousarray(pixels[top : top + round(side), left : left + round(side)])
