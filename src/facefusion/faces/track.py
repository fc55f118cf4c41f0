"""Follow faces through a shot.

Between detections a face is read where it was in the frame before: one run of the landmark network a face and frame.
The detector looks for new faces every few frames, and at once when one is lost. A new face is then followed back
through the frames since the last look, so that a track begins where the face came into view.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from facefusion.core import Face, Float32, Landmarks, Pixels, Track
from facefusion.faces.analyser import FaceAnalyser, face_of
from facefusion.faces.carry import Kept, Motion, carried, enlarged, is_sure, kept, moved_between
from facefusion.faces.doubles import joined_doubles
from facefusion.faces.embed import SAME_PERSON, distance
from facefusion.faces.evidence import Evidence
from facefusion.faces.find import Detail
from facefusion.faces.landmark import Crops, Reading, Roi, roi_of_landmarks
from facefusion.faces.steady_roi import SteadyRoi
from facefusion.geometry.one_euro import OneEuroFilter

_PRESENT = 0.5
_SURELY_PRESENT = 0.9
_THOROUGH_EVERY = 3
_DOUBTS = 2
PATIENCE = 25
"""Frames a lost face is waited for."""
_SAME_FACE_IOU = 0.5


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """detect_every: frames between looks for new faces. patience: frames a lost face is waited for.
    detail: how hard to look (see `FaceFinder`). smooth: one-euro filter on the landmarks (for live use; an analysed
    clip is smoothed afterwards with knowledge of the future). rate_hz: frames a second, for the filter.
    crops: how many crops a face's landmarks are averaged over; 2 and 4 tremble less and cost that many times more.
    embed: gather evidence of who each track is. key_frame_interval: landmarks are read in frames whose index is a
    multiple of this, and carried by the skin's movement in between, where that is at least `flow_confidence` sure."""

    detect_every: int = 10
    patience: int = PATIENCE
    detail: Detail = "auto"
    smooth: bool = False
    rate_hz: float = 25.0
    crops: Crops = 1
    embed: bool = True
    key_frame_interval: int = 1
    flow_confidence: float = 0.8


@dataclass(slots=True, eq=False)
class _Live:
    """A track that is being followed."""

    track_id: int
    steady: SteadyRoi
    faces: dict[int, Face] = field(default_factory=dict)
    missed: int = 0
    doubts: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    filter: OneEuroFilter | None = None
    score: float = 1.0

    @property
    def latest(self) -> Face:
        return self.faces[max(self.faces)]

    def carry(self, index: int, face: Face) -> None:
        """Take a face that was not read, and move the crop along."""
        self.faces[index] = face
        if face.landmarks is not None:
            self.steady.follow(roi_of_landmarks(face.landmarks))


