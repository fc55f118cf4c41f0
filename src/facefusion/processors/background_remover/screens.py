"""Which frames stand before a screen, of what colour, and what it looks like behind the person."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from facefusion.core import Float32, Frame, Shot
from facefusion.core.scene import Scene
from facefusion.errors import InvalidInput
from facefusion.processors.background_remover.keyer.key import Screen
from facefusion.processors.background_remover.people import shrunk
from facefusion.processors.background_remover.survey import look_of

COLORS = {"green": 1, "blue": 2}
LEAST_SHARE = 0.25
"""A screen fills at least this much of what is around the people."""
_LEAST_SAID = 0.03
"""The same, where its colour was said: part of it may be out of the picture."""
_EVERY, _SOMEBODY = 10, 0.002
"""Frames from one look for people to the next, and the share of the picture from which somebody is there."""
_NEAR_FRAMES = 12
"""A screen's colour is the middle one of this many frames on each side."""


class Screens:
    """The screen of every frame; found once a shot. wanted: "auto", "none", "green" or "blue".

    Raises InvalidInput when a colour was said of which there is no screen anywhere.
    """

    def __init__(self, wanted: str, scene: Scene | None, shots: Sequence[Shot]) -> None:
        self._wanted, self._scene = wanted, scene
        self._shots = [shot for shot in shots if scene is not None and shot.start in scene]
        self._begins = [shot.start for shot in self._shots]
        self._found = [self._in_shot(shot) for shot in self._shots]
        self._known = [self._plate_of(shot, primary) for shot, primary in zip(self._shots, self._found, strict=True)]
        self._empty, self._looked_at = self._nobody()
        if self._looked_at and self._empty == self._looked_at and not any(self._found):
            raise InvalidInput("background: there is no screen and nobody to be seen, so that nothing would be left")
        if wanted in COLORS and self._shots and not any(self._found):
            raise InvalidInput(f"screen: {wanted} was said, and there is no {wanted} screen; {self._what_there_is()}")

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, for the report."""
        if not self._shots:
            return ()
        names = {0: "no screen, people are cut out", 1: "a green screen", 2: "a blue screen"}
        nobody = f"background: nobody is seen in about {self._empty} of {self._looked_at} frames that were looked at"
        more = (f"{nobody}; they are empty",) if self._empty else ()
        counts = [(name, self._found.count(kind)) for kind, name in names.items() if kind in self._found]
        if len(counts) == 1:
            return (f"background: {counts[0][0]}", *more)
        return ("background: " + ", ".join(f"{name} in {count} shots" for name, count in counts), *more)

    def of(self, frame: Frame, person: Float32) -> Screen | None:
        """The screen behind `frame`; None when there is none. person: (256, 256) in [0, 1]."""
        if self._wanted == "none":
            return None
        place = bisect_right(self._begins, frame.index) - 1
        if self._scene is None or place < 0 or frame.index not in self._scene:
            look = look_of(shrunk(frame.pixels), person)
            primary = self._best(look)
            return _screen(look, primary, None) if primary else None
        primary, shot = self._found[place], self._shots[place]
        if not primary:
            return None
        near = range(max(shot.start, frame.index - _NEAR_FRAMES), min(shot.stop, frame.index + _NEAR_FRAMES + 1))
        looks = np.array([self._scene.look(index) for index in near if index in self._scene])
        seen = looks[looks[:, _column(primary)] > 0]
        return _screen(np.median(seen if len(seen) else looks, axis=0), primary, self._known[place])

    def _nobody(self) -> tuple[int, int]:
        """Of the frames without a screen, one in ten: how many show nobody, and how many there are."""
        assert not self._shots or self._scene is not None
        shots = [shot for shot, found in zip(self._shots, self._found, strict=True) if not found]
        frames = [
            index for shot in shots for index in range(shot.start, shot.stop, _EVERY) if index in (self._scene or ())
        ]
        empty = [index for index in frames if self._scene and (self._scene.person(index) > 127).mean() < _SOMEBODY]
        return len(empty), len(frames)

    def _in_shot(self, shot: Shot) -> int:
        assert self._scene is not None
        looks = np.array([self._scene.look(index) for index in range(shot.start, shot.stop) if index in self._scene])
        return self._best(np.median(looks, axis=0)) if self._wanted != "none" else 0

    def _best(self, look: Float32) -> int:
        """1 for green, 2 for blue, 0 for none."""
        shares = {primary: float(look[_column(primary)]) for primary in COLORS.values()}
        if self._wanted in COLORS:
            primary = COLORS[self._wanted]
            return primary if shares[primary] >= _LEAST_SAID else 0
        primary = max(shares, key=lambda one: shares[one])
        return primary if shares[primary] >= LEAST_SHARE else 0

    def _plate_of(self, shot: Shot, primary: int) -> Float32 | None:
        assert self._scene is not None
        for plate in self._scene.plates:
            if plate.frames.start in shot and plate.primary == primary:
                return plate.known()
        return None

    def _what_there_is(self) -> str:
        assert self._scene is not None
        looks = np.median(self._scene.looks, axis=0)
        other = [name for name, primary in COLORS.items() if looks[_column(primary)] >= LEAST_SHARE]
        return f"there is a {other[0]} one: say {other[0]} or auto" if other else "leave it out, and people are cut out"


def _column(primary: int) -> int:
    return 0 if primary == 1 else 4


def _screen(look: Float32, primary: int, known: Float32 | None) -> Screen:
    at = _column(primary) + 1
    return Screen(np.asarray(look[at : at + 3], np.float32), primary, known)
