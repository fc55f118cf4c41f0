"""What has to be known of a whole clip before a frame is restored: brightness, unsteadiness, levels, grain."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import cv2
import numpy as np

from facefusion.core import Analysis, Float32, Frame, to_unit
from facefusion.geometry.color import luma
from facefusion.processors.frame_restorer.blocks import Blocks, blocks_of
from facefusion.processors.frame_restorer.curves import Curve, smooth, tone_step
from facefusion.processors.frame_restorer.settings import Settings

_SMALL = (96, 72)
_TRACKED_PX = 320
FLICKER_FRAMES, WEAVE_FRAMES = 30.0, 10.0
"""What is slower than this (Gaussian sigma) is meant."""
_ALIKE = 0.5
"""Correlation of two small pictures under which they show two scenes, whatever the analysis says."""
_LARGEST_WEAVE = 0.02
"""Of the width; a camera moves further, a film in its gate does not."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmSurvey:
    """By frame number, for every frame that was looked at; (n, …) float64 rows from `start` on.

    tone: gain and offset that take the flicker out. shift_px: x and y that take the weave out. black, white: of
    the shot. grain: standard deviation of the noise of the shot, in [0, 1]. blocks: (n, 3), strength and place of the
    shot's grid of coding blocks, as in `Blocks`.
    """

    start: int
    tone: Curve
    shift_px: Curve
    black: Curve
    white: Curve
    grain: Curve
    blocks: Curve

    @staticmethod
    def empty() -> FilmSurvey:
        """Of nothing: every frame is left as bright and where it is."""
        none = np.zeros((0,))
        return FilmSurvey(0, np.zeros((0, 2)), np.zeros((0, 2)), none, none, none, np.zeros((0, 3)))

    def row(self, index: int) -> int | None:
        """The row of frame `index`; None for one that was not looked at."""
        return index - self.start if 0 <= index - self.start < len(self.tone) else None

    def digest(self) -> bytes:
        """Of all figures."""
        digest = sha256(str(self.start).encode())
        for rows in (self.tone, self.shift_px, self.black, self.white, self.grain, self.blocks):
            digest.update(rows.tobytes())
        return digest.digest()


class FilmSurveyor:
    """Looks at frames in order; what it keeps of each is a few numbers."""

    def __init__(self, settings: Settings, analysis: Analysis) -> None:
        self._shots, self._settings = analysis, settings
        self._start: int | None = None
        self._steps: list[tuple[float, float]] = []
        self._moves: list[tuple[float, float]] = []
        self._ends: list[tuple[float, float]] = []
        self._grain: list[float] = []
        self._blocks: list[Blocks] = []
        self._begins: list[int] = []
        self._last: tuple[Float32, Float32] | None = None

    def look(self, frame: Frame) -> None:
        """Take the next frame."""
        gray = luma(to_unit(frame.pixels))
        small = cv2.resize(gray, _SMALL, interpolation=cv2.INTER_AREA)
        wide = min(_TRACKED_PX, gray.shape[1])
        high = max(round(gray.shape[0] * wide / gray.shape[1]), 1)
        tracked = cv2.resize(gray, (wide, high), interpolation=cv2.INTER_AREA)
        shot = self._shots.shot_at(frame.index)
        is_first = self._last is None or (shot is not None and shot.start == frame.index)
        if self._start is None:
            self._start = frame.index
        if is_first:
            self._begins.append(frame.index - self._start)
        if is_first or self._last is None or not _is_same(self._last[0], small):
            self._steps.append((1.0, 0.0))
            self._moves.append((0.0, 0.0))
        else:
            self._steps.append(tone_step(self._last[0].astype(np.float64), small.astype(np.float64)))
            self._moves.append(_move(self._last[1], tracked, gray.shape[1] / wide))
        self._ends.append((float(np.percentile(small, 1)), float(np.percentile(small, 99))))
        self._grain.append(_noise_of(gray))
        self._blocks.append(blocks_of(gray))
        self._last = small, tracked

    def found(self) -> FilmSurvey:
        """The corrections of every frame."""
        if self._start is None:
            return FilmSurvey.empty()
        bounds = [*self._begins, len(self._steps)]
        parts = [slice(begin, end) for begin, end in pairwise(bounds)]
        ends, grain = np.array(self._ends), np.array(self._grain)
        even = [_of_shot(grain[part], np.median) for part in parts]
        return FilmSurvey(
            start=self._start,
            tone=np.concatenate([_tone(np.array(self._steps[part]), ends[part]) for part in parts]),
            shift_px=np.concatenate([_shift(np.array(self._moves[part])) for part in parts]),
            black=np.concatenate([_of_shot(ends[part, 0], np.min) for part in parts]),
            white=np.concatenate([_of_shot(ends[part, 1], np.max) for part in parts]),
            grain=np.concatenate(even),
            blocks=np.concatenate([_grid(self._blocks[part]) for part in parts]),
        )


