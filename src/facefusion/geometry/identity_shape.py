"""Which part of a difference between two face shapes is the person, and which is the expression."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32


def identity_part(difference: Float32) -> Float32:
    """stub for trial"""
    return difference.astype(np.float32)
