"""Warped-frame error: what is left of a picture when the one before is carried along by the target's movement."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measures import dense
from facefusion.core import Face, Float32, Pixels, UInt8, to_unit
from facefusion.geometry.mesh import FACE_OVAL

_AROUND = 0.25
"""Room around the face, in eye distances."""
_AGREE_PX = 0.7
_FINE_SIGMA, _COARSE_SIGMA = 1.0, 4.0


@dataclass(frozen=True, slots=True)
class Warped:
    """target, result: mean absolute differences in steps of 8 bits inside the face, where the movement is known.
    target_detail, result_detail: mean contrast of fine detail, a band between two blurs. known: the share of the face
    whose movement is known."""

    target: float
    result: float
    target_detail: float
    result_detail: float
    known: float


def warped_error(
    before: tuple[Pixels, Pixels], after: tuple[Pixels, Pixels], faces: tuple[Face, Face]
) -> Warped | None:
    """Compare neighbouring frames, each (target, result); faces: the target's. None where no movement is known."""
    window = _window(faces, before[0].shape)
    target, result = ((_eight(a[window]), _eight(b[window])) for a, b in zip(before, after, strict=True))
    back, is_known = movement(target[0], target[1])
    origin = np.array([window[1].start, window[0].start], np.float32)
    inside = np.zeros(is_known.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(dense(faces[1]).xy[list(FACE_OVAL)] - origin).astype(np.int32)], 1)
    used = (inside > 0) & is_known
    if not used.any():
        return None
    errors = [float(np.abs(now - carried(then, back))[used].mean()) for then, now in (target, result)]
    details = [float(np.abs(_detail(now))[used].mean()) for _, now in (target, result)]
    return Warped(*errors, *details, float(used.sum() / max(int(inside.sum()), 1)))


def movement(first: Float32, second: Float32) -> tuple[Float32, NDArray[np.bool_]]:
    """(h, w, 2): where each pixel of `second` was in `first`, by DIS flow, and (h, w): where both directions agree."""
    grey = [cv2.cvtColor(np.rint(one).astype(np.uint8), cv2.COLOR_RGB2GRAY) for one in (first, second)]
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back, there = dis.calc(grey[1], grey[0], None), dis.calc(grey[0], grey[1], None)
    apart = np.linalg.norm(back + carried(there, back), axis=2)
    return back, apart < _AGREE_PX + 0.05 * np.linalg.norm(back, axis=2)


def carried(picture: Float32, flow: Float32) -> Float32:
    """`picture` (h, w, C) read where `flow` (h, w, 2) says each pixel was."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    read: Float32 = cv2.remap(
        picture, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return read


def _detail(picture: Float32) -> Float32:
    fine, coarse = (cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in (_FINE_SIGMA, _COARSE_SIGMA))
    return fine - coarse


def _eight(pixels: Pixels) -> Float32:
    return to_unit(np.ascontiguousarray(pixels)) * np.float32(255)


def _window(faces: tuple[Face, Face], shape: tuple[int, ...]) -> tuple[slice, slice]:
    xy = np.vstack([dense(face).xy for face in faces])
    room = faces[1].eye_distance_px * _AROUND
    low = np.maximum(np.floor(xy.min(axis=0) - room), 0).astype(int)
    high = np.minimum(np.ceil(xy.max(axis=0) + room), (shape[1], shape[0])).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def to_uint8(pixels: Pixels) -> UInt8:
    """A picture of any depth in 8 bits, rounded."""
    return np.rint(_eight(pixels)).clip(0, 255).astype(np.uint8)
