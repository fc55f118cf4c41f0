"""What is known of people's faces from sharper pictures of them: other frames of the clip, and photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import numpy as np

from facefusion.core import Analysis, Face, Float32, Landmarks, Pixels, Track, to_unit
from facefusion.core.arrays import frozen
from facefusion.processors.face_enhancer.regions import crop_box

SIGHTS = 8
"""Of a person, at most: enough for other poses and expressions."""
_MOST_HIDDEN, _LEAST_VISIBILITY = 0.25, 0.7
_SURELY_SHARPER = 0.6
"""Of the best one's sharpness: what is less sharp is no help."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One face seen sharply.

    pixels: (h, w, 3) uint8, uint16 or float32 RGB. xyz: (478, 3) float32, its landmarks in pixels of `pixels`.
    quality: in [0, 1]. frame: of the clip, None for a photo.
    """

    pixels: Pixels
    xyz: Float32
    quality: float
    frame: int | None = None

    @staticmethod
    def of(picture: Pixels, face: Face, quality: float, frame: int | None = None) -> Sight:
        """`face` cut out of `picture` (H, W, 3). Raises ValueError without dense landmarks."""
        if face.landmarks is None:
            raise ValueError("sight: got a face without dense landmarks, supported is one found by FaceAnalyser")
        box = crop_box(face, width=picture.shape[1], height=picture.shape[0])
        part = picture[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
        xyz = face.landmarks.xyz - np.array([box.x0, box.y0, 0], np.float32)
        return Sight(frozen(np.ascontiguousarray(part)), frozen(xyz.astype(np.float32)), quality, frame)

    @property
    def unit(self) -> Float32:
        """The pixels as float32 in [0, 1]."""
        return to_unit(self.pixels)


class Encoder(Protocol):
    """What tells people apart."""

    def embed(self, pixels: Pixels, landmarks: Sequence[Landmarks]) -> Float32:
        """(N, 128) float32, compared by Euclidean distance."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FaceMemory:
    """Sights by track of the clip; `anybody`: of whoever is shown, where there is no clip.

    encoder: measures how far photos move a face from itself, which is then bounded.
    """

    tracks: Mapping[int, tuple[Sight, ...]] = field(default_factory=dict)
    anybody: tuple[Sight, ...] = ()
    encoder: Encoder | None = None

    def of(self, face: Face, index: int) -> tuple[Sight, ...]:
        """What is known of the person of `face` in frame `index` from elsewhere."""
        known = self.anybody if face.track_id is None else self.tracks.get(face.track_id, self.anybody)
        return tuple(sight for sight in known if sight.frame != index)

    def digest(self) -> str:
        """Equal for two that know the same."""
        digest = sha256()
        for track, sights in (*sorted(self.tracks.items()), (-1, self.anybody)):
            digest.update(repr((track, [(one.frame, one.quality, one.pixels.shape) for one in sights])).encode())
            for one in sights:
                digest.update(np.ascontiguousarray(one.pixels).tobytes())
                digest.update(np.ascontiguousarray(one.xyz).tobytes())
        return digest.hexdigest() if self.tracks or self.anybody else ""


def tracks_by_person(analysis: Analysis) -> dict[tuple[str, int], tuple[Track, ...]]:
    """The tracks of each person; of a track that belongs to nobody, itself."""
    found: dict[tuple[str, int], list[Track]] = {}
    for track in analysis.tracks:
        key = ("track", track.track_id) if track.person_id is None else ("person", track.person_id)
        found.setdefault(key, []).append(track)
    return {key: tuple(tracks) for key, tracks in found.items()}


def sharpest(tracks: Sequence[Track], most: int = SIGHTS) -> list[tuple[Track, int, float]]:
    """Up to `most` (track, frame, quality) that show one person sharply, and differently: other poses, other faces.

    The best comes first; each next one is good and unlike those before it.
    """
    found = [one for track in tracks if track.points is not None for one in _rated(track)]
    if not found:
        return []
    best = max(quality for _, _, quality in found)
    found = [one for one in found if one[2] >= _SURELY_SHARPER * best]
    found = sorted(found, key=lambda one: (-one[2], one[0].track_id, one[1]))[: 12 * most]
    poses = np.array([_pose_of(track, frame) for track, frame, _ in found])
    qualities = np.array([quality for _, _, quality in found])
    chosen, apart = [0], np.linalg.norm(poses - poses[0], axis=1)
    while len(chosen) < min(most, len(found)):
        worth = qualities * np.minimum(apart, 1.0)
        worth[chosen] = -1.0
        chosen.append(int(worth.argmax()))
        apart = np.minimum(apart, np.linalg.norm(poses - poses[chosen[-1]], axis=1))
    return [found[place] for place in sorted(chosen)]


def _rated(track: Track) -> list[tuple[Track, int, float]]:
    columns = track.columns
    eyes = np.linalg.norm(columns.keypoints[:, 0] - columns.keypoints[:, 1], axis=1)
    hidden = np.nan_to_num(columns.hidden.astype(np.float64), nan=0.0)
    rating = np.nan_to_num(columns.sharpness.astype(np.float64), nan=0.0) * np.minimum(eyes / 200, 1) ** 0.5
    usable = (columns.scores > 0) & (columns.visibility > _LEAST_VISIBILITY) & (hidden < _MOST_HIDDEN)
    return [(track, int(track.frames[row]), float(rating[row])) for row in np.flatnonzero(usable & (rating > 0))]


def _pose_of(track: Track, frame: int) -> Float32:
    """(5,) float32: how the head is turned, and how far eyes and mouth are open, in steps that matter."""
    row = int(np.searchsorted(track.frames, frame))
    yaw, pitch = np.nan_to_num(track.columns.poses[row, :2])
    landmarks = track.face(frame).landmarks
    assert landmarks is not None
    xy = landmarks.xy
    size = max(float(np.linalg.norm(xy[33] - xy[263])), 1.0)
    opened = [float(np.linalg.norm(xy[a] - xy[b])) / size for a, b in ((13, 14), (159, 145), (61, 291))]
    return np.array([yaw / 25, pitch / 25, opened[0] / 0.25, opened[1] / 0.1, opened[2] / 0.3], np.float32)