def _grid(found: list[Blocks]) -> Curve:
    """(n, 3), alike for a shot: the median strength of the grid that is seen most often."""
    places = [(one.x, one.y) for one in found if one.strength > 0]
    if 2 * len(places) < len(found):
        return np.zeros((len(found), 3))
    x, y = max(sorted(set(places)), key=places.count)
    strength = float(np.median([one.strength if (one.x, one.y) == (x, y) else 0.0 for one in found]))
    return np.tile([strength, x, y], (len(found), 1)).astype(np.float64)


def _of_shot(values: Curve, measure: object) -> Curve:
    return np.full(len(values), float(measure(values)))  # type: ignore[operator]


def _tone(steps: Curve, ends: Curve) -> Curve:
    """(n, 2) gain and offset that bring each frame of a shot to the smooth course of its brightness.

    steps: (n, 2) from each frame's predecessor. The course is followed at two tones of the first frame, dark and light.
    """
    dark, light = ends[0, 0] + 0.1, max(ends[0, 1] - 0.1, ends[0, 0] + 0.2)
    tones = np.empty((len(steps), 2))
    now = np.array([dark, light])
    for number, (gain, offset) in enumerate(steps):
        now = now * gain + offset if number else now
        tones[number] = now
    wanted = smooth(tones, FLICKER_FRAMES)
    gain = (wanted[:, 1] - wanted[:, 0]) / np.maximum(tones[:, 1] - tones[:, 0], 1e-3)
    gain = np.clip(gain, 0.5, 2.0)
    return np.column_stack([gain, wanted[:, 0] - gain * tones[:, 0]])


def _shift(moves: Curve) -> Curve:
    path = np.cumsum(moves, axis=0)
    return smooth(path, WEAVE_FRAMES) - path


def _move(before: Float32, after: Float32, scale: float) -> tuple[float, float]:
    """How far the picture moved, in pixels of the frame (phase correlation); 0 where that is no weave."""
    window = cv2.createHanningWindow((before.shape[1], before.shape[0]), cv2.CV_32F)
    (x, y), trust = cv2.phaseCorrelate(before, after, window)
    if trust < 0.1 or max(abs(x), abs(y)) > _LARGEST_WEAVE * before.shape[1]:
        return 0.0, 0.0
    return x * scale, y * scale


def _is_same(before: Float32, after: Float32) -> bool:
    """Whether two small pictures may show one scene; where they do not, nothing is known of how the light jumped."""
    if min(before.std(), after.std()) < 0.01:
        return True
    return bool(np.corrcoef(before.ravel(), after.ravel())[0, 1] > _ALIKE)


def _noise_of(gray: Float32) -> float:
    """Sigma of the noise (Immerkaer 1996), by the median so that edges and dust do not count."""
    response = cv2.filter2D(gray, cv2.CV_32F, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32))
    return float(np.median(np.abs(response[::2, ::2]))) / (6 * 0.6745)
