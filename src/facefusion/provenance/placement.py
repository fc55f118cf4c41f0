"""Where a label goes: the wished corner, unless a face is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Box
from facefusion.provenance.settings import LabelPosition

POSITIONS: tuple[LabelPosition, ...] = ("bottom-right", "bottom-left", "top-right", "top-left", "bottom", "top")


@dataclass(frozen=True, slots=True)
class Spot:
    """Top-left corner of a label in whole pixels; `covered_px` counts its pixels that lie on an avoided box."""

    x: int
    y: int
    covered_px: int = 0


def find_spot(
    wish: LabelPosition, *, label: tuple[int, int], picture: tuple[int, int], margin: int, avoid: Sequence[Box]
) -> Spot:
    """Where a label of (width, height) `label` goes in a picture of (width, height) `picture`.

    The wished place when it is free; else the nearest of the other corners and edges; else the nearest free place
    anywhere, looked for exactly; else, when the avoided boxes leave none, the place that covers least of them.
    `covered_px` > 0 therefore means that no free place exists.
    """
    anchor = _anchor(wish, label, picture, margin)
    rects = [rect for rect in (_outward(box, picture) for box in avoid) if rect is not None]
    standard = sorted((_anchor(p, label, picture, margin) for p in POSITIONS), key=lambda xy: math.dist(xy, anchor))
    for x, y in [anchor, *standard]:
        if not any(x < x1 and x0 < x + label[0] and y < y1 and y0 < y + label[1] for x0, y0, x1, y1 in rects):
            return Spot(x, y)
    return _searched(anchor, label, picture, rects)


def _anchor(position: LabelPosition, label: tuple[int, int], picture: tuple[int, int], margin: int) -> tuple[int, int]:
    right, low = picture[0] - label[0], picture[1] - label[1]
    x = min(margin, right) if "left" in position else max(right - margin, 0) if "right" in position else right // 2
    y = min(margin, low) if "top" in position else max(low - margin, 0)
    return x, y


def _outward(box: Box, picture: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """`box` grown to whole pixels and cut to the picture; None when it is empty or nothing of it is inside."""
    if box.area == 0:
        return None
    x0, x1 = (min(max(v, 0.0), float(picture[0])) for v in (box.x0, box.x1))
    y0, y1 = (min(max(v, 0.0), float(picture[1])) for v in (box.y0, box.y1))
    rect = math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)
    return rect if rect[0] < rect[2] and rect[1] < rect[3] else None


def _searched(
    anchor: tuple[int, int], label: tuple[int, int], picture: tuple[int, int], rects: list[tuple[int, int, int, int]]
) -> Spot:
    covered = _covered(label, picture, rects)
    ys, xs = np.nonzero(covered == covered.min())
    nearest = int(np.argmin((xs - anchor[0]) ** 2 + (ys - anchor[1]) ** 2))
    x, y = int(xs[nearest]), int(ys[nearest])
    return Spot(x, y, int(covered[y, x]))


def _covered(
    label: tuple[int, int], picture: tuple[int, int], rects: list[tuple[int, int, int, int]]
) -> NDArray[np.int32]:
    """For every top-left corner (y, x) that keeps the label inside: how many of its pixels are taken."""
    taken = np.zeros((picture[1], picture[0]), np.uint8)
    for x0, y0, x1, y1 in rects:
        taken[y0:y1, x0:x1] = 1
    total = cv2.integral(taken, sdepth=cv2.CV_32S)
    w, h = label
    sums: NDArray[np.int32] = total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]
    return sums
