"""What the renderer asks for faces: the measured ones, smoothed within their shot and track.

The analysis holds what was measured; smoothing is derived from it when it is needed, in blocks at fixed places, so that
a face is the same whoever asks for it and in whatever order.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from threading import Lock

import numpy as np

from facefusion.core import Analysis, Face, Float32, Landmarks, Track
from facefusion.faces.analyser import face_of
from facefusion.geometry.canonical_shape import track_shape
from facefusion.pipeline.keypoints import steady_keypoints
from facefusion.temporal.settings import TemporalSettings
from facefusion.temporal.smooth import MARGIN, smoothed
from facefusion.temporal.traits import Stretch, Traits, traits_of

_BLOCK = 192
"""Frames that are smoothed together; blocks begin at multiples of this."""
_BLOCKS_HELD = 44
_SAMPLED = 192
_MOST_STRETCHES = 5
_LEAST_FRAMES = 5
_SHAPE_FRAMES = 64
_PRESENT, _SURELY_PRESENT = 0.5, 0.95


class SteadyFaces:
    """The faces of an analysis, smoothed. Safe to use from several threads."""

    def __init__(self, analysis: Analysis, settings: TemporalSettings) -> None:
        self._analysis, self._settings = analysis, settings
        self._is_aligned = "landmarker" in analysis.made_with
        self._traits: dict[int, tuple[Traits, Float32]] = {}
        self._blocks: OrderedDict[tuple[int, int], dict[int, Float32]] = OrderedDict()
        self._lock = Lock()

    def faces_in(self, index: int) -> tuple[Face, ...]:
        """As `Analysis.faces_in`, in the same order, with steady landmarks and each person's one shape."""
        if self._settings.smoothing <= 0:
            return self._analysis.faces_in(index)
        tracks = {track.track_id: track for track in self._analysis.tracks_in(index)}
        faces = self._analysis.faces_in(index)
        return tuple(self._steady(tracks[face.track_id], face, index) for face in faces if face.track_id is not None)

    def _steady(self, track: Track, face: Face, index: int) -> Face:
        if track.points is None or track.points.num_points != 478 or len(track) < _LEAST_FRAMES:
            return face
        with self._lock:
            traits, shape = self._known(track)
            xyz = self._block(track, index // _BLOCK, traits)[index]
        landmarks = Landmarks(np.ascontiguousarray(xyz[:, :2]), np.ascontiguousarray(xyz[:, 2]))
        placed = face_of(landmarks, face.score, face.visibility)
        keypoints = steady_keypoints(track, index, landmarks) if self._is_aligned else placed.keypoints
        return replace(face, box=placed.box, keypoints=keypoints, landmarks=landmarks, pose=placed.pose, shape=shape)

    def _known(self, track: Track) -> tuple[Traits, Float32]:
        """What holds for the whole track, measured on stretches spread over it."""
        if track.track_id not in self._traits:
            rows = _rows_spread(len(track))
            stretches = [one for part in rows for _, one in self._stretches(track, part)]
            points = np.concatenate([one.points for one in stretches])
            trust = np.concatenate([one.trust for one in stretches])
            self._traits[track.track_id] = traits_of(stretches), track_shape(points, trust, most=_SHAPE_FRAMES)
        return self._traits[track.track_id]

    def _block(self, track: Track, number: int, traits: Traits) -> dict[int, Float32]:
        """Frame → smoothed (478, 3) float32 of the track's frames in one block."""
        key = (track.track_id, number)
        if key not in self._blocks:
            start, stop = number * _BLOCK, (number + 1) * _BLOCK
            rows = track.rows(start - MARGIN, stop + MARGIN)
            found: dict[int, Float32] = {}
            for frames, one in self._stretches(track, rows):
                points = smoothed(one.points, one.confidence, self._settings.smoothing, moved=one.moved, traits=traits)
                inside = (frames >= start) & (frames < stop)
                found |= dict(zip(frames[inside].tolist(), points[inside], strict=True))
            self._blocks[key] = found
            while len(self._blocks) > _BLOCKS_HELD:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return self._blocks[key]

    def _stretches(
        self, track: Track, rows: slice
    ) -> Iterator[tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Stretch]]:
        """The frames and readings of `rows`, apart at gaps and at cuts."""
        frames = track.frames[rows]
        if not len(frames):
            return
        points = track.landmarks(rows)
        moved = None if track.moved is None else track.moved.decoded(rows.start, rows.stop)
        trust = confidence_of(track, rows)
        shots = np.searchsorted([shot.start for shot in self._analysis.shots], frames, side="right")
        ends = np.flatnonzero((np.diff(frames) > 1) | (np.diff(shots) > 0)) + 1
        for first, stop in zip([0, *ends], [*ends, len(frames)], strict=True):
            part = slice(int(first), int(stop))
            yield frames[part], Stretch(points[part], trust[part], None if moved is None else moved[part])


def confidence_of(track: Track, rows: slice) -> Float32:
    """(m,) float32 in [0, 1]: how far each reading is to be believed; 0 where nothing was read."""
    columns = track.columns
    present = np.clip((columns.visibility[rows] - _PRESENT) / (_SURELY_PRESENT - _PRESENT), 0.02, 1.0)
    hidden = np.nan_to_num(columns.hidden[rows].astype(np.float32), nan=0.0)
    was_read = columns.scores[rows] > 0
    return (present * np.clip(1.5 - 2.5 * hidden, 0.02, 1.0) * was_read).astype(np.float32)


def _rows_spread(count: int) -> list[slice]:
    """All rows of a short track; of a long one, stretches spread evenly over it."""
    if count <= _SAMPLED * _MOST_STRETCHES:
        return [slice(0, count)]
    starts = np.linspace(0, count - _SAMPLED, _MOST_STRETCHES).astype(int)
    return [slice(int(start), int(start) + _SAMPLED) for start in starts]
