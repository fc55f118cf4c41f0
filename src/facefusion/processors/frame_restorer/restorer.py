"""Restores one frame of a shot with those before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Frame, UInt8, from_unit, to_unit
from facefusion.core.settings import check_settings
from facefusion.geometry.color import luma
from facefusion.processors.frame_restorer.averaging import averaged
from facefusion.processors.frame_restorer.blocks import Blocks, deblocked
from facefusion.processors.frame_restorer.dust import LARGEST, LARGEST_ONE_SIDED, Spots, filled, flying, spots_of
from facefusion.processors.frame_restorer.kept import Kept
from facefusion.processors.frame_restorer.motion import Motion, motion_between, moved, places, seen, small_of
from facefusion.processors.frame_restorer.scratches import across, scratch_mask, soft
from facefusion.processors.frame_restorer.settings import Settings
from facefusion.processors.frame_restorer.survey import FilmSurvey

_FAINTEST, _PLAINEST = 0.03, 0.15
"""Dust and scratches that are found at the settings 1 and near 0, over the brightness around them."""
_ONE_SIDED = 1.5
"""How much plainer a spot has to be on the first and last frame of a shot, where uncovered things look like spots."""
_GRAINY, _CALMED_PX, _OVER_NOISE = 0.008, 0.7, 1.5
"""Grain (sigma) from which on specks are looked for in a smoothed picture, how smooth, how plain they have to be."""
_REACH = 2
"""How far away the frames are that fill and are averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """A frame on its own. pixels: (H, W, 3) and gray: (H, W), float32. small: as `small_of`. lines: (H, W) uint8, 1 on
    what was scratched."""

    pixels: Float32
    gray: Float32
    small: UInt8
    lines: UInt8


