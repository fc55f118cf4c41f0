"""Where people are: the bundled segmentation, on a small copy of the picture, steadied along the movement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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


class Maps(Protocol):
    """Where people are in frames that come in order; used from one thread."""

    def reset(self) -> None:
        """Forget what was before: a cut."""

    def of(self, pixels: Pixels, small: UInt8) -> Float32:
        """(h, w) float32 in [0, 1] of the next frame. pixels: (H, W, 3). small: the same, of `shrunk`."""


class Segmenter(Protocol):
    """What finds people. is_matte: its maps are opacities that need no sharpening. Thread-safe."""

    @property
    def is_matte(self) -> bool: ...

    def maps(self) -> Maps:
        """For one piece of a clip."""


class PersonSegmenter:
    """MediaPipe's selfie segmentation. Thread-safe."""

    is_matte = False

    def __init__(self, *, providers: Sequence[str] = ("cpu",)) -> None:
        self._session = open_session("selfie_segmentation", providers=providers)

    def person(self, small: UInt8) -> Float32:
        """(256, 256) float32 in [0, 1]. small: of `shrunk`."""
        found: Float32 = self._session.run(self._session.inputs[0].encode(small))[0][0, ..., 0]
        return found

    def maps(self) -> Maps:
        """Maps of (256, 256), steadied."""
        return _SegmentedMaps(self)


class _SegmentedMaps:
    def __init__(self, segmenter: PersonSegmenter) -> None:
        self._segmenter, self._steady = segmenter, SteadyMaps()

    def reset(self) -> None:
        self._steady.reset()

    def of(self, pixels: Pixels, small: UInt8) -> Float32:
        return self._steady.steadied(small, self._segmenter.person(small))


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
        """(h, w) float32. small: (256, 256, 3), the picture of `person` (h, w), whose size is always the same."""
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        held = person
        if self._before is not None:
            before, map_before = self._before
            there = self._grid + self._flow.calc(grey, before, None)
            moved = _moved(map_before, there)
            shown = cv2.remap(before, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            off = cv2.blur(cv2.absdiff(grey, shown).astype(np.float32), (5, 5)) / np.float32(_ALIKE)
            share = _at_size(np.float32(_HELD) * np.exp(-off * off), person)
            held = (person + share * (moved - person)).astype(np.float32)
        self._before = grey, held
        return held


def _moved(plane: Float32, there: Float32) -> Float32:
    """`plane` (h, w) at the places `there` (256, 256, 2), which are in pixels of a (256, 256) copy of it."""
    places = _at_size(there, plane)
    if plane.shape != there.shape[:2]:
        scale = np.array(plane.shape[::-1], np.float32) / np.float32(MAP_SIZE)
        places = (places + np.float32(0.5)) * scale - np.float32(0.5)
    found: Float32 = cv2.remap(plane, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found


def _at_size(values: Float32, like: Float32) -> Float32:
    """`values` (256, 256, …) as large as `like` (h, w)."""
    if values.shape[:2] == like.shape:
        return values
    return cv2.resize(values, like.shape[::-1], interpolation=cv2.INTER_LINEAR)
