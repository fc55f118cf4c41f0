"""Which part of a difference between two face shapes is the person, and which is the expression.

Both vary along known directions: people differ in proportions, and each moves brows, lids, cheeks, lips and jaw. The
Wiener estimate of the personal part is linear: Σi (Σi + λ Σe)⁻¹, with the covariances of people (Σi) and of
expressions (Σe) measured on 468-point shapes by `tools/train_shape.py`. Only those numbers are shipped, no pictures.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from facefusion.core import Float32


def identity_part(difference: Float32) -> Float32:
    """The personal part of a shape difference; both (468, 3) float32 in the canonical mesh's centimetres."""
    basis, weights = _operator()
    coefficients = basis @ difference.reshape(-1)
    part: Float32 = ((weights @ coefficients) @ basis).reshape(-1, 3).astype(np.float32)
    return part


@cache
def _operator() -> tuple[Float32, Float32]:
    """(K, 1404) orthonormal directions and (K, K) weights."""
    path = files("facefusion.geometry") / "data" / "identity_shape.npz"
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        return stored["basis"].astype(np.float32), stored["weights"].astype(np.float32)
