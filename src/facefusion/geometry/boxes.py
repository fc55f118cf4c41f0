"""Operations on boxes: arrays (N, 4) float32 xyxy in pixels, exclusive end, and `core.Box`."""

from __future__ import annotations

import numpy as np

from facefusion.core import Box, Float32


def scaled(box: Box, factor: float) -> Box:
    """`box` grown (or shrunk) by `factor` about its centre."""
    (cx, cy), half_w, half_h = box.center, box.width * factor / 2, box.height * factor / 2
    return Box(cx - half_w, cy - half_h, cx + half_w, cy + half_h)


def clipped(box: Box, *, width: int, height: int) -> Box:
    """`box` cut to the picture; empty (zero area) when it lies outside."""
    x0, x1 = (min(max(x, 0.0), float(width)) for x in (box.x0, box.x1))
    y0, y1 = (min(max(y, 0.0), float(height)) for y in (box.y0, box.y1))
    return Box(x0, y0, x1, y1)


def iou_matrix(a: Float32, b: Float32) -> Float32:
    """(N, M) float32 intersection over union of boxes (N, 4) and (M, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    total = _area(a)[:, None] + _area(b)[None] - shared
    ratio: Float32 = (shared / np.maximum(total, 1e-9)).astype(np.float32)
    return ratio


def overlap_of_smaller(a: Float32, b: Float32) -> Float32:
    """(N, M) float32 intersection over the smaller box's area: 1 where one box holds the other."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    ratio: Float32 = (shared / np.maximum(np.minimum(_area(a)[:, None], _area(b)[None]), 1e-9)).astype(np.float32)
    return ratio


def weighted_nms(rows: Float32, scores: Float32, *, iou: float) -> tuple[Float32, Float32]:
    """Merge overlapping detections into their score-weighted mean (BlazeFace, Bazarevsky et al. 2019, section 3.3).

    rows: (N, 4 + K) float32, box first, further columns averaged alike. scores: (N,) float32.
    Returns (M, 4 + K) merged rows and (M,) the best score of each cluster, best first.
    """
    left = np.argsort(-scores, kind="stable")
    merged, best = [], []
    while len(left):
        near = iou_matrix(rows[left[:1], :4], rows[left, :4])[0] > iou
        near[0] = True
        cluster = left[near]
        merged.append(np.average(rows[cluster], axis=0, weights=scores[cluster]))
        best.append(scores[left[0]])
        left = left[~near]
    return np.array(merged, np.float32).reshape(-1, rows.shape[1]), np.array(best, np.float32)


def _area(boxes: Float32) -> Float32:
    area: Float32 = np.prod(np.maximum(boxes[:, 2:4] - boxes[:, :2], 0), axis=1)
    return area
