"""What faces look like that were made small, softened, compressed and enlarged again."""

from __future__ import annotations

import cv2
import numpy as np
from tools.train_face_deblur.degrade import Float32, compressed


def small_copy(rng: np.random.Generator, sharp: Float32, *, factor: float | None = None) -> Float32:
    """`sharp` (H, W, 3) in [0, 1] as a small, softened JPEG enlarged again: what copies of copies of faces are.

    factor: how much smaller; by default 1 to 6.5, small ones as often as large ones. With a factor given everything
    else is fixed too: blur of 0.8 small pixels, JPEG 40.
    """
    height, width = sharp.shape[:2]
    fixed = factor is not None
    by = float(np.exp(rng.uniform(0, np.log(6.5)))) if factor is None else factor
    size = (max(round(width / by), 16), max(round(height / by), 16))
    low = cv2.resize(sharp, size, interpolation=cv2.INTER_AREA)
    low = cv2.GaussianBlur(low, (0, 0), 0.8 if fixed or rng.random() < 0.5 else float(rng.uniform(0.3, 1.3)))
    low = compressed(low, 40 if fixed or rng.random() < 0.5 else int(rng.integers(22, 75)))
    return np.clip(cv2.resize(low, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)
