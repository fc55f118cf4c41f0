"""Join the tracks of a clip that was measured in pieces.

Neighbouring pieces share a few frames. Tracks that lie on one face there are one; in the shared frames the landmarks go
over from the one to the other in equal steps, so that nothing jumps. A face that was lost near the end of a piece and
found again in the next is the same under the rules by which one tracker would have waited for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from facefusion.core import Face, FrameRange, Landmarks, Samples, Shot, Track
from facefusion.faces.analyser import face_of
from facefusion.faces.embed import SAME_PERSON, distance
from facefusion.faces.evidence import merged_samples
from facefusion.faces.track import PATIENCE, nearness

_SAME_PLACE = 0.5


@dataclass(slots=True, eq=False)
class _Chain:
    """The parts of one track, in order; only the last one is looked at."""

    parts: list[Track]
    samples: Samples
    cuts: tuple[int, ...] = field(default=())

    @property
    def latest(self) -> Track:
        return self.parts[-1]


class Seams:
    """Feed it the pieces in order with `add`; `tracks` and `samples` are those of the whole."""

    def __init__(self) -> None:
        self._chains: list[_Chain] = []
        self._open: list[_Chain] = []

    def add(
        self, tracks: Sequence[Track], samples: Mapping[int, Samples], *, shared: FrameRange, shots: Sequence[Shot]
    ) -> None:
        """The next piece. shared: the frames that it has in common with the one before; shots: those of the piece."""
        waiting = [chain for chain in self._open if chain.latest.last >= shared.start - PATIENCE]
        self._open = list(waiting)
        pairs = _pairs(waiting, tracks, shared)
        for track in sorted(tracks, key=lambda one: (one.first, one.track_id)):
            known = samples.get(track.track_id, Samples.none())
            chain = pairs.get(track.track_id) or self._lost(waiting, pairs, track, known, shots)
            if chain is None:
                chain = _Chain([track], known)
                self._chains.append(chain)
                self._open.append(chain)
            else:
                pairs[track.track_id] = chain
                chain.parts[-1:] = _over(chain.latest, track, shared)
                chain.samples = merged_samples([chain.samples, known])

    def tracks(self) -> tuple[tuple[Track, ...], dict[int, Samples]]:
        """All tracks in order of their first frame, numbered from 1, and the samples of each by its number."""
        order = sorted(self._chains, key=lambda chain: (chain.parts[0].first, -_size(chain.parts[0])))
        tracks = [replace(Track.joined(chain.parts), track_id=number) for number, chain in enumerate(order, start=1)]
        return tuple(tracks), {number: chain.samples for number, chain in enumerate(order, start=1)}

    def _lost(
        self,
        waiting: Sequence[_Chain],
        pairs: Mapping[int, _Chain],
        track: Track,
        known: Samples,
        shots: Sequence[Shot],
    ) -> _Chain | None:
        """The chain that was lost where `track` begins, and that is the same person as far as is known."""
        taken = list(pairs.values())
        fitting = [
            chain
            for chain in waiting
            if all(chain is not other for other in taken) and _continues(chain, track, known, shots)
        ]
        return max(fitting, key=lambda chain: _near(chain.latest, track), default=None)


def _pairs(waiting: Sequence[_Chain], tracks: Sequence[Track], shared: FrameRange) -> dict[int, _Chain]:
    """Which track of a piece goes on with which chain: those that overlap most first, each once."""
    found = [
        (overlap, -place, track.track_id, chain)
        for place, chain in enumerate(waiting)
        for track in tracks
        if (overlap := _overlap(chain.latest, track, shared)) > _SAME_PLACE
    ]
    pairs: dict[int, _Chain] = {}
    for _, _, track_id, chain in sorted(found, key=lambda one: (-one[0], -one[1], one[2])):
        if track_id not in pairs and all(chain is not other for other in pairs.values()):
            pairs[track_id] = chain
    return pairs


def _overlap(one: Track, other: Track, shared: FrameRange) -> float:
    """Mean overlap of two tracks' boxes in the frames that both have of `shared`; 0 where there are none."""
    indices = [index for index in range(shared.start, shared.stop) if index in one and index in other]
    boxes = [(one.face(index, dense=False).box, other.face(index, dense=False).box) for index in indices]
    return float(np.mean([a.iou(b) for a, b in boxes])) if boxes else 0.0


def _continues(chain: _Chain, track: Track, known: Samples, shots: Sequence[Shot]) -> bool:
    last, first = chain.latest.last, track.first
    if not 0 < first - last <= PATIENCE + 1 or any(last < shot.start <= first for shot in shots[1:]):
        return False
    if _near(chain.latest, track) <= 0:
        return False
    one, other = chain.samples.embedding, known.embedding
    return first - last <= 2 or one is None or other is None or distance(one, other) < SAME_PERSON


def _near(lost: Track, found: Track) -> float:
    return nearness(lost.face(lost.last, dense=False), found.face(found.first, dense=False))


def _size(track: Track) -> float:
    return track.face(track.first, dense=False).box.area


def _over(before: Track, after: Track, shared: FrameRange) -> list[Track]:
    """The two as parts that follow one another, gone over from one to the other in the frames they share."""
    seam = max(min(shared.stop, before.last + 1), shared.start)
    middle = {
        index: _mixed(before, after, index, shared)
        for index in range(shared.start, seam)
        if index in before or index in after
    }
    parts = [before.within(before.first, shared.start), Track.of(before.track_id, middle) if middle else None]
    parts.append(after.within(max(seam, before.last + 1), after.last + 1))
    return [replace(part, track_id=before.track_id) for part in parts if part is not None]


def _mixed(before: Track, after: Track, index: int, shared: FrameRange) -> Face:
    if index not in before:
        return after.face(index)
    if index not in after:
        return before.face(index)
    part = np.float32((index - shared.start + 1) / (len(shared) + 1))
    a, b = before.face(index), after.face(index)
    if a.landmarks is None or b.landmarks is None:
        return a
    xyz = a.landmarks.xyz + part * (b.landmarks.xyz - a.landmarks.xyz)
    landmarks = Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2])
    mixed = face_of(landmarks, max(a.score, b.score), a.visibility + float(part) * (b.visibility - a.visibility))
    return replace(mixed, measures=a.measures or b.measures, moved=b.moved if b.moved is not None else a.moved)
