"""Measuring a clip before anything is cut out: people, whether there is a screen, what it looks like behind them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facefusion.core import Float32, Frame, FrameRange, UInt8
from facefusion.core.scene import LOOKS, MAP_SIZE, Plate, Scene, packed_map
from facefusion.geometry.light import indexed
from facefusion.processors.background_remover.keyer.plate import clean_cells, excess_of
from facefusion.processors.background_remover.people import Segmenter, shrunk

PLATE_EVERY = 5
"""Frames from one look at the whole screen to the next."""
_PURE = 0.40
"""The least excess of a screen's channel, of that channel."""
_LEAST_LIGHT = 0.015
_ALIKE = 0.10
"""How far a screen's tint may be from the middle one's, as shares of its channel."""
_FEW = 0.02
_STEP = 4
"""Every so manieth pixel, across and down, tells what the surroundings look like."""


class SceneMeter:
    """Takes the frames of one piece of a clip in order. body: the frames that are kept of it."""

    def __init__(self, segmenter: Segmenter, body: FrameRange) -> None:
        self._body, self._is_matte = body, segmenter.is_matte
        self._people = segmenter.maps()
        self._size = (MAP_SIZE, MAP_SIZE)
        self._maps: list[bytes] = []
        self._looks: list[Float32] = []
        self._plates: list[Plate] = []
        self._begun = body.start

    def see(self, frame: Frame, *, is_cut: bool) -> None:
        """The next frame; those before `body` only settle the maps."""
        if is_cut:
            self._people.reset()
            self._begun = frame.index
        small = shrunk(frame.pixels)
        person = self._people.of(frame.pixels, small)
        if frame.index not in self._body:
            return
        self._size = person.shape[0], person.shape[1]
        self._maps.append(packed_map((np.clip(person, 0, 1) * 255 + 0.5).astype(np.uint8)))
        look = look_of(small, person)
        self._looks.append(look)
        if frame.index % PLATE_EVERY == 0 or is_cut or frame.index == self._body.start:
            self._add_plate(frame, look)

    def _add_plate(self, frame: Frame, look: Float32) -> None:
        primary = 1 if look[0] >= look[4] else 2
        if max(look[0], look[4]) < _FEW:
            return
        whole, table = indexed(frame.pixels)
        color = look[1:4] if primary == 1 else look[5:8]
        colors, weight, _ = clean_cells(whole, table, color, primary)
        squares = weight * colors[..., primary] ** 2
        sums = np.dstack([weight, colors * weight[..., None], squares]).astype(np.float32)
        begun, last = max(self._begun, self._body.start), self._plates[-1] if self._plates else None
        if last is not None and (last.frames.start, last.primary) == (begun, primary):
            self._plates.pop()
            sums = sums + last.sums
        self._plates.append(Plate(FrameRange(begun, frame.index + 1), primary, sums))

    def scene(self) -> Scene:
        """What was measured."""
        looks = np.array(self._looks, np.float32).reshape(-1, LOOKS)
        return Scene(
            FrameRange(self._body.start, self._body.start + len(looks)),
            tuple(self._maps),
            looks,
            tuple(self._plates),
            self._size,
            self._is_matte,
        )


def look_of(small: UInt8, person: Float32) -> Float32:
    """(8,) float32: see `core.scene.LOOKS`. small: (256, 256, 3) uint8. person: (h, w) in [0, 1]."""
    if person.shape != (MAP_SIZE, MAP_SIZE):
        person = cv2.resize(person, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_LINEAR)
    away = cv2.dilate(person, np.ones((9, 9), np.uint8))
    whole, table = indexed(small[::_STEP, ::_STEP])
    linear, around = table[whole], away[::_STEP, ::_STEP] < 0.3
    return np.concatenate([_screen_in(linear[around], primary) for primary in (1, 2)]).astype(np.float32)


def _screen_in(colors: Float32, primary: int) -> Float32:
    """(4,): the share of `colors` (n, 3) that belongs to one screen, and its colour."""
    none = np.zeros(4, np.float32)
    if len(colors) < 20:
        return none
    channel = np.maximum(colors[:, primary], 1e-4)
    could = (excess_of(colors[None], primary)[0] > _PURE * channel) & (channel > _LEAST_LIGHT)
    if could.mean() < _FEW:
        return none
    tints = colors / channel[:, None]
    middle = np.median(tints[could], axis=0)
    alike = could & (np.abs(tints - middle).max(axis=1) < _ALIKE)
    if not alike.any():
        return none
    return np.array([alike.mean(), *np.median(colors[alike], axis=0)], np.float32)


def joined(scenes: Sequence[Scene], shots: Sequence[FrameRange]) -> Scene:
    """Pieces that follow one another as one; what a screen showed is added up over each of `shots`."""
    plates: dict[tuple[int, int], Plate] = {}
    for plate in (plate for scene in scenes for plate in scene.plates):
        shot = next((one.start for one in shots if plate.frames.start in one), plate.frames.start)
        before = plates.get((shot, plate.primary))
        start = plate.frames.start if before is None else before.frames.start
        sums = plate.sums if before is None else before.sums + plate.sums
        plates[shot, plate.primary] = Plate(FrameRange(start, plate.frames.stop), plate.primary, sums)
    part = FrameRange(scenes[0].part.start, scenes[-1].part.stop)
    maps = tuple(one for scene in scenes for one in scene.maps)
    looks, like = np.concatenate([scene.looks for scene in scenes]), scenes[0]
    return Scene(part, maps, looks, tuple(plates.values()), like.size, like.is_matte)
