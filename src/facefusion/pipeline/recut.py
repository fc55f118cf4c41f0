"""Tracks taken apart and put together anew. What was measured is never changed: every function gives new values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from facefusion.core import Analysis, Face, Float32, FrameRange, Identity, Track
from facefusion.core.analysis import Samples
from facefusion.core.points import PackedPoints
from facefusion.core.tracks import FaceColumns


def is_seen(track: Track, part: FrameRange) -> bool:
    """Whether `track` has a face in `part`."""
    rows = track.rows(part.start, part.stop)
    return rows.stop > rows.start


def is_whole(track: Track, part: FrameRange) -> bool:
    """Whether all faces of `track` are in `part`."""
    return track.rows(part.start, part.stop) == slice(0, len(track))


def without(track: Track, part: FrameRange) -> Track:
    """`track` without its faces in `part`; perhaps empty."""
    before, _, after = _cut(track, part)
    return _one_after_another(track, (before, after))


def within(track: Track, part: FrameRange, track_id: int) -> Track:
    """Only the faces of `track` in `part`, as a track of its own."""
    return replace(_cut(track, part)[1], track_id=track_id)


def with_faces(track: Track, part: FrameRange, faces: Mapping[int, Face]) -> Track:
    """`track` with `faces` (by frame) in place of its own in `part`."""
    before, _, after = _cut(track, part)
    return _one_after_another(track, (before, Track.of(track.track_id, dict(faces)), after))


def samples_in(samples: Samples, part: FrameRange, *, is_inside: bool) -> Samples:
    """Those samples that lie in `part`, or those that do not; the thumbnail goes with the best."""
    inside = (samples.frames >= part.start) & (samples.frames < part.stop)
    chosen = inside if is_inside else ~inside
    has_best = bool(len(chosen)) and bool(chosen[int(np.argmax(samples.qualities))])
    return replace(
        samples,
        frames=samples.frames[chosen],
        qualities=samples.qualities[chosen],
        embeddings=samples.embeddings[chosen],
        thumbnail=samples.thumbnail if has_best else b"",
    )


def reassembled(
    analysis: Analysis, tracks: Sequence[Track], people: Iterable[Identity], samples: Mapping[int, Samples]
) -> Analysis:
    """`analysis` with other tracks and people; a track without faces is left out."""
    kept = tuple(track for track in tracks if len(track))
    counted = tuple(_counted(person, kept) for person in people)
    return replace(analysis, tracks=kept, people=counted, samples=samples)


def joined(people: Sequence[Identity]) -> Identity:
    """One person out of several: the first's id, everybody's tracks, the mean embedding by frames seen."""
    known = [(p.embedding, float(max(p.num_frames, 1))) for p in people if p.embedding is not None]
    tracks = tuple(sorted({track for person in people for track in person.track_ids}))
    return replace(people[0], embedding=_mean(known), track_ids=tracks)


def embedding_of(track_ids: Iterable[int], samples: Mapping[int, Samples]) -> Float32 | None:
    """(128,) float32: who the samples of some tracks show; None where there are none."""
    chosen = [samples[number] for number in track_ids if number in samples]
    return _mean([(one.embedding, float(one.qualities.sum())) for one in chosen if one.embedding is not None])


def _cut(track: Track, part: FrameRange) -> tuple[Track, Track, Track]:
    """The faces before, in and after `part`."""
    rows = track.rows(part.start, part.stop)
    ends = (0, rows.start, rows.stop, len(track))
    before, inside, after = (_rows(track, slice(first, stop)) for first, stop in pairwise(ends))
    return before, inside, after


def _rows(track: Track, rows: slice) -> Track:
    points, moved = (
        None if one is None else _points(one, rows.start, rows.stop) for one in (track.points, track.moved)
    )
    return replace(track, frames=track.frames[rows], columns=track.columns.rows(rows), points=points, moved=moved)


def _points(points: PackedPoints, first: int, stop: int) -> PackedPoints:
    """Rows first ≤ row < stop; blocks that are kept whole are shared, not packed anew."""
    begins = [0, *accumulate(points.lengths)]
    whole = [block for block, (low, high) in enumerate(pairwise(begins)) if first <= low and high <= stop]
    if not whole:
        return PackedPoints.of(points.decoded(first, stop))
    chosen = slice(whole[0], whole[-1] + 1)
    parts = (
        PackedPoints.of(points.decoded(first, begins[chosen.start])),
        PackedPoints(points.blocks[chosen], points.lengths[chosen], points.num_points),
        PackedPoints.of(points.decoded(begins[chosen.stop], stop)),
    )
    return PackedPoints.joined(parts)


def _one_after_another(track: Track, parts: Sequence[Track]) -> Track:
    parts = [part for part in parts if len(part)]
    if not parts:
        return _rows(track, slice(0, 0))
    points = [part.points for part in parts if part.points is not None]
    return replace(
        track,
        frames=np.concatenate([part.frames for part in parts]),
        columns=FaceColumns.joined([part.columns for part in parts]),
        points=PackedPoints.joined(points) if points else None,
        moved=PackedPoints.joined([_moved(part) for part in parts])
        if any(part.moved is not None for part in parts)
        else None,
    )


def _moved(part: Track) -> PackedPoints:
    """`part.moved`, or as many rows that say nothing."""
    if part.moved is not None:
        return part.moved
    num_points = 0 if part.points is None else part.points.num_points
    return PackedPoints.of(np.zeros((len(part), num_points, 3), np.float32))


def _mean(known: Sequence[tuple[Float32, float]]) -> Float32 | None:
    if not known:
        return None
    vectors = np.array([vector for vector, _ in known], np.float32)
    return np.average(vectors, axis=0, weights=[weight for _, weight in known]).astype(np.float32)


def _counted(person: Identity, tracks: Sequence[Track]) -> Identity:
    own = [track for track in tracks if track.person_id == person.person_id]
    frames = np.unique(np.concatenate([track.frames for track in own])) if own else ()
    return replace(person, track_ids=tuple(sorted(track.track_id for track in own)), num_frames=len(frames))
