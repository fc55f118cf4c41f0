"""Every frame that a clip's index promises, whatever the decoder makes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av

from facefusion.errors import MediaUnreadable
from facefusion.media.policy import DamagedFrames


@dataclass(frozen=True, slots=True)
class Decoded:
    """One picture from the decoder, at tick `pts`."""

    pts: int
    picture: av.VideoFrame
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame of the clip: from tick `pts` for `length` ticks."""

    pts: int
    length: int
    picture: av.VideoFrame


class DamageLog:
    """Which frames of a clip were found damaged; shared by all iterations."""

    def __init__(self, path: Path, policy: DamagedFrames, time_base: Fraction) -> None:
        self._path, self._policy, self._time_base = path, policy, time_base
        self._found: dict[int, int] = {}
        self._lock = threading.Lock()

    def add(self, index: int, pts: int) -> None:
        """Note frame `index`. Raises MediaUnreadable when the policy is to stop."""
        if self._policy == "stop":
            raise MediaUnreadable(
                f"{self._path}: frame {index} ({self._seconds(pts)}) is damaged; copy the clip again, or let damaged "
                "frames be held or passed"
            )
        with self._lock:
            self._found[index] = pts

    def frames(self) -> dict[int, int]:
        """Tick by index of the frames found so far."""
        with self._lock:
            return dict(self._found)

    def lines(self) -> list[str]:
        """One line for every run of damaged frames, in order."""
        with self._lock:
            found = sorted(self._found.items())
        runs = groupby(enumerate(found), lambda item: item[1][0] - item[0])
        return [self._line([frame for _, frame in run]) for _, run in runs]

    def _line(self, run: list[tuple[int, int]]) -> str:
        done = {"hold": "the last whole picture is shown instead", "pass": "shown as far as it can be decoded"}
        (first, begin), (last, _) = run[0], run[-1]
        what = f"frame {first} ({self._seconds(begin)}) is" if first == last else f"frames {first} to {last} are"
        return f"{self._path.name}: {what} damaged; {done[self._policy]}"

    def _seconds(self, pts: int) -> str:
        return f"{float(pts * self._time_base):.3f} s"


def filled(
    decoded: Iterator[Decoded], expected: Sequence[int], policy: DamagedFrames, note: Callable[[int, int], None]
) -> Iterator[Shown]:
    """A frame for every tick of `expected`; pictures at other ticks are left out.

    note: called with the place in `expected` and the tick of every frame that is damaged or missing. Where no whole
    picture came before, the next one stands in. Ends early only when there is no picture at all.
    """
    whole: av.VideoFrame | None = None
    ahead = next(decoded, None)
    for place, pts in enumerate(expected):
        while ahead is not None and ahead.pts < pts:
            ahead = next(decoded, None)
        own = ahead if ahead is not None and ahead.pts == pts else None
        if own is not None:
            ahead = next(decoded, None)
        if own is not None and not own.is_damaged:
            whole = own.picture
        else:
            note(place, pts)
        chosen = _chosen(own, whole, ahead, policy)
        if chosen is None:
            return
        yield Shown(pts, _length(expected, place, chosen), chosen)


def uncounted(decoded: Iterator[Decoded], policy: DamagedFrames, note: Callable[[int, int], None]) -> Iterator[Shown]:
    """Frames of a clip without an index: as many as are decoded, each lasting until the next."""
    whole: av.VideoFrame | None = None
    ahead, place = next(decoded, None), -1
    while ahead is not None:
        own, ahead, place = ahead, next(decoded, None), place + 1
        if own.is_damaged:
            note(place, own.pts)
        else:
            whole = own.picture
        chosen = _chosen(own, whole, ahead, policy) or own.picture
        yield Shown(own.pts, ahead.pts - own.pts if ahead is not None else int(own.picture.duration or 0), chosen)


def _chosen(
    own: Decoded | None, whole: av.VideoFrame | None, ahead: Decoded | None, policy: DamagedFrames
) -> av.VideoFrame | None:
    if own is not None and (policy == "pass" or not own.is_damaged):
        return own.picture
    if whole is not None:
        return whole
    return next((each.picture for each in (ahead, own) if each is not None), None)


def _length(expected: Sequence[int], place: int, picture: av.VideoFrame) -> int:
    """Until the next frame: lengths stored in files belong to the order of decoding. The last one's own."""
    return expected[place + 1] - expected[place] if place + 1 < len(expected) else int(picture.duration or 0)
