"""Tracks that are cut and joined hold the very rows they held before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edited_clips import face_at
from facefusion.core import FrameRange, PackedPoints, Track
from facefusion.core.points import BLOCK_ROWS
from facefusion.pipeline import recut

NUM_FACES = 2 * BLOCK_ROWS + 22
FRAMES = [frame for frame in range(5, 5 + NUM_FACES + 40) if not 60 <= frame < 100]
"""With a gap, and three blocks of landmarks."""
BARE = Track.of(3, {frame: face_at(60 + 0.5 * frame, 80) for frame in FRAMES}, 1)
MOVES = np.random.default_rng(1).integers(0, 64, (NUM_FACES, 478, 3)).astype(np.float32) / 64
TRACK = replace(BARE, moved=PackedPoints.of(MOVES))
ENDS = st.lists(st.integers(0, 240), min_size=2, max_size=2).map(sorted)


def rows_of(track: Track) -> dict[int, tuple[bytes, bytes, float]]:
    """Everything about each frame, comparable."""
    moved = np.zeros((len(track), 478, 3)) if track.moved is None else track.moved.decoded(0, len(track))
    packed = zip(track.frames.tolist(), track.landmarks(), moved, track.columns.boxes[:, 0], strict=True)
    return {frame: (xyz.tobytes(), moves.astype(np.float32).tobytes(), float(x)) for frame, xyz, moves, x in packed}


@given(ENDS)
def test_a_cut_track_has_every_row_once(ends: list[int]) -> None:
    part, whole = FrameRange(*ends), rows_of(TRACK)
    inside, outside = recut.within(TRACK, part, 9), recut.without(TRACK, part)
    assert (inside.track_id, outside.track_id, inside.person_id) == (9, 3, 1)
    assert rows_of(inside) == {frame: row for frame, row in whole.items() if frame in part}
    assert rows_of(outside) == {frame: row for frame, row in whole.items() if frame not in part}
    assert recut.is_seen(TRACK, part) == bool(len(inside))
    assert recut.is_whole(TRACK, part) == (len(inside) == len(TRACK))


@given(ENDS)
def test_placed_faces_take_the_place_of_measured_ones(ends: list[int]) -> None:
    part = FrameRange(*ends)
    placed = {frame: face_at(200, 80) for frame in range(part.start, part.stop)}
    made = recut.with_faces(TRACK, part, placed)
    assert made.frames.tolist() == sorted({*FRAMES, *placed})
    before, after = rows_of(TRACK), rows_of(made)
    assert all(after[frame] == row for frame, row in before.items() if frame not in part)
    for frame in list(placed)[:3]:
        assert abs(made.face(frame).box.center[0] - 200) < 1
        moved = made.face(frame).moved
        assert moved is None or not moved.any()


def test_whole_blocks_are_shared_not_packed_anew() -> None:
    assert TRACK.points is not None
    kept = recut.without(TRACK, FrameRange(0, 8)).points
    assert kept is not None
    assert len(kept) == NUM_FACES - 3
    assert kept.blocks[1] is TRACK.points.blocks[1]
