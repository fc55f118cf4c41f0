"""What is foreground whatever the keyer says (people's inside, faces), and what is not (stands, lamps)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from facefusion.core import Cutout, Face, Float32, Frame, Pixels
from facefusion.geometry.light import indexed
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.processors.background_remover.keyer.plate import excess_of

_SURE_AT, _DEEP_AT = 0.02, 0.05
"""How far from the person's edge, in heights of the picture, their map is believed over the keyer."""
_INSIDE = 0.8
_FACE_SHRINKS = 0.06
"""How much smaller than the face its sure part is, by the face's own size."""
_UNSURE = (0.35, 0.65)
"""A face of which less than the first is seen to be foreground is none; from the second on nothing is doubted."""
_FACE_SAMPLES = 64
_SMALL = 320
_FOREGROUND, _SOMEBODY = 0.15, 0.004
"""The opacity from which something is there, and the share of the picture from which somebody is."""


def person_hold(person: Float32, size: tuple[int, int]) -> Float32:
    """(H, W) float32: 1 deep inside of the person, falling to 0 towards where their map is no longer sure.

    person: any size, in [0, 1]. size: (W, H).
    """
    width, height = size
    step = max(height / 180, 1.0)
    small = cv2.resize(person, (max(round(width / step), 1), max(round(height / step), 1)))
    framed = cv2.copyMakeBorder((small > _INSIDE).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] * np.float32(step / height)
    hold = np.clip((inside - _SURE_AT) / (_DEEP_AT - _SURE_AT), 0, 1).astype(np.float32)
    return cv2.resize(hold, (width, height), interpolation=cv2.INTER_LINEAR)


def sureness(
    frame: Frame, faces: Sequence[Face], person: Float32, screen: tuple[Float32, int] | None
) -> dict[int, float]:
    """By track, how surely a face is foreground, in [0, 1]: 1 for almost all, below where no evidence says so.

    person: (h, w) in [0, 1]. screen: its colour (3,), linear light, and its channel, where there is one; what does not
    have its colour is as good a sign as the map of people.
    """
    found = {}
    for face in faces:
        if face.landmarks is None or face.track_id is None:
            continue
        oval = face.landmarks.xy[list(FACE_OVAL)]
        scale = np.array([person.shape[1] / frame.width, person.shape[0] / frame.height], np.float32)
        signs = [_mean_inside(person, (oval * scale).astype(np.float32))]
        if screen is not None:
            step = max(round(float(np.ptp(oval, axis=0).max()) / _FACE_SAMPLES), 1)
            signs.append(_mean_inside(_unlike(frame.pixels[::step, ::step], *screen), oval / np.float32(step)))
        low, high = _UNSURE
        found[face.track_id] = float(np.clip((max(signs) - low) / (high - low), 0, 1))
    return found


def _unlike(pixels: Pixels, screen: Float32, primary: int) -> Float32:
    """(h, w) in [0, 1]: how little of the screen's colour a pixel has."""
    whole, table = indexed(pixels)
    most = float(excess_of(screen[None, None], primary)[0, 0])
    return np.clip(1 - excess_of(table[whole], primary) / np.float32(max(most, 1e-4)), 0, 1)


def _mean_inside(plane: Float32, outline: Float32) -> float:
    """Of `plane` (h, w) within `outline` (n, 2); 1 where that is out of the picture."""
    height, width = plane.shape
    low = np.clip(np.floor(outline.min(axis=0)), 0, [width, height]).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)) + 1, 0, [width, height]).astype(int)
    part = plane[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(part.shape, np.uint8)
    if not part.size:
        return 1.0
    cv2.fillPoly(mask, [np.round(outline - low).astype(np.int32)], 1)
    return float(part[mask > 0].mean()) if mask.any() else 1.0


def face_hold(frame: Frame, faces: Sequence[Face]) -> Float32:
    """(H, W) float32: 1 on the faces' skin, a little within their outline."""
    hold = np.zeros((frame.height, frame.width), np.float32)
    for face in faces:
        if face.landmarks is None:
            continue
        oval = face.landmarks.xy[list(FACE_OVAL)]
        middle = oval.mean(axis=0)
        points = middle + (oval - middle) * np.float32(1 - _FACE_SHRINKS)
        cv2.fillPoly(hold, [np.round(points).astype(np.int32)], 1.0)
    return hold


def without_garbage(cutout: Cutout, person: Float32) -> Cutout:
    """`cutout` without whatever does not touch a person; all of it where nobody is. person: any size, in [0, 1]."""
    height, width = cutout.alpha.shape
    scale = min(_SMALL / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(cutout.alpha, size, interpolation=cv2.INTER_AREA)
    somebody = cv2.resize(person, size) > 0.5
    if somebody.mean() < _SOMEBODY:
        return cutout
    there = cv2.dilate((small > _FOREGROUND).astype(np.uint8), np.ones((3, 3), np.uint8)) | somebody.astype(np.uint8)
    count, labels = cv2.connectedComponents(there, connectivity=8)
    is_kept = np.zeros(count, np.uint8)
    is_kept[labels[somebody]] = 1
    kept = is_kept[labels]
    wide = cv2.dilate(kept, np.ones((5, 5), np.uint8)).astype(np.float32)
    if wide.min() > 0:
        return cutout
    mask = cv2.resize(cv2.blur(wide, (3, 3)), (width, height), interpolation=cv2.INTER_LINEAR)
    return replace(cutout, alpha=cutout.alpha * mask)
