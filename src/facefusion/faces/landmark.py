"""478 landmarks of a face: the attention mesh of MediaPipe on a crop that is turned upright and centred on the face.

Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time" (2020). The
network reads a face best when the crop is 1.5 times the face's longer side and the eyes are level, so a face that
was just detected is read twice, the second time in the crop that the first reading asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facefusion.core import Float32, Landmarks, Pixels
from facefusion.faces.blazeface import Detection
from facefusion.faces.crops import cut, exposed
from facefusion.faces.networks import Network
from facefusion.geometry import transforms
from facefusion.geometry.mesh import EYE_CORNERS, FACE_OVAL

Crops = Literal[1, 2, 4]

INPUT_SIZE = 192
_MARGIN = 1.5
_NUDGES = ((0.06, 0.0, 1.12, 10.0), (-0.06, 0.03, 0.9, -10.0))
_AVERAGED: dict[int, tuple[tuple[float, float, float, float], ...]] = {
    1: ((0.0, 0.0, 1.0, 0.0),),
    2: ((-0.02, -0.02, 0.97, -3.0), (0.02, 0.02, 1.03, 3.0)),
    4: ((-0.02, 0.0, 0.97, -3.0), (0.02, 0.02, 1.03, 3.0), (0.0, -0.02, 1.03, 0.0), (0.0, 0.0, 0.97, 0.0)),
}
_TOP, _CHIN = 10, 152
_LEFT_OUTER, _LEFT_INNER, _RIGHT_INNER, _RIGHT_OUTER = EYE_CORNERS


@dataclass(frozen=True, slots=True)
class Roi:
    """A square of the picture: centre and side in pixels, turned clockwise by `roll_deg`."""

    x: float
    y: float
    side: float
    roll_deg: float

    def nudged(self, dx: float, dy: float, grow: float, turn_deg: float) -> Roi:
        """Moved by parts of its side, resized by a factor and turned."""
        side = self.side
        return Roi(self.x + dx * side, self.y + dy * side, side * grow, self.roll_deg + turn_deg)

    @property
    def matrix(self) -> Float32:
        """(2, 3) float32, picture pixels → pixels of the network's input."""
        return transforms.square_roi((self.x, self.y), self.side, self.roll_deg, INPUT_SIZE)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the network read in one crop: landmarks in picture pixels, and how sure it is of a face, in [0, 1]."""

    landmarks: Landmarks
    presence: float


class LandmarkReader:
    """Reads landmarks in batches."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def read(self, pixels: Pixels, rois: Sequence[Roi], *, passes: int = 1, crops: Crops = 1) -> list[Reading]:
        """A reading for each of `rois` of `pixels` (H, W, 3) RGB; each further pass starts from the one before.

        crops: the last pass is the mean over this many crops that lie a little apart. Landmarks then tremble less:
        by a quarter with two crops, by 40 % with four (measured at rest and in motion), at that many times the cost.
        """
        if not rois:
            return []
        for left in range(passes - 1, -1, -1):
            readings = self._read_averaged(pixels, rois, crops) if left == 0 else self._read_once(pixels, rois)
            rois = [roi_of_landmarks(one.landmarks) for one in readings]
        return readings

    def unsteadiness(self, pixels: Pixels, reading: Reading) -> float:
        """How far landmarks move when the crop does: the smaller of two mean distances, as a part of the crop's side.

        Faces stay below 0.013, now and then 0.03; what is taken for a face moves by 0.02 to 0.13 (measured).
        """
        roi = roi_of_landmarks(reading.landmarks)
        others = [one.landmarks.xy for one in self._read_once(pixels, [roi.nudged(*nudge) for nudge in _NUDGES])]
        return min(float(np.linalg.norm(xy - reading.landmarks.xy, axis=1).mean()) for xy in others) / roi.side

    def _read_averaged(self, pixels: Pixels, rois: Sequence[Roi], crops: Crops) -> list[Reading]:
        nudges = _AVERAGED[crops]
        readings = self._read_once(pixels, [roi.nudged(*nudge) for roi in rois for nudge in nudges])
        return [_mean(readings[start : start + len(nudges)]) for start in range(0, len(readings), len(nudges))]

    def _read_once(self, pixels: Pixels, rois: Sequence[Roi]) -> list[Reading]:
        matrices = [roi.matrix for roi in rois]
        crops = np.stack([exposed(cut(pixels, matrix, INPUT_SIZE)) for matrix in matrices])
        points, presence = self._network.run(crops)
        return [
            Reading(_in_picture(xyz, matrix), float(sure))
            for xyz, matrix, sure in zip(points, matrices, presence[:, 0], strict=True)
        ]


def roi_of_detection(found: Detection) -> Roi:
    """The square to read a detected face in."""
    x, y = found.box.center
    return Roi(x, y, found.side * _MARGIN, found.roll_deg)


def roi_of_landmarks(landmarks: Landmarks) -> Roi:
    """The square to read a face in whose 478 landmarks are known, about."""
    roll = roll_deg(landmarks)
    turn = transforms.square_roi((0.0, 0.0), float(INPUT_SIZE), roll, INPUT_SIZE)
    upright = transforms.apply(turn, landmarks.xy[:468])
    low, high = upright.min(axis=0), upright.max(axis=0)
    center = transforms.apply(transforms.inverse(turn), ((low + high) / 2)[None])[0]
    return Roi(float(center[0]), float(center[1]), float((high - low).max()) * _MARGIN, roll)


def roll_deg(landmarks: Landmarks) -> float:
    """Clockwise turn of a face in the picture, in degrees: from the eyes when it looks at the camera, from forehead
    and chin the more it is turned away."""
    xy = landmarks.xy
    across = xy[_RIGHT_OUTER] + xy[_RIGHT_INNER] - xy[_LEFT_OUTER] - xy[_LEFT_INNER]
    down = xy[_CHIN] - xy[_TOP]
    return float(np.degrees(np.arctan2(across[1] - down[0], across[0] + down[1])))


def outline_side(landmarks: Landmarks) -> float:
    """Longer side of the box around the face oval, in pixels."""
    oval = landmarks.xy[list(FACE_OVAL)]
    return float((oval.max(axis=0) - oval.min(axis=0)).max())


def _mean(readings: Sequence[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    xyz: Float32 = np.array([one.landmarks.xyz for one in readings]).mean(axis=0)
    presence = min(one.presence for one in readings)
    return Reading(Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2]), presence)


def _in_picture(xyz: Float32, matrix: Float32) -> Landmarks:
    """Network output (478, 3), measured from the crop's outer edge, as landmarks of the picture."""
    back = transforms.inverse(matrix)
    xy = transforms.apply(back, xyz[:, :2] - np.float32(0.5))
    return Landmarks(xy, xyz[:, 2] * np.float32(transforms.scale_of(back)))
