"""What small, old and compressed pictures of faces look like, at the size they are shown."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


def degraded(rng: np.random.Generator, sharp: Float32) -> Float32:
    """`sharp` (H, W, 3) in [0, 1], blurred, made smaller, noisy, compressed and enlarged again; 1 in 8 nearly as is.

    Enlarging is by cubic or linear interpolation, as cameras, players and editors do it.
    """
    height, width = sharp.shape[:2]
    factor = 1.0 if rng.random() < 0.12 else float(rng.uniform(1.3, 4.6))
    low = sharp
    if rng.random() < 0.6 and factor > 1:
        low = cv2.GaussianBlur(low, (0, 0), float(rng.uniform(0.1, 0.45)) * factor)
    if factor > 1:
        size = (max(round(width / factor), 16), max(round(height / factor), 16))
        low = cv2.resize(low, size, interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR])))
        if rng.random() < 0.6:
            low = cv2.GaussianBlur(low, (0, 0), float(rng.uniform(0.25, 1.1)))
    if rng.random() < 0.4:
        low = low + rng.normal(0, rng.uniform(0.002, 0.03), low.shape).astype(np.float32)
    if rng.random() < 0.8:
        low = compressed(low, int(rng.integers(28, 92)))
    how = cv2.INTER_LINEAR if rng.random() < 0.2 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(np.clip(low, 0, 1), (width, height), interpolation=how), 0, 1).astype(np.float32)


def compressed(picture: Float32, quality: int) -> Float32:
    """`picture` (H, W, 3) in [0, 1] as a JPEG of this quality, decoded again."""
    eight = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    _, data = cv2.imencode(".jpg", eight[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.float32) / 255
