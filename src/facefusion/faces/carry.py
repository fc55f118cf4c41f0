"""Recent frames, and faces that the movement of the skin carries from one frame to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from facefusion.core import Face, Float32, Landmarks, Pixels
from facefusion.faces.analyser import face_of

_LONG_SIDE_KEPT = 2048


class Motion(Protocol):
    """Measures how the skin under landmarks moves between two frames."""

    def between(self, before: Pixels, after: Pixels, xy: Float32) -> Float32:
        """(K, 3) float32: how far, in pixels, each of `xy` (K, 2) moves, and how sure that is, in [0, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A recent frame, reduced to at most `_LONG_SIDE_KEPT` pixels a side; `scale` leads from the frame to it."""

    index: int
    pixels: Pixels
    scale: float


def kept(index: int, pixels: Pixels) -> Kept:
    """What is kept of (H, W, 3) RGB: itself where it is small enough, else the means of whole blocks of pixels.

    Whole blocks are averaged many times faster than parts of pixels; an incomplete last row or column is left out.
    """
    block = -(-max(pixels.shape[:2]) // _LONG_SIDE_KEPT)
    if block == 1:
        return Kept(index, pixels, 1.0)
    height, width = (max(length // block, 1) for length in pixels.shape[:2])
    whole = pixels[: height * block, : width * block]
    return Kept(index, cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), 1 / block)


def moved_between(motion: Motion | None, before: Kept, now: Kept, face: Face) -> Float32 | None:
    """`Face.moved` of `face`, which is in `before`, in the frame `now` that follows; None where nobody measures."""
    if motion is None or face.landmarks is None or now.index != before.index + 1:
        return None
    moved = motion.between(before.pixels, now.pixels, face.landmarks.xy * np.float32(before.scale))
    moved[:, :2] /= np.float32(before.scale)
    return moved


def is_sure(moved: Float32, least: float) -> bool:
    """Whether three quarters of a face's points moved with at least this sureness."""
    return float(np.percentile(moved[:, 2], 25)) >= least


def carried(before: Face, moved: Float32) -> Face:
    """The face one frame later, moved with its skin; score 0, since it was not read."""
    if before.landmarks is None:
        raise ValueError("carried: got a face without landmarks, supported are faces of a FaceTracker")
    landmarks = Landmarks(before.landmarks.xy + moved[:, :2], before.landmarks.z)
    face = face_of(landmarks, 0.0, before.visibility)
    return replace(face, track_id=before.track_id, moved=moved)


def enlarged(landmarks: Landmarks, factor: float) -> Landmarks:
    """`landmarks` of a reduced frame, in the pixels of the frame that is `factor` times as large."""
    if factor == 1:
        return landmarks
    z = None if landmarks.z is None else landmarks.z * np.float32(factor)
    return Landmarks((landmarks.xy * factor).astype(np.float32), z)
