"""Landmarks of trusted frames in place of measured ones: held and carried along with the head, or interpolated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Face, Float32, FrameRange, Landmarks, Track
from facefusion.faces.analyser import face_of
from facefusion.pipeline.edits import ReferenceMode

_ROUNDS = 6
_DOUBT = 0.03
"""How far a point may be off, in face sizes, before it counts less when a head is followed."""


def referenced(track: Track, frames: Sequence[int], part: FrameRange, mode: ReferenceMode) -> dict[int, Face]:
    """The faces of `track` in `part`, by frame, from its faces in `frames`; each of those needs dense landmarks.

    Frames in which nothing was measured get a face as well, so that a face that was lost behind a hand is there again.
    """
    trusted = {frame: _points(track.face(frame)) for frame in sorted(frames)}
    if mode == "hold":
        made = {index: _held(track, trusted, index) for index in range(part.start, part.stop)}
    else:
        made = {index: _between(trusted, index) for index in range(part.start, part.stop)}
    model = track.face(min(frames))
    return {index: _face(points, model) for index, points in made.items()}


def _points(face: Face) -> Float32:
    if face.landmarks is None:
        raise ValueError("reference: got a face without dense landmarks, supported are faces of an analysis")
    return face.landmarks.xyz


def _face(points: Float32, model: Face) -> Face:
    landmarks = Landmarks(np.ascontiguousarray(points[:, :2], np.float32), points[:, 2].astype(np.float32))
    made = face_of(landmarks, max(model.score, 0.5), 1.0)
    return replace(made, track_id=model.track_id, person_id=model.person_id)


def _between(trusted: Mapping[int, Float32], index: int) -> Float32:
    """Straight between the trusted frames on both sides; still beyond the outermost."""
    frames = list(trusted)
    after = next((frame for frame in frames if frame >= index), frames[-1])
    before = next((frame for frame in reversed(frames) if frame <= index), frames[0])
    if after <= before:
        return trusted[before]
    share = np.float32((index - before) / (after - before))
    return trusted[before] + share * (trusted[after] - trusted[before])


def _held(track: Track, trusted: Mapping[int, Float32], index: int) -> Float32:
    nearest = min(trusted, key=lambda frame: (abs(frame - index), frame))
    points = trusted[nearest]
    return _place(track, points, index).applied(points)


@dataclass(frozen=True, slots=True)
class _Similarity:
    """(x, y) → turn · (x, y) + shift; z by the scale. turn: scale · rotation as a complex number."""

    turn: complex
    shift: complex

    def applied(self, points: Float32) -> Float32:
        moved = self.turn * (points[:, 0] + 1j * points[:, 1]) + self.shift
        return np.column_stack([moved.real, moved.imag, abs(self.turn) * points[:, 2]]).astype(np.float32)


def _place(track: Track, points: Float32, index: int) -> _Similarity:
    """Where the head is in frame `index`; between the nearest measured frames where nothing was measured."""
    if index in track:
        return _fitted(points, _points(track.face(index)))
    row = int(np.searchsorted(track.frames, index))
    before = int(track.frames[row - 1]) if row > 0 else None
    after = int(track.frames[row]) if row < len(track) else None
    sides = [_fitted(points, _points(track.face(frame))) for frame in (before, after) if frame is not None]
    if before is None or after is None:
        return sides[0]
    share = (index - before) / (after - before)
    first, second = sides
    return _Similarity(
        first.turn + share * (second.turn - first.turn), first.shift + share * (second.shift - first.shift)
    )


def _fitted(points: Float32, measured: Float32) -> _Similarity:
    """The similarity that leads most points to where they were measured; those that are far off count little."""
    start = (points[:, 0] + 1j * points[:, 1]).astype(np.complex128)
    goal = (measured[:, 0] + 1j * measured[:, 1]).astype(np.complex128)
    limit = _DOUBT * float(np.ptp(goal.real) + np.ptp(goal.imag))
    weights: NDArray[np.float64] = np.ones(len(start))
    found = _Similarity(1.0, 0.0)
    for _ in range(_ROUNDS):
        middle, target = np.average(start, weights=weights), np.average(goal, weights=weights)
        around, away = start - middle, goal - target
        turn = complex(np.sum(weights * np.conj(around) * away) / max(np.sum(weights * np.abs(around) ** 2), 1e-9))
        found = _Similarity(turn, complex(target - turn * middle))
        off = np.abs(found.turn * start + found.shift - goal)
        weights = 1.0 / (1.0 + (off / max(limit, 1e-6)) ** 2) ** 2
    return found
