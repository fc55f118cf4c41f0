"""Where one shot ends and the next begins: PySceneDetect's adaptive detector, without its false alarms at flashes.

The detector compares each frame's change with that of its neighbours, so that a fast pan is none. A change of which
the old picture's fine structure survives, or after which the old picture comes back within a few frames, is a flash.
Every decision depends on the frames from `LEAD` before to `LAG` after it and on nothing else, so that a clip cut into
pieces that overlap that far gives the same shots as in one go.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Float32, Frame, Pixels, UInt8
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry.thinned import thinned

LEAD = 5
"""Frames before one that can sway whether it begins a shot."""
LAG = 4
"""Frames after one that can sway it."""
_SIZE = (128, 72)
_WINDOW = 2
_RATE_HZ = 25.0
_BLUR_PX = 5


@dataclass(frozen=True, slots=True)
class ShotOptions:
    """ratio: how many times more a cut changes than the frames around it. change: the least change of a cut, mean over
    hue, saturation and brightness in steps of 1/255. flash: a picture that is back this much nearer than the change
    was, or whose fine structure correlates with the one before by more than `same`, was only lit by a flash."""

    ratio: float = 3.0
    change: float = 10.0
    flash: float = 0.5
    same: float = 0.6


class ShotFinder:
    """Feed it frames in order; says of each, `LAG` frames later, whether a shot begins with it."""

    def __init__(self, options: ShotOptions | None = None) -> None:
        from scenedetect.detectors import AdaptiveDetector  # it brings libav in, which is slow to load

        self._options = options or ShotOptions()
        self._detector = AdaptiveDetector(
            adaptive_threshold=self._options.ratio,
            min_scene_len=0,
            window_width=_WINDOW,
            min_content_val=self._options.change,
        )
        self._recent: deque[UInt8] = deque(maxlen=LEAD + 1 + LAG)
        self._pushed = 0
        self._suspects: set[int] = set()

    def push(self, pixels: Pixels) -> list[bool]:
        """Take the next frame (H, W, 3) RGB; the decisions that became possible, in order of the frames."""
        small = thumbnail(pixels)
        if not self._pushed:
            for before in range(-_WINDOW, 0):
                self._detect(small, before)
        self._detect(small, self._pushed)
        self._recent.append(small)
        self._pushed += 1
        return [self._decision(self._pushed - 1 - LAG)] if self._pushed > LAG else []

    def finish(self) -> list[bool]:
        """The decisions on the last frames."""
        if not self._pushed:
            return []
        for after in range(_WINDOW):
            self._detect(self._recent[-1], self._pushed + after)
        return [self._decision(index) for index in range(max(self._pushed - LAG, 0), self._pushed)]

    def _detect(self, small: UInt8, index: int) -> None:
        from scenedetect import FrameTimecode

        at = FrameTimecode(index + _WINDOW, fps=_RATE_HZ)
        found = self._detector.process_frame(at, cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        self._suspects |= {cut.frame_num - _WINDOW for cut in found}

    def _decision(self, index: int) -> bool:
        if index not in self._suspects:
            return False
        self._suspects.discard(index)
        oldest = self._pushed - len(self._recent)
        known = list(self._recent)
        return index > 0 and not self._is_flash(known[: index - oldest], known[index - oldest :])

    def _is_flash(self, before: list[UInt8], after: list[UInt8]) -> bool:
        """before: the thumbnails up to the change, after: from it on."""
        last, first = before[-1], after[0]
        pairs = [(last, later) for later in after[1 : LAG + 1]] + [
            (first, earlier) for earlier in before[-1 - LAG : -1]
        ]
        limit = self._options.flash * _apart(last, first)
        alike = any(_correlation(*pair) > self._options.same for pair in [(last, first), *pairs])
        return alike or any(_apart(*pair) < limit for pair in pairs)


def with_cuts(frames: Iterable[Frame], finder: ShotFinder) -> Iterator[tuple[Frame, bool]]:
    """Every frame with whether a shot begins with it; holds back `LAG` frames."""
    waiting: deque[Frame] = deque()
    for frame in frames:
        waiting.append(frame)
        for is_cut in finder.push(frame.pixels):
            yield waiting.popleft(), is_cut
    yield from zip(waiting, finder.finish(), strict=True)


def thumbnail(pixels: Pixels) -> UInt8:
    """(72, 128, 3) uint8 RGB; first by nearest pixels, so that a large frame costs nothing."""
    step = max(1, min(pixels.shape[0] // (2 * _SIZE[1]), pixels.shape[1] // (2 * _SIZE[0])))
    small = cv2.resize(thinned(pixels, step), _SIZE, interpolation=cv2.INTER_AREA)
    if small.dtype == np.uint8:
        return small
    return np.clip(small.astype(np.float32) * np.float32(255 / PIXEL_MAX[small.dtype.name]) + 0.5, 0, 255).astype(
        np.uint8
    )


def _apart(a: UInt8, b: UInt8) -> float:
    """Mean difference of two thumbnails, in steps of 1/255."""
    return float(cv2.absdiff(a, b).mean())


def _correlation(a: UInt8, b: UInt8) -> float:
    """How alike the fine structure of two thumbnails is, in [-1, 1]; a change of exposure hardly lowers it."""
    one, other = _structure(a), _structure(b)
    size = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def _structure(small: UInt8) -> Float32:
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine: Float32 = gray - cv2.GaussianBlur(gray, (0, 0), _BLUR_PX)
    return fine
