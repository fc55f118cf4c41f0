"""Tracks that follow one face at the same time are one track."""

from __future__ import annotations

from collections.abc import Sequence

from facefusion.core import Track

SAME_PLACE = 0.5
"""Overlap of two boxes in one frame above which they are one face."""


def joined_doubles(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks in order of their first frame; those that lie on one face in a frame they share are joined.

    A lost face that is found again is followed back, and may meet the track it was lost from. The joined track keeps
    the id of the one that begins first, and that one's faces where both have one.
    """
    left = sorted(tracks, key=lambda track: (track.first, track.track_id))
    kept: list[Track] = []
    for track in left:
        place = next((i for i, earlier in enumerate(kept) if _is_double(earlier, track)), None)
        if place is None:
            kept.append(track)
        else:
            kept[place] = _joined(kept[place], track)
    return tuple(kept)


def _is_double(a: Track, b: Track) -> bool:
    shared = a.faces.keys() & b.faces.keys()
    pairs = ((a.face(index, dense=False), b.face(index, dense=False)) for index in shared)
    return any(one.box.iou(other.box) > SAME_PLACE for one, other in pairs)


def _joined(first: Track, then: Track) -> Track:
    indices = sorted(first.faces.keys() | then.faces.keys())
    merged = ((index, (first if index in first else then).face(index)) for index in indices)
    return Track.of(first.track_id, merged, first.person_id)
