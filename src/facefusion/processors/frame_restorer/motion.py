"""Neighbouring frames, moved to where their content is in the frame that is restored."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32

_LONGEST_PX = 640
"""Movement is looked for in pictures of at most this size."""


def flow_between(gray: Float32, other: Float32) -> Float32:
    """(H, W, 2) float32: where each pixel of `gray` lies in `other` (DIS flow, Kroeger et al. 2016).

    Both are freed of specks first, so that dust neither attracts nor follows the movement.
    """
    height, width = gray.shape
    shrink = min(1.0, _LONGEST_PX / max(height, width))
    size = (max(round(width * shrink), 16), max(round(height * shrink), 16))
    here, there = (_speckless(cv2.resize(one, size, interpolation=cv2.INTER_AREA)) for one in (gray, other))
    nothing_known = np.zeros((*size[::-1], 2), np.float32)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(here, there, nothing_known)
    full = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full * np.array([width / size[0], height / size[1]], np.float32), np.float32)


def moved(pixels: Float32, flow: Float32) -> Float32:
    """`pixels` (H, W) or (H, W, 3) fetched from where `flow` says."""
    y, x = np.indices(flow.shape[:2], dtype=np.float32)
    return cv2.remap(pixels, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _speckless(gray: Float32) -> cv2.typing.MatLike:
    return cv2.medianBlur((np.clip(gray, 0, 1) * 255 + 0.5).astype(np.uint8), 5)
