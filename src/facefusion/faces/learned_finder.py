"""Faces by a detector of the zoo, read by the bundled landmarks: the same answers as `FaceFinder` gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facefusion.core import Box, Float32, Landmarks, Pixels
from facefusion.faces.blazeface import Detection
from facefusion.faces.find import Detail, FoundFace, distinct
from facefusion.faces.landmark import LandmarkReader, roi_of_detection
from facefusion.models.adapters.detectors import Detector

_SCORE = 0.5
_PRESENT = 0.5
"""How sure the landmarks must be that what was found is a face."""


class LearnedFinder:
    """Detection by a learned detector, landmarks by ours."""

    def __init__(self, detector: Detector, reader: LandmarkReader, *, above: float = _SCORE) -> None:
        self._detector, self._reader, self._above = detector, reader, above

    def find(self, pixels: Pixels, *, detail: Detail = "auto", known: Sequence[Landmarks] = ()) -> list[FoundFace]:
        """The faces of `pixels` (H, W, 3) RGB, the surest first, without those whose landmarks are `known`."""
        seen = self._detector.detect(pixels, above=self._above)
        found = [
            detection_of(seen.boxes[at], float(seen.scores[at]), Landmarks(seen.keypoints[at]))
            for at in range(len(seen))
        ]
        fresh = [one for one in found if not any(_is_same(one, other) for other in known)]
        readings = self._reader.read(pixels, [roi_of_detection(one) for one in fresh], passes=2)
        pairs = zip(fresh, readings, strict=True)
        return distinct([FoundFace(*pair) for pair in pairs if pair[1].presence >= _PRESENT], [])

    def is_there(self, pixels: Pixels, landmarks: Landmarks) -> bool:
        """Whether the detector too sees a face where these landmarks are."""
        seen = self._detector.detect(pixels, above=self._above)
        return any(
            _is_same(detection_of(row, 1.0, Landmarks(points)), landmarks)
            for row, points in zip(seen.boxes, seen.keypoints, strict=True)
        )


def detection_of(row: Float32, score: float, points: Landmarks) -> Detection:
    """Five keypoints in the place of BlazeFace's six: eyes, nose, the middle of the mouth, and the eyes for ears."""
    left, right, nose, mouth_left, mouth_right = points.xy
    six = np.stack([left, right, nose, (mouth_left + mouth_right) / 2, left, right]).astype(np.float32)
    return Detection(Box(*(float(one) for one in row)), score, six)


def _is_same(found: Detection, landmarks: Landmarks) -> bool:
    middle = landmarks.xy[:468].mean(axis=0)
    return found.box.x0 <= middle[0] <= found.box.x1 and found.box.y0 <= middle[1] <= found.box.y1
