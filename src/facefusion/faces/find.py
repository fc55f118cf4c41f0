"""Find the faces of a picture, from 24 pixels to the whole frame, at any roll, in the dark and over-exposed.

The search goes from cheap to thorough: the whole picture in one view; every doubtful candidate enlarged and turned
four ways; landmarks; and a doubtful one confirmed by looking at it again where its landmarks say that it is.
"fast" ends there. "auto" goes on (turned and shrunken views, evened contrast, tiles) until a face is found, and
looks through the tiles when all the faces are small. "wide" always looks everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from facefusion.core import Box, Landmarks, Pixels
from facefusion.faces.blazeface import Detection
from facefusion.faces.crops import equalised, lifted
from facefusion.faces.detect import CloseUp, Proposer, Tone, is_sure, without_repetitions
from facefusion.faces.landmark import (
    LandmarkReader,
    Reading,
    outline_side,
    roi_of_detection,
    roi_of_landmarks,
)

Detail = Literal["fast", "auto", "wide"]

_ACCEPT = 0.5
"""Lowest score of a doubtful candidate in its close-up."""
_CONFIRM = 0.38
"""Lowest belief in a doubtful face. Of 77 doubtful spots without a face one reached it; of 110 doubtful faces (old
photographs turned by quarters, 30 px, dark, over-exposed) five did not."""
_PRESENT = 0.8
"""Lowest presence of a doubtful face's landmarks; 19 of 20 doubtful faces have 0.998 or more."""
_UNSTEADY_COST = 8.0
_STILL_THERE = 0.35
"""Lowest score of a face that is being followed: it may be half hidden."""
_BELIEVED = 0.95
"""Presence above which a sure detection needs no confirmation."""
_ATTEMPTS = 3
_DETECTED_PART = 0.8
"""Side of a detector's box divided by the longer side of the face oval."""
_SMALL_FACE = 0.1
"""A face below this part of the picture's longer side suggests a wide shot."""
_MOST_CANDIDATES = 64


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """A detection whose landmarks were read and believed."""

    detection: Detection
    reading: Reading


class FaceFinder:
    """Detection and landmarks together, since each corrects the other."""

    def __init__(self, proposer: Proposer, reader: LandmarkReader) -> None:
        self._proposer, self._reader = proposer, reader

    def find(self, pixels: Pixels, *, detail: Detail = "auto", known: Sequence[Landmarks] = ()) -> list[FoundFace]:
        """The faces of `pixels` (H, W, 3) RGB uint8, uint16 or float32, without those whose landmarks are `known`."""
        look = self._proposer
        before = [_as_found(landmarks) for landmarks in known]
        found = self._believed(pixels, look.at_once(pixels), before, lifted)
        if detail != "fast":
            if detail == "wide" or not found:
                found = self._believed(pixels, look.turned(pixels), found, lifted)
            if detail == "wide" or not found:
                found = self._believed(pixels, look.evened(pixels), found, equalised)
            if detail == "wide" or not found or _is_wide_shot(pixels, found):
                found = self._believed(pixels, look.tiled(pixels), found, lifted)
        return found[len(before) :]

    def is_there(self, pixels: Pixels, landmarks: Landmarks) -> bool:
        """Whether the detector too sees a face, the right way up, where these landmarks are.

        Other turns are looked at only when the face is not surely the right way up.
        """
        place, side, roll_deg = _place_of(landmarks)
        if self._proposer.is_surely_upright(pixels, place, side, roll_deg):
            return True
        again = self._looked_at_again(pixels, Reading(landmarks, 1.0), lifted)
        return again.quarter_turns == 0 and again.score >= _STILL_THERE

    def _believed(
        self, pixels: Pixels, candidates: list[Detection], known: list[FoundFace], tone: Tone
    ) -> list[FoundFace]:
        """`known` and those candidates that are faces, without repetitions."""
        before = [one.detection for one in known]
        fresh = without_repetitions(candidates, before)[:_MOST_CANDIDATES]
        checked = [one if is_sure(one) else self._enlarged(pixels, one, tone) for one in fresh]
        passed = without_repetitions((one for one in checked if one is not None and one.score >= _ACCEPT), before)
        readings = self._reader.read(pixels, [roi_of_detection(one) for one in passed], passes=2)
        pairs = (FoundFace(one, reading) for one, reading in zip(passed, readings, strict=True))
        faces = (self._confirmed(pixels, pair, tone) for pair in pairs)
        return known + distinct([one for one in faces if one is not None], known)

    def _enlarged(self, pixels: Pixels, found: Detection, tone: Tone) -> Detection | None:
        return self._proposer.close_up(pixels, found.box.center, found.side, found.roll_deg, tone).found

    def _confirmed(self, pixels: Pixels, pair: FoundFace, tone: Tone) -> FoundFace | None:
        """The face read once more and looked at again where its landmarks are, or None when that shows no face.

        Where another turn looks much better, the landmarks were read upside down or sideways: once more from there.
        """
        if is_sure(pair.detection) and pair.reading.presence > _BELIEVED:
            return pair
        for _ in range(_ATTEMPTS):
            reading = self._reader.read(pixels, [roi_of_landmarks(pair.reading.landmarks)])[0]
            again = self._looked_at_again(pixels, reading, tone)
            if again.quarter_turns == 0:
                if reading.presence < _PRESENT or self._belief(pixels, reading, again.score, tone) < _CONFIRM:
                    return None
                return FoundFace(replace(pair.detection, score=max(again.score, pair.detection.score)), reading)
            if again.found is None:
                return None
            pair = FoundFace(again.found, self._reader.read(pixels, [roi_of_detection(again.found)])[0])
        return None

    def _belief(self, pixels: Pixels, reading: Reading, upright: float, tone: Tone) -> float:
        """What two detectors and the steadiness of the landmarks say together."""
        wider = self._proposer.second_opinion(pixels, *_place_of(reading.landmarks), tone)
        return (upright + wider) / 2 - _UNSTEADY_COST * self._reader.unsteadiness(pixels, reading)

    def _looked_at_again(self, pixels: Pixels, reading: Reading, tone: Tone) -> CloseUp:
        return self._proposer.close_up(pixels, *_place_of(reading.landmarks), tone)


def _place_of(landmarks: Landmarks) -> tuple[tuple[float, float], float, float]:
    """Where a detector would see the face of these landmarks: centre and side in pixels, and its turn in degrees."""
    roi = roi_of_landmarks(landmarks)
    return (roi.x, roi.y), outline_side(landmarks) * _DETECTED_PART, roi.roll_deg


def distinct(faces: list[FoundFace], known: list[FoundFace]) -> list[FoundFace]:
    """Faces whose landmarks lie on no other's: two detections may lead to one face."""
    kept: list[FoundFace] = []
    for one in faces:
        middle = one.reading.landmarks.xy[:468].mean(axis=0)
        reach = outline_side(one.reading.landmarks) * 0.3
        others = (other.reading.landmarks.xy[:468].mean(axis=0) for other in known + kept)
        if all(float(abs(middle - other).max()) > reach for other in others):
            kept.append(one)
    return kept


def _as_found(landmarks: Landmarks) -> FoundFace:
    detection = Detection(Box.around(landmarks.xy[:468]), 1.0, landmarks.xy[:6])
    return FoundFace(detection, Reading(landmarks, 1.0))


def _is_wide_shot(pixels: Pixels, found: list[FoundFace]) -> bool:
    largest = max(outline_side(one.reading.landmarks) for one in found)
    return largest < _SMALL_FACE * max(pixels.shape[:2])
