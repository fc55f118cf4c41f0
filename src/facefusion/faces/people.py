"""Join the tracks of a clip into people, across shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from facefusion.core import Float32, Identity, Samples, Track, UInt8
from facefusion.faces.embed import distance
from facefusion.faces.evidence import decoded

JOIN_DISTANCE = 0.55
"""Groups of tracks nearer than this become one person."""


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who is in a clip: people, most seen first, with ids from 1; the tracks with their `person_id`."""

    people: tuple[Identity, ...]
    tracks: tuple[Track, ...]


@dataclass(slots=True, eq=False)
class _Group:
    tracks: list[Track]
    embedding: Float32 | None
    frames: set[int] = field(default_factory=set)
    weight: float = 1.0


def join(tracks: Sequence[Track], samples: Mapping[int, Samples], *, join_distance: float = JOIN_DISTANCE) -> Cast:
    """Group `tracks` by their embeddings, nearest groups first (agglomerative, weighted means).

    Two tracks that share a frame are never one person. A track without samples is a person of its own.
    """
    groups = [_group_of(track, samples.get(track.track_id)) for track in tracks]
    while (pair := _nearest(groups, join_distance)) is not None:
        merged = _merged(*pair)
        groups = [group for group in groups if all(group is not one for one in pair)] + [merged]
    groups.sort(key=lambda group: (-len(group.frames), min(track.track_id for track in group.tracks)))
    return _cast_of(groups)


def _group_of(track: Track, samples: Samples | None) -> _Group:
    if samples is None:
        return _Group([track], None, set(track.frames.tolist()))
    return _Group([track], samples.embedding, set(track.frames.tolist()), float(samples.qualities.sum()))


def _nearest(groups: Sequence[_Group], limit: float) -> tuple[_Group, _Group] | None:
    best: tuple[_Group, _Group] | None = None
    for i, a in enumerate(groups):
        for b in groups[:i]:
            if a.embedding is None or b.embedding is None or a.frames & b.frames:
                continue
            apart = distance(a.embedding, b.embedding)
            if apart < limit:
                best, limit = (a, b), apart
    return best


def _merged(a: _Group, b: _Group) -> _Group:
    vectors = np.array([a.embedding, b.embedding], np.float32)
    mean = np.average(vectors, axis=0, weights=[a.weight, b.weight]).astype(np.float32)
    return _Group(a.tracks + b.tracks, mean, a.frames | b.frames, a.weight + b.weight)


def _cast_of(groups: Sequence[_Group]) -> Cast:
    people, owned = [], []
    for person_id, group in enumerate(groups, start=1):
        ids = tuple(sorted(track.track_id for track in group.tracks))
        people.append(Identity(person_id, group.embedding, ids, len(group.frames)))
        owned += [replace(track, person_id=person_id) for track in group.tracks]
    return Cast(tuple(people), tuple(sorted(owned, key=lambda track: track.track_id)))


def portrait(person: Identity, samples: Mapping[int, Samples]) -> UInt8 | None:
    """(192, 192, 3) uint8 RGB: the best view of a person; None where there is none."""
    known = [samples[track_id] for track_id in person.track_ids if track_id in samples]
    views = [view for view in known if view.thumbnail]
    best = max(views, key=lambda view: view.best_quality, default=None)
    return None if best is None else decoded(best.thumbnail)
