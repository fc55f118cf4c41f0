"""The label of every frame: off the faces of its shot, and opaque where the picture is transparent."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace

import numpy as np

from facefusion.core import Analysis, Box, ColorInfo, Frame, Shot
from facefusion.core.arrays import PIXEL_MAX
from facefusion.media import MediaReader
from facefusion.pipeline.plan import Plan
from facefusion.provenance import Labeller, LabelSettings

_GROWN = 0.12
"""How much a face's box is grown on each side, by its own size: landmarks end at the brow and the cheek."""
_GRID_PX = 16
_SHORTEST_PART = 8
"""Frames that a label stays in one place at least."""


class FrameLabels:
    """Labellers for the frames of one output: one place for each shot of a clip, a new one for each picture.

    Where faces reach every place of a shot, it is halved until each part has a free one: the label moves rather than
    lie on a face. scale: how many times
    as large as measured the frames are. Safe in threads. Raises SettingsError and InvalidInput as `Labeller` does.
    """

    def __init__(
        self, settings: LabelSettings, analysis: Analysis, *, is_clip: bool, color: ColorInfo, scale: int = 1
    ) -> None:
        self._scale = scale
        self._settings, self._analysis, self._is_clip, self._color = settings, analysis, is_clip, color
        parts: list[tuple[int, Labeller]] = []
        if is_clip:
            bare = self._bare(analysis.width * scale, analysis.height * scale)
            parts = [part for shot in analysis.shots for part in _placed(bare, analysis, shot, scale)]
        self._begins = [start for start, _ in parts]
        self._placed = [labeller for _, labeller in parts]

    def of(self, frame: Frame) -> Labeller:
        """The labeller of `frame`."""
        if self._is_clip:
            return self._placed[max(bisect_right(self._begins, frame.index) - 1, 0)]
        seen = faces_of(self._analysis, Shot(frame.index, frame.index + 1), self._scale)
        return self._bare(frame.width, frame.height).place(seen)

    def _bare(self, width: int, height: int) -> Labeller:
        return Labeller(self._settings, width=width, height=height, is_video=self._is_clip, color=self._color)


def _placed(bare: Labeller, analysis: Analysis, shot: Shot, scale: int) -> list[tuple[int, Labeller]]:
    """First frame and labeller of each part of a shot; one part where one place serves the whole shot."""
    labeller = bare.place(faces_of(analysis, shot, scale))
    is_free = not (labeller.covers_face(seconds=0.0) or labeller.covers_face(seconds=math.inf))
    if is_free or len(shot) <= _SHORTEST_PART:
        return [(shot.start, labeller)]
    middle = (shot.start + shot.stop) // 2
    halves = (Shot(shot.start, middle), Shot(middle, shot.stop))
    return [part for half in halves for part in _placed(bare, analysis, half, scale)]


def labelled(frame: Frame, labeller: Labeller, *, is_own: bool, seconds: float | None = None) -> Frame:
    """`frame` with its label; drawn in place when `is_own` says that nobody else holds its pixels."""
    if is_own and frame.pixels.flags.writeable:
        labeller.draw(frame.pixels, seconds=seconds)
        marked = frame
    else:
        marked = replace(frame, pixels=labeller.apply(frame.pixels, seconds=seconds))
    if marked.alpha is None:
        return marked
    box = labeller.box(seconds=seconds)
    alpha = np.array(marked.alpha)
    alpha[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = PIXEL_MAX[alpha.dtype.name]
    return replace(marked, alpha=alpha)


def faces_of(analysis: Analysis, shot: Shot, scale: int = 1) -> tuple[Box, ...]:
    """Where faces are seen in a shot, grown and on a coarse grid, each place once; in pixels of frames made larger."""
    places = {
        _coarse(face.box) for index in range(shot.start, shot.stop) for face in analysis.faces_in(index, dense=False)
    }
    return tuple(Box(*(side * scale for side in place)) for place in sorted(places))


def _coarse(box: Box) -> tuple[float, float, float, float]:
    wide, high = _GROWN * box.width, _GROWN * box.height
    x0, y0 = math.floor((box.x0 - wide) / _GRID_PX), math.floor((box.y0 - high) / _GRID_PX)
    x1, y1 = math.ceil((box.x1 + wide) / _GRID_PX), math.ceil((box.y1 + high) / _GRID_PX)
    return x0 * _GRID_PX, y0 * _GRID_PX, x1 * _GRID_PX, y1 * _GRID_PX


def check_label(plan: Plan, reader: MediaReader) -> None:
    """Raise before any work when the label cannot be drawn."""
    info = reader.info
    width, height = info.width * plan.scale, info.height * plan.scale
    Labeller(plan.label, width=width, height=height, is_video=info.is_clip, color=info.color)