class FaceTracker:
    """Feed it frames in order with `update`; read `tracks()` at the end. Not for use from several threads at once."""

    def __init__(
        self, analyser: FaceAnalyser, options: TrackerOptions | None = None, *, motion: Motion | None = None
    ) -> None:
        """motion: measures how the skin moves between frames; without it faces have no `moved`."""
        self._analyser, self._motion = analyser, motion
        self._options = options or TrackerOptions()
        self._live: list[_Live] = []
        self._ended: list[_Live] = []
        self._recent: deque[Kept] = deque(maxlen=self._options.detect_every)
        self._next_id = 1
        self._since_look = 0
        self._looks = 0

    def update(self, pixels: Pixels, index: int) -> tuple[Face, ...]:
        """The faces of frame `index` (H, W, 3) RGB, each with its `track_id`, the largest first.

        Frames come in order and without gaps; call `reset` at a cut.
        """
        now = kept(index, pixels)
        self._follow(pixels, now)
        if self._is_time_to_look():
            self._look(pixels, now)
        self._merge(index)
        self._drop_lost()
        for live in self._live:
            if self._options.embed and index in live.faces:
                live.evidence.consider(index, live.faces[index], pixels, self._analyser.encoder)
        self._recent.append(now)
        seen = [live.faces[index] for live in self._live if index in live.faces]
        return tuple(sorted(seen, key=lambda face: -face.box.area))

    def reset(self) -> None:
        """A cut: every track ends, and the next frame is searched."""
        self._ended += self._live
        self._live = []
        self._recent.clear()
        self._since_look = self._looks = 0

    def tracks(self) -> tuple[Track, ...]:
        """All tracks so far, ended and live, in order of their first frame."""
        return joined_doubles([Track.of(live.track_id, live.faces) for live in self._ended + self._live])

    def evidence(self) -> Mapping[int, Evidence]:
        """The best views of each track, by track id."""
        return {live.track_id: live.evidence for live in self._ended + self._live}

    def _follow(self, pixels: Pixels, now: Kept) -> None:
        to_read: list[tuple[_Live, Float32 | None]] = []
        is_key = now.index % self._options.key_frame_interval == 0
        for live in self._live:
            before = live.faces.get(now.index - 1)
            moved = None if before is None else moved_between(self._motion, self._recent[-1], now, before)
            if before is None or moved is None or is_key or not is_sure(moved, self._options.flow_confidence):
                to_read.append((live, moved))
            else:
                live.carry(now.index, carried(before, moved))
        self._read(pixels, now.index, to_read)

    def _read(self, pixels: Pixels, index: int, chosen: list[tuple[_Live, Float32 | None]]) -> None:
        reader = self._analyser.reader
        crops = self._options.crops
        readings = reader.read(pixels, [live.steady.roi for live, _ in chosen], crops=crops)
        for (live, moved), reading in zip(chosen, readings, strict=True):
            wanted = roi_of_landmarks(reading.landmarks)
            if reading.presence >= _PRESENT and live.steady.is_off(wanted):
                reading = reader.read(pixels, [wanted], crops=crops)[0]
                wanted = roi_of_landmarks(reading.landmarks)
            if not self._is_believed(pixels, live, reading):
                live.missed += 1
                continue
            live.missed = 0
            live.steady.follow(wanted)
            live.faces[index] = replace(self._face(live, reading), moved=moved)

    def _is_believed(self, pixels: Pixels, live: _Live, reading: Reading) -> bool:
        """A face that was lost is believed again only when it is plainly there."""
        if live.missed == 0 or reading.presence < _PRESENT:
            return reading.presence >= _PRESENT
        return reading.presence >= _SURELY_PRESENT and self._analyser.finder.is_there(pixels, reading.landmarks)

    def _face(self, live: _Live, reading: Reading) -> Face:
        landmarks = reading.landmarks
        if live.filter is not None:
            unit = live.steady.roi.side
            landmarks = Landmarks(live.filter.filter(landmarks.xy, unit=unit), landmarks.z)
        return replace(face_of(landmarks, live.score, reading.presence), track_id=live.track_id)

    def _is_time_to_look(self) -> bool:
        self._since_look += 1
        just_lost = any(live.missed in (1, 3) for live in self._live)
        pause = self._options.detect_every if self._live else max(self._options.detect_every // 3, 1)
        return self._looks == 0 or just_lost or self._since_look >= pause

    def _look(self, pixels: Pixels, now: Kept) -> None:
        thorough = self._looks % _THOROUGH_EVERY == 0
        detail = self._options.detail if thorough else "fast"
        self._looks, self._since_look = self._looks + 1, 0
        self._doubt(pixels, now.index)
        present = [live.faces[now.index].landmarks for live in self._live if now.index in live.faces]
        known = [landmarks for landmarks in present if landmarks is not None]
        for found in self._analyser.finder.find(pixels, detail=detail, known=known):
            self._take_up(pixels, found.reading, found.detection.score, now)

    def _doubt(self, pixels: Pixels, index: int) -> None:
        """Give up a track that the detector contradicts at successive looks."""
        for live in self._live:
            landmarks = live.faces[index].landmarks if index in live.faces else None
            if landmarks is not None:
                is_there = self._analyser.finder.is_there(pixels, landmarks)
                live.doubts = 0 if is_there else live.doubts + 1
        for live in [live for live in self._live if live.doubts >= _DOUBTS]:
            self._live.remove(live)
            self._ended.append(live)

    def _take_up(self, pixels: Pixels, reading: Reading, score: float, now: Kept) -> None:
        """Continue the lost track that this face belongs to, or begin a new one, and follow it back."""
        face = face_of(reading.landmarks, score, reading.presence)
        live = self._lost_near(face, now.index)
        if live is not None and live.missed > 1 and not self._is_same(live, face, pixels):
            live = None
        if live is None:
            smoother = OneEuroFilter(rate_hz=self._options.rate_hz) if self._options.smooth else None
            live = _Live(self._next_id, SteadyRoi(roi_of_landmarks(reading.landmarks)), filter=smoother)
            self._next_id += 1
            self._live.append(live)
        live.steady, live.missed, live.doubts = SteadyRoi(roi_of_landmarks(reading.landmarks)), 0, 0
        live.score, live.faces[now.index] = score, replace(face, track_id=live.track_id)
        self._follow_back(live, now)

    def _lost_near(self, face: Face, index: int) -> _Live | None:
        lost = [live for live in self._live if index not in live.faces]
        best = max(lost, key=lambda live: nearness(live.latest, face), default=None)
        return best if best is not None and nearness(best.latest, face) > 0 else None

    def _is_same(self, live: _Live, face: Face, pixels: Pixels) -> bool:
        """Whether a face that came back is the person of a lost track; True when nothing is known about it."""
        known = live.evidence.embedding
        if known is None or face.landmarks is None:
            return True
        return distance(known, self._analyser.encoder.embed(pixels, [face.landmarks])[0]) < SAME_PERSON

    def _follow_back(self, live: _Live, later: Kept) -> None:
        """Read the face in earlier frames, newest first, until it is known there or not there."""
        roi = live.steady.roi
        for frame in reversed(self._recent):
            is_known = frame.index in live.faces
            if not is_known:
                small = Roi(roi.x * frame.scale, roi.y * frame.scale, roi.side * frame.scale, roi.roll_deg)
                reading = self._analyser.reader.read(frame.pixels, [small], crops=self._options.crops)[0]
                if reading.presence < _SURELY_PRESENT or self._is_taken(reading, frame):
                    return
                landmarks = enlarged(reading.landmarks, 1 / frame.scale)
                roi = roi_of_landmarks(landmarks)
                found = face_of(landmarks, live.score, reading.presence)
                live.faces[frame.index] = replace(found, track_id=live.track_id)
            moved = moved_between(self._motion, frame, later, live.faces[frame.index])
            live.faces[later.index] = replace(live.faces[later.index], moved=moved)
            if is_known:
                return
            later = frame

    def _is_taken(self, reading: Reading, frame: Kept) -> bool:
        box = face_of(enlarged(reading.landmarks, 1 / frame.scale), 1.0, 1.0).box
        others = [live.faces[frame.index] for live in self._live if frame.index in live.faces]
        return any(other.box.iou(box) > _SAME_FACE_IOU for other in others)

    def _merge(self, index: int) -> None:
        """Of two tracks on one face the younger ends."""
        kept: list[_Live] = []
        for live in sorted(self._live, key=lambda one: min(one.faces)):
            face = live.faces.get(index)
            twins = (other.faces.get(index) for other in kept)
            if face is not None and any(twin is not None and twin.box.iou(face.box) > _SAME_FACE_IOU for twin in twins):
                del live.faces[index]
                if live.faces:
                    self._ended.append(live)
                continue
            kept.append(live)
        self._live = kept

    def _drop_lost(self) -> None:
        gone = [live for live in self._live if live.missed > self._options.patience]
        self._ended += gone
        self._live = [live for live in self._live if live.missed <= self._options.patience]


def fill_gaps(track: Track, *, longest: int = 12) -> Track:
    """`track` with gaps of up to `longest` frames filled by straight interpolation; filled faces have score 0."""
    steps = np.diff(track.frames)
    if not ((steps > 1) & (steps <= longest + 1)).any():
        return track
    return Track.of(track.track_id, _without_gaps(track, longest), track.person_id)


def _without_gaps(track: Track, longest: int) -> Iterator[tuple[int, Face]]:
    before: tuple[int, Face] | None = None
    for after, face in track.faces.items():
        if before is not None and after - before[0] <= longest + 1:
            steps = after - before[0]
            for step in range(1, steps):
                yield before[0] + step, _between(before[1], face, step / steps)
        yield after, face
        before = (after, face)


def _between(a: Face, b: Face, part: float) -> Face:
    if a.landmarks is None or b.landmarks is None:
        raise ValueError("fill_gaps: got a face without landmarks, supported are tracks of a FaceTracker")
    xyz = a.landmarks.xyz + np.float32(part) * (b.landmarks.xyz - a.landmarks.xyz)
    face = face_of(Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2]), 0.0, min(a.visibility, b.visibility))
    return replace(face, track_id=a.track_id, person_id=a.person_id)


def nearness(lost: Face, face: Face) -> float:
    """Overlap with where the face was last seen, less for another size; 0 or below when it cannot be the same."""
    apart = np.hypot(*np.subtract(lost.box.center, face.box.center)) / max(lost.box.height, 1.0)
    ratio = abs(np.log(face.box.height / max(lost.box.height, 1.0)))
    return float(1.0 - apart - ratio)
