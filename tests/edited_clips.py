"""A small measured clip, and edits for it, for tests of what edits do."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st

from facefusion.core import Analysis, Face, FrameRange, Identity, Landmarks, Shot, Track
from facefusion.core.analysis import Samples
from facefusion.faces.analyser import face_of
from facefusion.geometry.mesh import canonical_mesh
from facefusion.pipeline.edits import Adjust, Drop, Edit, Exclude, Merge, Reference, Rename, Split, Strength, Who

NUM_FRAMES = 40
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def face_at(x: float, y: float, *, size: float = 6.0, turn: float = 0.0) -> Face:
    """A face from the front, middle at (x, y), `size` pixels a centimetre, turned by `turn` radians."""
    points = canonical_mesh().vertices_cm * np.array([size, -size, -size], np.float32)
    points = np.vstack([points, np.repeat(points[:1], 478 - len(points), axis=0)])
    spun = (points[:, 0] + 1j * points[:, 1]) * np.exp(1j * turn) + (x + 1j * y)
    xy = np.column_stack([spun.real, spun.imag]).astype(np.float32)
    return face_of(Landmarks(xy, points[:, 2].astype(np.float32)), 0.9, 0.8)


def measured() -> Analysis:
    """Two shots of 20 frames. Person 1 is tracks 1 (0 to 19) and 3 (20 to 39), person 2 is track 2 (5 to 14)."""
    spans = {1: (range(20), 60, 1), 2: (range(5, 15), 200, 2), 3: (range(20, 40), 90, 1)}
    tracks = [
        Track.of(number, {frame: face_at(x + frame, 80) for frame in frames}, person)
        for number, (frames, x, person) in spans.items()
    ]
    samples = {track.track_id: _samples(track) for track in tracks}
    people = (Identity(1, _unit(1), (1, 3), 40), Identity(2, _unit(2), (2,), 10))
    return Analysis(NUM_FRAMES, 320, 160, (Shot(0, 20), Shot(20, NUM_FRAMES)), tuple(tracks), people, samples=samples)


def parts() -> st.SearchStrategy[FrameRange]:
    """Ranges within the clip, never empty."""
    ends = st.lists(st.integers(0, NUM_FRAMES), min_size=2, max_size=2, unique=True).map(sorted)
    return ends.map(lambda pair: FrameRange(*pair))


def edits() -> st.SearchStrategy[Edit]:
    """Any edit; many do not fit `measured`, some contradict others."""
    people, tracks = st.integers(1, 3), st.integers(1, 3)
    who = st.one_of(st.just(Who()), people.map(lambda n: Who(person=n)), tracks.map(lambda n: Who(track=n)))
    part = st.one_of(st.none(), parts())
    share = st.integers(0, 4).map(lambda n: n / 4)
    values = st.dictionaries(st.sampled_from(["mask-blur", "blend-strength"]), share, min_size=1).map(
        lambda chosen: tuple(sorted(chosen.items()))
    )
    return st.one_of(
        st.builds(Merge, st.sampled_from([(1, 2), (2, 1), (1, 3)])),
        st.builds(Split, people, st.integers(3, 4), tracks.map(lambda n: (n,)), part, st.just(((1, 11), (3, 13)))),
        st.builds(Rename, people, st.sampled_from(["Anna", "Bo", ""])),
        st.builds(Drop, tracks, part),
        st.builds(Reference, tracks, st.integers(0, 39).map(lambda n: (n,)), parts()),
        st.builds(Strength, who, share, part, st.integers(0, 5)),
        st.builds(Exclude, who, part),
        st.builds(Adjust, who, values, part),
    )


def _samples(track: Track) -> Samples:
    frames = np.array([track.first, track.last], np.int64)
    vectors = np.stack([_unit(track.track_id), _unit(track.track_id + 10)])
    return Samples(frames, np.array([0.5, 1.0], np.float32), vectors, b"jpeg")


def _unit(place: int) -> np.ndarray:
    vector = np.zeros(128, np.float32)
    vector[place] = 1
    return vector
