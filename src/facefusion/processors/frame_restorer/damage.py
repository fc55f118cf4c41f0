"""Dust and scratches: where they are, and what belongs there."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32

_STRIPS = 12
_SPANNED = 0.7
"""Of a frame's height: an upright line that goes on for so long is no part of a scene."""
_LARGEST_DUST = 0.004
"""Of a frame's area; what is larger has moved."""


def dust_mask(gray: Float32, references: list[Float32], threshold: float) -> Float32:
    """(H, W) float32 in [0, 1]: 1 on what is lighter or darker than all `references` around it (Nadenau, Mitra 1996).

    references: the frame's neighbours, moved to where their content is in `gray`. A spot is followed from its middle to
    where it is half as strong.
    """
    side = np.ones((3, 3), np.uint8)
    high = cv2.dilate(np.max(references, axis=0), side)
    low = cv2.erode(np.min(references, axis=0), side)
    outside = np.maximum(gray - high, low - gray)
    apart = np.max(references, axis=0) - np.min(references, axis=0)
    sure = (outside > threshold + 0.5 * cv2.GaussianBlur(apart, (0, 0), 2.0)).astype(np.uint8)
    middle = np.mean(references, axis=0)
    near = cv2.dilate(sure, np.ones((7, 7), np.uint8))
    whole = (near & (np.abs(gray - middle) > 0.5 * threshold)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole | sure, connectivity=8)
    seeds = np.bincount(labels.ravel(), sure.ravel(), minlength=count)
    keep = (seeds > 0) & (stats[:, cv2.CC_STAT_AREA] <= max(_LARGEST_DUST * gray.size, 12))
    keep[0] = False
    spots: NDArray[np.uint8] = keep[labels].astype(np.uint8)
    return spots.astype(np.float32)


def scratch_mask(gray: Float32, threshold: float, noise: float) -> Float32:
    """(H, W) float32 in [0, 1]: 1 on thin upright lines that go through most of the frame (after Kokaram 1998).

    threshold: how much lighter or darker than both sides a line is in the mean, in [0, 1]. noise: sigma.
    """
    height, width = gray.shape
    if min(height, width) < 4 * _STRIPS:
        return np.zeros_like(gray)
    reach = max(4, round(width / 160))
    sides = 0.5 * (np.roll(gray, reach, axis=1) + np.roll(gray, -reach, axis=1))
    lifted = np.where(np.abs(np.roll(gray, reach, axis=1) - np.roll(gray, -reach, axis=1)) < 0.15, gray - sides, 0)
    bounds = np.linspace(0, height, _STRIPS + 1).astype(int)
    strips = np.stack([np.median(lifted[a:b], axis=0) for a, b in pairwise(bounds)])
    limit = max(threshold, 4 * noise / np.sqrt(height / _STRIPS))
    mask = np.zeros_like(gray)
    for sign in (1.0, -1.0):
        there = (sign * strips > limit).astype(np.uint8)
        there[:, :reach] = there[:, -reach:] = 0
        wide = cv2.dilate(there, np.ones((1, 5), np.uint8))
        lines = cv2.dilate((wide.mean(axis=0) >= _SPANNED).astype(np.uint8)[None], np.ones((1, 5), np.uint8))
        weak = (sign * strips > 0.5 * limit) & (cv2.dilate(there, np.ones((1, 3), np.uint8)) > 0) & (lines > 0)
        on = np.repeat(weak, np.diff(bounds), axis=0)
        mask[on] = 1.0
    return mask if mask.mean() < 0.05 else np.zeros_like(gray)


def soft(mask: Float32) -> Float32:
    """`mask` one pixel wider, with a soft edge: what lies on the film is blurred by the lens."""
    if not mask.any():
        return mask
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return np.maximum(grown, cv2.GaussianBlur(cv2.dilate(grown, np.ones((3, 3), np.uint8)), (3, 3), 0))


def across(pixels: Float32, mask: Float32) -> Float32:
    """`pixels` (H, W, 3) with what is under `mask` drawn straight across from both sides of the line."""
    width = mask.shape[1]
    result = pixels.copy()
    covered = mask > 0
    columns = np.arange(width)[None]
    left = np.maximum.accumulate(np.where(covered, -1, columns), axis=1)
    right = np.minimum.accumulate(np.where(covered, width, columns)[:, ::-1], axis=1)[:, ::-1]
    y, x = np.nonzero(covered)
    a, b = left[y, x], right[y, x]
    a, b = np.where(a < 0, b, a), np.where(b >= width, a, b)
    usable = (a >= 0) & (b < width)
    y, x, a, b = y[usable], x[usable], a[usable], b[usable]
    share = ((x - a) / np.maximum(b - a, 1))[:, None].astype(np.float32)
    result[y, x] = pixels[y, a] * (1 - share) + pixels[y, b] * share
    return result