class FrameRestorer:
    """Takes blocks, flicker, scratches, dust, grain, weave and fading away; a pure function of its input, safe in
    threads."""

    name: ClassVar[str] = "frame_restorer"
    margin = 3

    def __init__(self, settings: Settings | None = None, survey: FilmSurvey | None = None) -> None:
        self._settings, self._survey = settings or Settings(), survey or FilmSurvey.empty()
        check_settings(self._settings)
        self._kept = Kept()

    def process_window(self, frames: Sequence[Frame], at: int) -> Frame:
        """`frames[at]` restored, of the same size and dtype."""
        meant = frames[at]
        pixels = self._levelled(self._steadied(self._clean(frames, at)[0], meant.index), meant.index)
        alpha = None if meant.alpha is None else self._steadied_alpha(meant.alpha, meant.index)
        return replace(meant, pixels=from_unit(pixels, meant.dtype), alpha=alpha)

    def damage(self, frames: Sequence[Frame], at: int) -> Float32:
        """(H, W) float32 in [0, 1]: where dust and scratches are found on `frames[at]`."""
        return self._clean(frames, at)[1]

    def _clean(self, frames: Sequence[Frame], at: int) -> tuple[Float32, Float32]:
        """The frame without flicker, scratches, dust and some of its grain; and where the damage was."""
        self._kept.view(frames)
        settings, here = self._settings, self._alone(frames[at])
        near = self._near(frames, at) if settings.dust > 0 or settings.grain > 0 else []
        pixels, gray, found = here.pixels, here.gray, here.lines.astype(np.float32)
        shown = [self._moved(frames[at], frames[place]) for place in near]
        grays = [luma(one) for one in shown]
        if settings.dust > 0 and len(near) >= 2:
            dust = soft(self._dust(frames, at))
            pixels = filled(pixels, dust, shown, grays)
            gray, found = luma(pixels), np.maximum(found, dust)
        if settings.grain > 0 and near:
            pixels = averaged(pixels, gray, shown, grays, self._noise(frames[at].index), settings.grain)
        return pixels, found

    def _near(self, frames: Sequence[Frame], at: int) -> list[int]:
        """Places of the frames up to two away that show the same scene, the nearest first."""
        order = sorted((abs(place - at), place) for place in range(len(frames)) if 0 < abs(place - at) <= _REACH)
        return [place for _, place in order if self._motion(frames[at], frames[place]).is_same]

    def _motion(self, frame: Frame, other: Frame) -> Motion:
        return self._kept.get(
            frame, ("motion", other), lambda: motion_between(self._alone(frame).small, self._alone(other).small)
        )

    def _moved(self, frame: Frame, other: Frame) -> Float32:
        """The pixels of `other`, moved to the content of `frame`."""
        place = places(self._motion(frame, other).flow, (frame.height, frame.width))
        return moved(self._alone(other).pixels, place)

    def _dust(self, frames: Sequence[Frame], at: int) -> Float32:
        """(H, W): 1 on the spots of the frame that do not fly through the frames around it."""
        first = last = at
        while first > max(at - 2, 0) and self._motion(frames[first], frames[first - 1]).is_same:
            first -= 1
        while last < min(at + 2, len(frames) - 1) and self._motion(frames[last], frames[last + 1]).is_same:
            last += 1
        course = [self._spots(frames, place) for place in range(first, last + 1)]
        return course[at - first].mask(~flying(course, at - first))

    def _spots(self, frames: Sequence[Frame], at: int) -> Spots:
        frame, pair = frames[at], self._near(frames, at)[:2]
        if len(pair) < 2:
            return Spots.none((frame.height, frame.width))
        chosen, is_between = [frames[place] for place in pair], min(pair) < at < max(pair)
        return self._kept.get(frame, ("spots", *chosen), lambda: self._spots_on(frame, chosen, is_between))

    def _spots_on(self, frame: Frame, pair: Sequence[Frame], is_between: bool) -> Spots:
        shape, noise = (frame.height, frame.width), self._noise(frame.index)
        spread = [places(self._motion(frame, one).flow, shape) for one in pair]
        grays = [moved(self._calm(one), place) for one, place in zip(pair, spread, strict=True)]
        threshold = max(self._threshold(self._settings.dust), _OVER_NOISE * noise)
        if not is_between:
            threshold *= _ONE_SIDED
        largest = LARGEST if is_between else LARGEST_ONE_SIDED
        return spots_of(self._calm(frame), grays, threshold, seen(spread[0], spread[1]), largest)

    def _calm(self, frame: Frame) -> Float32:
        """The brightness of the frame, smoothed where there is grain, which else looks like specks."""
        gray = self._alone(frame).gray
        if self._noise(frame.index) < _GRAINY:
            return gray
        return self._kept.get(frame, "calm", lambda: cv2.GaussianBlur(gray, (0, 0), _CALMED_PX))

    def _alone(self, frame: Frame) -> Alone:
        """What can be done without neighbours: no blocks, no flicker, no scratches."""
        return self._kept.get(frame, "alone", lambda: self._worked_alone(frame))

    def _worked_alone(self, frame: Frame) -> Alone:
        pixels = self._even(frame)
        gray = luma(pixels)
        lines = self._scratches(gray, self._noise(frame.index)) if self._settings.scratches > 0 else None
        if lines is None or not lines.any():
            lines = np.zeros(gray.shape, np.uint8)
        else:
            pixels = across(pixels, lines)
            gray = luma(pixels)
        pixels.flags.writeable = False
        return Alone(pixels, gray, small_of(gray), lines)

    def _scratches(self, gray: Float32, noise: float) -> UInt8:
        lines = scratch_mask(gray, self._threshold(self._settings.scratches) * 0.6, noise)
        return cv2.dilate(lines, np.ones((1, 3), np.uint8))

    def _threshold(self, amount: float) -> float:
        return _PLAINEST * (_FAINTEST / _PLAINEST) ** amount

    def _noise(self, index: int) -> float:
        row = self._survey.row(index)
        return 0.01 if row is None else float(self._survey.grain[row])

    def _even(self, frame: Frame) -> Float32:
        """A copy of the frame's pixels without blocks and flicker."""
        pixels, row = to_unit(frame.pixels), self._survey.row(frame.index)
        if row is None:
            return pixels.copy()
        strength, x, y = self._survey.blocks[row]
        pixels = deblocked(pixels, Blocks(float(strength), int(x), int(y)), self._settings.deblock)
        if self._settings.deflicker <= 0:
            return pixels.copy()
        gain, offset = self._survey.tone[row] * self._settings.deflicker + np.array([1.0, 0.0]) * (
            1 - self._settings.deflicker
        )
        return pixels * np.float32(gain) + np.float32(offset)

    def _steadied_alpha(self, alpha: NDArray[Any], index: int) -> NDArray[Any]:
        """The opacity goes with the picture."""
        moved = self._steadied(alpha.astype(np.float32), index)
        largest = np.iinfo(alpha.dtype).max if np.issubdtype(alpha.dtype, np.integer) else np.inf
        return np.clip(moved, 0, largest).round().astype(alpha.dtype) if np.isfinite(largest) else moved

    def _steadied(self, pixels: Float32, index: int) -> Float32:
        row = self._survey.row(index)
        if row is None or self._settings.stabilise <= 0:
            return pixels
        x, y = self._survey.shift_px[row] * self._settings.stabilise
        matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
        size = (pixels.shape[1], pixels.shape[0])
        return cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

    def _levelled(self, pixels: Float32, index: int) -> Float32:
        row = self._survey.row(index)
        if row is None or self._settings.levels <= 0:
            return pixels
        black, white = self._survey.black[row], self._survey.white[row]
        gain = min(0.98 / max(white - black, 0.05), 3.0)
        full = (pixels - np.float32(black)) * np.float32(gain) + np.float32(0.01)
        return pixels + np.float32(self._settings.levels) * (full - pixels)
