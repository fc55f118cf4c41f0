"""Faces: boxes, landmarks, poses and what identifies a person."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from facefusion.core.arrays import Float32, Pixels, check_shape, frozen


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in pixels: xyxy, origin top-left, exclusive end."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x1 >= self.x0 and self.y1 >= self.y0):
            raise ValueError(f"box: got ({self.x0}, {self.y0}, {self.x1}, {self.y1}), supported is x0 ≤ x1, y0 ≤ y1")

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union, in [0, 1]."""
        w = min(self.x1, other.x1) - max(self.x0, other.x0)
        h = min(self.y1, other.y1) - max(self.y0, other.y0)
        if w <= 0 or h <= 0:
            return 0.0
        return w * h / (self.area + other.area - w * h)

    @staticmethod
    def around(xy: Float32) -> Box:
        """Smallest box that holds all points of `xy` (K, 2)."""
        low, high = xy.min(axis=0), xy.max(axis=0)
        return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """K points on a face.

    xy: (K, 2) float32, pixels, origin at the top-left corner of the top-left pixel's centre (OpenCV's convention).
    z: (K,) float32, pixels of the same scale, smaller is nearer to the camera, or None.
    K = 5 (image-left eye, image-right eye, nose, image-left mouth corner, image-right mouth corner),
    68 (iBUG order), 106, or 478 (face mesh 468 + two irises of 5).
    """

    xy: Float32
    z: Float32 | None = None

    def __post_init__(self) -> None:
        check_shape("Landmarks.xy", self.xy, (None, 2))
        if self.xy.dtype != np.float32:
            raise ValueError(f"Landmarks.xy: got dtype {self.xy.dtype}, supported is float32")
        object.__setattr__(self, "xy", frozen(self.xy))
        if self.z is not None:
            check_shape("Landmarks.z", self.z, (len(self.xy),))
            object.__setattr__(self, "z", frozen(self.z))

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def xyz(self) -> Float32:
        """(K, 3) float32; z is 0 where it is unknown."""
        z = np.zeros(len(self.xy), np.float32) if self.z is None else self.z
        return np.column_stack([self.xy, z]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Head rotation in degrees.

    yaw_deg > 0: the nose points to the image's right. pitch_deg > 0: the nose points up.
    roll_deg > 0: the head is turned clockwise in the image.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """How well one face is seen; NaN where it was not measured.

    sharpness: in [0, 1], 0 is blurred away. hidden: in [0, 1], the share of the face that something covers.
    light: ambient level in [0, 1] and how much brighter the face gets towards the image's right, its bottom and the
    camera.
    """

    sharpness: float = math.nan
    hidden: float = math.nan
    light: tuple[float, float, float, float] = (math.nan,) * 4


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One detection in one picture.

    box: pixels of the picture. score: detector confidence in [0, 1].
    keypoints: 5-point Landmarks. landmarks: dense 478-point Landmarks, or None when not measured.
    visibility: confidence in [0, 1] that the dense landmarks lie on a face.
    embedding: (128,) float32, L2-comparable, or None. pose: None when not measured.
    picture: (H, W, 3) RGB that the face was found in, or None.
    visible: (H, W) float32 in [0, 1] over `picture`, 0 where something is in front of the face, or None.
    track_id / person_id: set by tracking and by joining identities, else None.
    measures: how well it is seen, or None.
    moved: (478, 3) float32 or None: how far (x, y, pixels) the spot of skin under each landmark moved since the frame
    before, and how sure that is, in [0, 1]; 0 where it was not measured.
    shape: (468, 3) float32 or None: the person's own face at the front, in the canonical mesh's centimetres, one
    estimate for a whole track; None: to be measured on this face alone.
    """

    box: Box
    score: float
    keypoints: Landmarks
    landmarks: Landmarks | None = None
    visibility: float = 1.0
    pose: HeadPose | None = None
    embedding: Float32 | None = None
    picture: Pixels | None = field(default=None, repr=False)
    visible: Float32 | None = field(default=None, repr=False)
    track_id: int | None = None
    person_id: int | None = None
    measures: FaceMeasures | None = None
    moved: Float32 | None = field(default=None, repr=False)
    shape: Float32 | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_shape("Face.keypoints.xy", self.keypoints.xy, (5, 2))
        if self.moved is not None:
            check_shape("Face.moved", self.moved, (None, 3))
            object.__setattr__(self, "moved", frozen(self.moved))
        if self.shape is not None:
            check_shape("Face.shape", self.shape, (468, 3))
            object.__setattr__(self, "shape", frozen(self.shape))
        if self.embedding is not None:
            object.__setattr__(self, "embedding", frozen(self.embedding))

    @property
    def eye_distance_px(self) -> float:
        """Distance between the two eye centres, in pixels."""
        left, right = self.keypoints.xy[0], self.keypoints.xy[1]
        return float(np.hypot(*(right - left)))
