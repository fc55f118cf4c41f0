"""Keypoints of a clip's faces by a learned landmarker, read frame by frame and held steady like the mesh."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np

from facefusion.core import Analysis, Float32, FrameRange, Landmarks, Progress, Track
from facefusion.faces.keypoints import Landmarker, keypoints_by
from facefusion.geometry import landmark_maps
from facefusion.media import MediaReader, prefetch

_REACH = 4
"""Rows of a track on each side over which the difference to the mesh is averaged."""


def with_keypoints(analysis: Analysis, reader: MediaReader, landmarker: Landmarker, progress: Progress) -> Analysis:
    """`analysis` with the keypoints of all its faces as `landmarker` sees them. Raises Cancelled."""
    part = analysis.part or FrameRange(0, analysis.num_frames)
    read = {track.track_id: track.columns.keypoints.copy() for track in analysis.tracks}
    progress.start("measure", total=len(part))
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop))) as frames:
        for frame in frames:
            for track in analysis.tracks_in(frame.index):
                row = int(np.searchsorted(track.frames, frame.index))
                found = keypoints_by(landmarker, frame.pixels, track.face(frame.index, dense=False))
                read[track.track_id][row] = found.xy
            progress.advance()
    return replace(analysis, tracks=tuple(_with(track, read[track.track_id]) for track in analysis.tracks))


def steady_keypoints(track: Track, index: int, landmarks: Landmarks) -> Landmarks:
    """The five keypoints of frame `index` of a track that were read by a landmarker.

    landmarks: the steady mesh of that frame. How far the landmarker's points lie from the mesh's is averaged over the
    frames around, in units of the face, and added to the steady ones.
    """
    row = int(np.searchsorted(track.frames, index))
    first, stop = max(row - _REACH, 0), min(row + _REACH + 1, len(track))
    rows = track.landmarks(slice(first, stop))
    mesh = np.stack([landmark_maps.to_5(Landmarks(np.ascontiguousarray(one[:, :2]))).xy for one in rows])
    apart = track.columns.keypoints[first:stop] - mesh
    scales = np.stack([_turn(one) for one in mesh])
    own = np.einsum("nkj,nij->nki", apart, np.linalg.inv(scales)).mean(axis=0)
    now = landmark_maps.to_5(landmarks).xy
    return Landmarks((now + own @ _turn(now).T).astype(np.float32))


def _turn(five: Float32) -> Float32:
    """(2, 2): from units of the face (the distance of its eyes, upright) to pixels."""
    x, y = five[1] - five[0]
    turn: Float32 = np.array([[x, -y], [y, x]], np.float32)
    return turn


def _with(track: Track, keypoints: Float32) -> Track:
    return replace(track, columns=replace(track.columns, keypoints=keypoints))
