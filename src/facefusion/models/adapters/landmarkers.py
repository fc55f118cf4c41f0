"""Landmarks of a detected face: 68, 106 or 203 points in the picture's pixels.

Crops after face-alignment (Bulat 2017) for 68, InsightFace `landmark.py` for 106, LivePortrait `cropper.py` for 203.
"""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Box, Float32, Landmarks, Pixels
from facefusion.core.arrays import PIXEL_MAX
from facefusion.geometry import transforms
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session


class _Landmarker:
    """Cuts the square around a box that the network was taught on; subclasses know its outputs."""

    around: ClassVar[float]
    """The crop's side, in longer sides of the box."""

    def __init__(self, session: Session) -> None:
        self._session, self.size = session, picture_side(session)

    def read(self, pixels: Pixels, box: Box) -> tuple[Landmarks, float]:
        """Points of the face in `box` of `pixels` (H, W, 3) RGB, and how sure the network is, in [0, 1]."""
        matrix = transforms.square_roi(box.center, max(box.width, box.height) * self.around, 0.0, self.size)
        crop = cv2.warpAffine(pixels, matrix, (self.size, self.size), flags=cv2.INTER_LINEAR)
        crop = crop.astype(np.float32) / np.float32(PIXEL_MAX[pixels.dtype.name])
        points, sure = self._decoded(self._session.run_each(self._session.inputs[0].encode(crop)))
        return Landmarks(transforms.apply(transforms.inverse(matrix), points.astype(np.float32))), sure

    def _decoded(self, outputs: tuple[Float32, ...]) -> tuple[Float32, float]:
        raise NotImplementedError


class Fan68(_Landmarker):
    """2DFAN-4: 68 points in iBUG order on a grid of 64."""

    contract: ClassVar[str] = "fan_68"
    around = 256 / 195

    def _decoded(self, outputs: tuple[Float32, ...]) -> tuple[Float32, float]:
        points, heat = outputs
        return points[0, :, :2] * np.float32(self.size / 64), float(np.clip(heat.max(axis=(2, 3)).mean(), 0, 1))


class Landmarks106(_Landmarker):
    """InsightFace's 106 points, in [-1, 1] across the crop."""

    contract: ClassVar[str] = "landmarks_106"
    around = 1.5

    def _decoded(self, outputs: tuple[Float32, ...]) -> tuple[Float32, float]:
        return (outputs[0].reshape(106, 2) + 1) * np.float32(self.size / 2), 1.0


class Landmarks203(_Landmarker):
    """LivePortrait's 203 points, in [0, 1] across the crop."""

    contract: ClassVar[str] = "landmarks_203"
    around = 1.5

    def _decoded(self, outputs: tuple[Float32, ...]) -> tuple[Float32, float]:
        return outputs[2].reshape(203, 2) * np.float32(self.size), 1.0
