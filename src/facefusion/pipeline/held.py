"""What is known of a face before it is drawn, held steady over the frames around it.

Light and what is in front of a face are measured anew in every frame, and the error of that is seen as flicker and as
crawling edges. So both are measured in the neighbours first, and the frame is drawn by what they say together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from facefusion.core import Analysis, Cutout, Face, FaceLight, Float32, Frame
from facefusion.faces.parse import Looked

REACH = 2
"""Frames on each side."""
_WIDTH = 2.0
"""A neighbour that many frames away counts exp(-1/2) of the frame itself."""
_SAME_LIGHT = 0.1
"""Light that is so much brighter or darker (natural logarithm) counts less by the same factor: a flash stays one."""
_SURELY_HIDDEN = 0.15
"""What the network is so sure of is hidden whatever the neighbours say: a hand may pass within a frame or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """looked: what is in front of the face. light: what falls on it. None: not measured."""

    looked: Looked | None = None
    light: FaceLight | None = None


NOTHING = Known()


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A frame about to be drawn. known: by track. cutout, source: as in `windows.Drawn`."""

    frame: Frame
    faces: tuple[Face, ...]
    known: Mapping[int, Known] = field(default_factory=dict)
    cutout: Cutout | None = None
    source: Frame | None = None


def steadily_known(items: Iterable[Ready], analysis: Analysis) -> Generator[Ready, None, None]:
    """Frames in order, each with what it and up to REACH frames on each side, in its shot, know of its faces."""
    past: deque[tuple[int, Mapping[int, Known]]] = deque(maxlen=REACH)
    ahead: deque[Ready] = deque()
    for item in items:
        ahead.append(item)
        if len(ahead) > REACH:
            yield _next(past, ahead, analysis)
    while ahead:
        yield _next(past, ahead, analysis)


def _next(past: deque[tuple[int, Mapping[int, Known]]], ahead: deque[Ready], analysis: Analysis) -> Ready:
    """The first of `ahead`, which moves to `past`, steadied."""
    around = dict([*past, *((one.frame.index, one.known) for one in ahead)])
    now = ahead.popleft()
    past.append((now.frame.index, now.known))
    shot = analysis.shot_at(now.frame.index)
    near = {
        index - now.frame.index: known
        for index, known in around.items()
        if index == now.frame.index or (shot is not None and index in shot and abs(index - now.frame.index) <= REACH)
    }
    known = {track: held({away: one[track] for away, one in near.items() if track in one}) for track in now.known}
    return replace(now, known=known)


def held(around: Mapping[int, Known]) -> Known:
    """What the frame 0 is drawn by. around: what each frame knows, by how many frames it is away."""
    lights = {away: one.light for away, one in around.items() if one.light is not None}
    answers = {away: one.looked for away, one in around.items() if one.looked is not None}
    return Known(steady_answer(answers) if 0 in answers else None, steady_light(lights) if 0 in lights else None)


def steady_light(around: Mapping[int, FaceLight]) -> FaceLight:
    """The weighed mean of what is measured at 0 and near it."""
    now = around[0]
    level = _level(now)
    weights = {
        away: float(np.exp(-0.5 * ((away / _WIDTH) ** 2 + ((_level(one) - level) / _SAME_LIGHT) ** 2)))
        for away, one in sorted(around.items())
    }
    skin = _mean([(weight, around[away].skin) for away, weight in weights.items()])
    if now.lips is None:
        return FaceLight(skin)
    shown = [(weight, lips) for away, weight in weights.items() if (lips := around[away].lips) is not None]
    return FaceLight(skin, _mean(shown))


def _level(light: FaceLight) -> float:
    return float(np.log(max(float(light.skin.mean()), 1e-6)))


def _mean(weighed: Sequence[tuple[float, Any]]) -> Float32:
    total = sum(weight for weight, _ in weighed)
    mean = np.zeros_like(weighed[0][1])
    for weight, values in weighed:
        mean += np.float32(weight / total) * values
    return mean


def steady_answer(around: Mapping[int, Looked]) -> Looked:
    """The median of the answers at 0 and as many before as after; what is surely hidden at 0 stays hidden.

    Every answer lies in its face's own crop, so they are compared pixel by pixel.
    """
    now, reach = around[0], 0
    while reach < REACH and {-reach - 1, reach + 1} <= set(around):
        reach += 1
    answers = [around[away].seen for away in range(-reach, reach + 1)]
    if reach == 0 or min(float(one.min()) for one in answers) >= 1:
        return now
    median = median_of(answers)
    return Looked(np.where(now.seen < _SURELY_HIDDEN, np.minimum(now.seen, median), median), now.matrix)


def median_of(arrays: Sequence[Float32]) -> Float32:
    """The median of an odd number of arrays of one shape, by exchanges of whole arrays: few are sorted fastest so."""
    ranked = list(arrays)
    for last in range(len(ranked) - 1, len(ranked) // 2 - 1, -1):  # the largest of those left moves to the end
        for place in range(last):
            low, high = ranked[place], ranked[place + 1]
            ranked[place], ranked[place + 1] = np.minimum(low, high), np.maximum(low, high)
    return ranked[len(ranked) // 2]
