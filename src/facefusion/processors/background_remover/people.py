"""Where people are: the bundled segmentation, on a small copy of the picture, steadied along the movement."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facefusion.core import Float32, Pixels, UInt8
from facefusion.core.arrays import PIXEL_MAX
from facefusion.core.scene import MAP_SIZE
from facefusion.models import open_session

_HELD = 0.7
"""How much of a map comes from the one before, where the movement is followed well."""
_ALIKE = 10.0
"""Difference in brightness (of 255) at which the picture before is hardly believed any more."""


class PersonSegmenter:
    """MediaPipe's selfie segmentation. Thread-safe."""

    def __init__(self, *, providers: Sequence[str] = ("cpu",)) -> None:
        self._session = open_session("selfie_segmentation", providers=providers)

    def person(self, small: UInt8) -> Float32:
        """(256, 256) float32 in [0, 1]. small: of `shrunk`."""
        found: Float32 = self._session.run(self._session.inputs[0].encode(small))[0][0, ..., 0]
        return found


def shrunk(pixels: Pixels) -> UInt8:
    """(256, 256, 3) uint8: a picture of any size and dtype, squeezed into a square."""
    halves = pixels
    while min(halves.shape[:2]) >= 2 * MAP_SIZE and halves.shape[0] % 2 == 0 and halves.shape[1] % 2 == 0:
        halves = cv2.resize(halves, (halves.shape[1] // 2, halves.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = cv2.resize(halves, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    if small.dtype == np.uint8:
        return small
    scale = 255.0 / PIXEL_MAX[small.dtype.name]
    return np.clip(small.astype(np.float32) * np.float32(scale) + np.float32(0.5), 0, 255).astype(np.uint8)


class SteadyMaps:
    """Maps of frames in order: each is held to the one before along the optical flow. `reset` at a cut."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._grid = np.dstack(np.meshgrid(np.arange(MAP_SIZE), np.arange(MAP_SIZE))).astype(np.float32)
        self._before: tuple[UInt8, Float32] | None = None

    def reset(self) -> None:
        """Forget what was before."""
        self._before = None

    def steadied(self, small: UInt8, person: Float32) -> Float32:
        """(256, 256) float32. small: the picture of `person`."""
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        held = person
        if self._before is not None:
            before, map_before = self._before
            there = self._grid + self._flow.calc(grey, before, None)
            moved = cv2.remap(map_before, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            shown = cv2.remap(before, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            off = cv2.blur(cv2.absdiff(grey, shown).astype(np.float32), (5, 5)) / np.float32(_ALIKE)
            share = np.float32(_HELD) * np.exp(-off * off)
            held = (person + share * (moved - person)).astype(np.float32)
        self._before = grey, held
        return held
