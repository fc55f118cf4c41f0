"""Frames at the border of two ranges, which both look at: the second range finds what the first one measured there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from facefusion.core import Frame
from facefusion.pipeline.held import Ready

_MOST_BYTES = 100_000_000
"""What is kept, about; where it does not suffice, frames are measured twice."""


class Borders:
    """What was measured near the ends of ranges, until somebody asks for it again. Safe in threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Frame, Ready]] = OrderedDict()
        self._bytes, self._lock = 0, Lock()

    def ready(self, frame: Frame, ends: Sequence[int], reach: int, measure: Callable[[Frame], Ready]) -> Ready:
        """`measure(frame)`, or the same from a neighbouring range, `reach` frames or less from one of `ends`.

        Pixels are compared: where a broken stream is decoded differently from another place, nothing is shared.
        """
        if not any(end - reach <= frame.index < end + reach for end in ends):
            return measure(frame)
        known = self._taken(frame.index)
        if known is not None and np.array_equal(known[0].pixels, frame.pixels):
            return known[1]
        found = measure(frame)
        if known is None:
            self._keep(frame, found)
        return found

    def _taken(self, index: int) -> tuple[Frame, Ready] | None:
        with self._lock:
            known = self._kept.pop(index, None)
            self._bytes -= 0 if known is None else _size_of(*known)
        return known

    def _keep(self, frame: Frame, ready: Ready) -> None:
        with self._lock:
            self._kept[frame.index] = (frame, ready)
            self._bytes += _size_of(frame, ready)
            while self._bytes > _MOST_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= _size_of(*oldest)


def _size_of(frame: Frame, ready: Ready) -> int:
    cutout = ready.cutout
    return frame.pixels.nbytes + (0 if cutout is None else cutout.pixels.nbytes + cutout.alpha.nbytes)
