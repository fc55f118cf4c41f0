"""What is measured about a clip before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facefusion.core.arrays import Float32
from facefusion.core.face import Face
from facefusion.core.time import Shot


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person's faces through one shot: frame index → Face (without pictures)."""

    track_id: int
    faces: Mapping[int, Face]
    person_id: int | None = None

    @property
    def first(self) -> int:
        return min(self.faces)

    @property
    def last(self) -> int:
        return max(self.faces)


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """One person of a clip: id from 1, mean embedding (128,) float32 and the tracks it was joined from."""

    person_id: int
    embedding: Float32 | None
    track_ids: tuple[int, ...]
    num_frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything measured about a clip of `num_frames` frames of `width` × `height` pixels."""

    num_frames: int
    width: int
    height: int
    shots: tuple[Shot, ...] = ()
    tracks: tuple[Track, ...] = ()
    people: tuple[Identity, ...] = ()
    by_frame: Mapping[int, tuple[Face, ...]] = field(default_factory=dict)

    def faces_in(self, index: int) -> tuple[Face, ...]:
        """The faces of frame `index`, each with its `track_id` and `person_id`."""
        return self.by_frame.get(index, ())
