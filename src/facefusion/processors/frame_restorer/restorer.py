"""Restores one frame of a shot with those before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, ClassVar

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Frame, from_unit, to_unit
from facefusion.core.settings import check_settings
from facefusion.geometry.color import luma
from facefusion.processors.frame_restorer.blocks import Blocks, deblocked
from facefusion.processors.frame_restorer.damage import across, dust_mask, scratch_mask, soft
from facefusion.processors.frame_restorer.motion import flow_between, moved
from facefusion.processors.frame_restorer.settings import Settings
from facefusion.processors.frame_restorer.survey import FilmSurvey

_FAINTEST, _PLAINEST = 0.03, 0.15
"""Dust and scratches that are found at the settings 1 and near 0, over the brightness around them."""
_HELD = 9
"""Frames whose part of the work is kept for their neighbours: a window, and those that other threads are at."""


class FrameRestorer:
    """Takes blocks, flicker, scratches, dust, grain, weave and fading away; a pure function of its input, safe in
    threads."""

    name: ClassVar[str] = "frame_restorer"
    margin = 2

    def __init__(self, settings: Settings | None = None, survey: FilmSurvey | None = None) -> None:
        self._settings, self._survey = settings or Settings(), survey or FilmSurvey.empty()
        check_settings(self._settings)
        self._lock, self._held = Lock(), deque[tuple[Frame, Float32, Float32]](maxlen=_HELD)

    def process_window(self, frames: Sequence[Frame], at: int) -> Frame:
        """`frames[at]` restored, of the same size and dtype."""
        meant, amount = frames[at], self._settings.grain
        pixels, near, _ = self._cleaned(frames, at)
        if amount > 0 and near:
            pixels = averaged(pixels, near, self._noise(meant.index), amount)
        pixels = self._levelled(self._steadied(pixels, meant.index), meant.index)
        alpha = None if meant.alpha is None else self._steadied_alpha(meant.alpha, meant.index)
        return replace(meant, pixels=from_unit(pixels, meant.dtype), alpha=alpha)

    def damage(self, frames: Sequence[Frame], at: int) -> Float32:
        """(H, W) float32 in [0, 1]: where dust and scratches are found on `frames[at]`."""
        return self._cleaned(frames, at)[2]

    def _cleaned(self, frames: Sequence[Frame], at: int) -> tuple[Float32, list[Float32], Float32]:
        """The frame without flicker, scratches and dust; its neighbours, moved to it; and where the damage was."""
        meant, settings = frames[at], self._settings
        noise, (pixels, found) = self._noise(meant.index), self._alone(meant)
        near = self._neighbours(frames, at, luma(pixels)) if settings.dust > 0 or settings.grain > 0 else []
        if settings.dust > 0 and len(near) >= 2:
            threshold = max(self._threshold(settings.dust), 2.0 * noise)
            spots = soft(dust_mask(luma(pixels), [luma(one) for one in near[:2]], threshold))
            fill = np.mean(near[:2], axis=0, dtype=np.float32)
            pixels = pixels + spots[..., None] * (fill - pixels)
            found = np.maximum(found, spots)
        return pixels, near, found

    def _alone(self, frame: Frame) -> tuple[Float32, Float32]:
        """What can be done without neighbours: no blocks, no flicker, no scratches; and where those were.

        Every frame is asked for by all its neighbours, so the last ones are kept.
        """
        with self._lock:
            for held, pixels, lines in self._held:
                if held is frame:
                    return pixels, lines
        pixels, lines = self._even(frame), np.zeros(frame.pixels.shape[:2], np.float32)
        if self._settings.scratches > 0:
            lines = self._scratches(pixels, self._noise(frame.index))
            pixels = across(pixels, lines) if lines.any() else pixels
        pixels.flags.writeable = False
        with self._lock:
            self._held.append((frame, pixels, lines))
        return pixels, lines

    def _scratches(self, pixels: Float32, noise: float) -> Float32:
        lines = scratch_mask(luma(pixels), self._threshold(self._settings.scratches) * 0.6, noise)
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

    def _neighbours(self, frames: Sequence[Frame], at: int, gray: Float32) -> list[Float32]:
        """The other frames, moved to the content of `gray`: the nearest on each side first, then the farther."""
        order = sorted((abs(place - at), place) for place in range(len(frames)) if place != at)
        near = []
        for _, place in order:
            pixels = self._alone(frames[place])[0]
            near.append(moved(pixels, flow_between(gray, luma(pixels))))
        return near

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


def averaged(pixels: Float32, near: Sequence[Float32], noise: float, amount: float) -> Float32:
    """`pixels` averaged with the neighbours where they show the same; `amount` of the change is taken.

    A neighbour counts by how likely its difference is noise alone, over 3 × 3 pixels, so that edges that did not move
    along stay sharp.
    """
    sigma, gray = max(noise, 0.002), luma(pixels)
    total, weights = pixels.copy(), np.ones(pixels.shape[:2], np.float32)
    for one in near:
        apart = cv2.blur(np.square(luma(one) - gray), (3, 3)) / np.float32(2 * sigma * sigma)
        _add(total, weights, one, apart)
    return _mixed(pixels, total, weights, np.float32(amount))


@numba.njit(cache=True, nogil=True)
def _add(total: Float32, weights: Float32, one: Float32, apart: Float32) -> None:
    """Adds `one` (H, W, 3) where `apart`, its squared difference in variances of the noise, is noise's own."""
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            beyond = apart[y, x] - np.float32(1)
            if beyond > 5:
                continue
            weight = np.float32(1)
            if beyond > 0:
                weight = np.float32(np.exp(-beyond * beyond * np.float32(0.5)))
            weights[y, x] += weight
            for c in range(3):
                total[y, x, c] += weight * one[y, x, c]


@numba.njit(cache=True, nogil=True)
def _mixed(pixels: Float32, total: Float32, weights: Float32, amount: np.float32) -> Float32:
    """`pixels`, moved towards `total` / `weights` by `amount`."""
    result = np.empty_like(total)
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            for c in range(3):
                result[y, x, c] = pixels[y, x, c] + amount * (total[y, x, c] / weights[y, x] - pixels[y, x, c])
    return result
