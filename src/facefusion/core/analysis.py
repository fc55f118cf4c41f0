"""What is measured about a clip before anything is drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import Float32
from facefusion.core.face import Face
from facefusion.core.scene import Scene
from facefusion.core.time import FrameRange, Shot
from facefusion.core.tracks import Track

_STRETCH = 256
"""Tracks are looked up by stretches of this many frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """One person of a clip: id from 1, mean embedding (128,) float32 and the tracks it was joined from."""

    person_id: int
    embedding: Float32 | None
    track_ids: tuple[int, ...]
    num_frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The few frames of a track that show best who it is.

    frames: (m,) int64. qualities: (m,) float32 in [0, 1]. embeddings: (m, 128) float32.
    thumbnail: a JPEG of the best one, 192 px square; empty when m is 0.
    """

    frames: NDArray[np.int64]
    qualities: Float32
    embeddings: Float32
    thumbnail: bytes = b""

    @staticmethod
    def none() -> Samples:
        """No samples at all."""
        return Samples(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def best_quality(self) -> float:
        """The quality of the best sample; 0 without any."""
        return float(self.qualities.max()) if len(self.qualities) else 0.0

    @property
    def embedding(self) -> Float32 | None:
        """(128,) float32: the mean, weighted by quality; None without samples."""
        if not len(self.frames):
            return None
        return np.average(self.embeddings, axis=0, weights=self.qualities).astype(np.float32)


@dataclass(frozen=True, slots=True)
class MediaIdentity:
    """Which medium was measured: `digest` is the BLAKE2b (32 bytes, hexadecimal) of its content.

    name: of the file, as a hint. pts: (num_frames,) int64, when each frame is shown, in units of `time_base` seconds.
    """

    digest: str
    num_bytes: int
    num_frames: int
    time_base: Fraction
    name: str = field(default="", compare=False)
    pts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything measured about a clip of `num_frames` frames of `width` × `height` pixels.

    part: the frames that were looked at; all by default. samples: by track id. grain: (num_frames,) float16, standard
    deviation of the picture's noise in [0, 1], NaN where it was not measured, or None. media: which file it is about.
    edits: what a person corrected, in order; the rest is as it was measured. made_with: by part (shots, faces, people,
    measures) the digest of the settings and versions it was measured with. scene: people and screens, where something
    is to be cut out.
    """

    num_frames: int
    width: int
    height: int
    shots: tuple[Shot, ...] = ()
    tracks: tuple[Track, ...] = ()
    people: tuple[Identity, ...] = ()
    samples: Mapping[int, Samples] = field(default_factory=dict)
    grain: NDArray[np.float16] | None = None
    media: MediaIdentity | None = None
    part: FrameRange | None = None
    edits: tuple[Mapping[str, Any], ...] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)
    scene: Scene | None = None
    _near: Mapping[int, tuple[Track, ...]] = field(init=False, repr=False)
    _begins: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        near: dict[int, list[Track]] = {}
        for track in self.tracks:
            for stretch in range(track.first // _STRETCH, track.last // _STRETCH + 1) if len(track) else ():
                near.setdefault(stretch, []).append(track)
        object.__setattr__(self, "_begins", tuple(shot.start for shot in self.shots))
        object.__setattr__(self, "_near", {stretch: tuple(tracks) for stretch, tracks in near.items()})

    def faces_in(self, index: int, *, dense: bool = True) -> tuple[Face, ...]:
        """The faces of frame `index`, the largest first, each with its `track_id` and `person_id`; made on demand.

        dense: with their landmarks; without them it is much quicker.
        """
        faces = [track.face(index, dense=dense) for track in self.tracks_in(index)]
        return tuple(sorted(faces, key=lambda face: -face.box.area))

    def tracks_in(self, index: int) -> tuple[Track, ...]:
        """The tracks that have a face in frame `index`."""
        return tuple(track for track in self._near.get(index // _STRETCH, ()) if index in track)

    def frames_with_faces(self) -> Iterator[int]:
        """Every frame with at least one face, in order."""
        if self.tracks:
            yield from np.unique(np.concatenate([track.frames for track in self.tracks])).tolist()

    @property
    def measured(self) -> FrameRange:
        """The frames that were looked at."""
        return self.part or FrameRange(0, self.num_frames)

    @property
    def is_empty(self) -> bool:
        """Whether nobody was found."""
        return not any(len(track) for track in self.tracks)

    def shot_at(self, index: int) -> Shot | None:
        """The shot that frame `index` belongs to."""
        place = bisect_right(self._begins, index) - 1
        return self.shots[place] if place >= 0 and index in self.shots[place] else None
