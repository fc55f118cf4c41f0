"""No frame of a hidden person without a place to hide: tracks without gaps, and a little longer than they were seen.

Where nothing was measured, the face is put where it must have been: between two measurements, or onwards from the first
and the last. Such faces have score 0, so that they are covered, not drawn on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from facefusion.core import Analysis, Box, Face, Float32, FrameRange, Landmarks, Shot, Track
from facefusion.faces.analyser import face_of
from facefusion.faces.track import fill_gaps

BEYOND_FRAMES = 12
"""Frames before the first and after the last measurement in which the face may still be seen."""
_LONGEST_GAP = 100_000
_MOVES_ON = 5
"""A face moves on as it moved over this many frames, and for as many; then its place is held."""
_SAME_PLACE = 0.25
_LONGEST_LOSS, _NEAR = 120, 1.5
"""A face that is lost for as many frames, and found again within as many of its heights, was there all the time."""


def covered(analysis: Analysis, part: FrameRange) -> Analysis:
    """`analysis` with every track filled and continued on both sides, within its shot and `part`."""
    return replace(analysis, tracks=tuple(_continued(track, analysis, part) for track in analysis.tracks))


def _continued(track: Track, analysis: Analysis, part: FrameRange) -> Track:
    if not len(track) or track.points is None:
        return track
    whole = fill_gaps(track, longest=_LONGEST_GAP)
    after = list(_until_found_again(track, analysis) or _onwards(track, analysis, part, step=1))
    before = list(_onwards(track, analysis, part, step=-1))
    if not before and not after:
        return whole
    return Track.of(track.track_id, [*reversed(before), *whole.faces.items(), *after], track.person_id)


def _until_found_again(track: Track, analysis: Analysis) -> list[tuple[int, Face]]:
    """Frames and faces between a track and the next of the same person; none where there is no such track."""
    other = _taken_up_by(track, analysis)
    if other is None:
        return []
    ends = {track.last: track.face(track.last), other.first: other.face(other.first)}
    bridge = fill_gaps(Track.of(track.track_id, ends, track.person_id), longest=_LONGEST_GAP)
    return [(index, face) for index, face in bridge.faces.items() if track.last < index < other.first]


def _taken_up_by(track: Track, analysis: Analysis) -> Track | None:
    """The next track of the same person in the same shot, where the person cannot have moved far in between."""
    shot = analysis.shot_at(track.last) or Shot(0, analysis.num_frames)
    last = track.face(track.last, dense=False).box
    for other in sorted(analysis.tracks, key=lambda one: one.first if len(one) else 0):
        is_same = other.person_id is not None and other.person_id == track.person_id
        if is_same and len(other) and track.last < other.first < min(shot.stop, track.last + _LONGEST_LOSS):
            apart = np.hypot(*np.subtract(other.face(other.first, dense=False).box.center, last.center))
            return other if apart < _NEAR * last.height and other.points is not None else None
    return None


def _onwards(track: Track, analysis: Analysis, part: FrameRange, *, step: int) -> Iterator[tuple[int, Face]]:
    """Frame and face beyond one end of a track, from the end outwards, until somebody else is measured there."""
    end = track.last if step > 0 else track.first
    shot = analysis.shot_at(end) or Shot(0, analysis.num_frames)
    face = track.face(end)
    if face.landmarks is None:
        return
    speed = _speed(track, end, step)
    for count in range(1, BEYOND_FRAMES + 1):
        index = end + step * count
        if index not in part or not shot.start <= index < shot.stop:
            return
        made = _moved(face, speed * min(count, _MOVES_ON))
        if _is_outside(made.box, analysis) or _is_taken(made, index, track, analysis):
            return
        yield index, made


def _speed(track: Track, end: int, step: int) -> Float32:
    """(2,) pixels a frame, outwards."""
    inner = end - step * _MOVES_ON
    if inner not in track:
        return np.zeros(2, np.float32)
    here, there = (np.array(track.face(index, dense=False).box.center, np.float32) for index in (end, inner))
    return (here - there) / np.float32(_MOVES_ON)


def _moved(face: Face, by: Float32) -> Face:
    assert face.landmarks is not None
    landmarks = Landmarks((face.landmarks.xy + by).astype(np.float32), face.landmarks.z)
    made = face_of(landmarks, 0.0, face.visibility)
    return replace(made, track_id=face.track_id, person_id=face.person_id)


def _is_outside(box: Box, analysis: Analysis) -> bool:
    return box.x1 < 0 or box.y1 < 0 or box.x0 > analysis.width or box.y0 > analysis.height


def _is_taken(face: Face, index: int, track: Track, analysis: Analysis) -> bool:
    """Whether the same person is measured at that place, as another track: then they are hidden by that one."""
    others = (one for one in analysis.faces_in(index, dense=False) if one.track_id != track.track_id)
    return any(one.person_id == track.person_id and one.box.iou(face.box) > _SAME_PLACE for one in others)
