"""From the 478 points of the face mesh to the 5, 68 and 106 points that other tools use."""

from __future__ import annotations

from functools import cache

import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.geometry.mesh import IMAGE_LEFT_EYE, IMAGE_RIGHT_EYE

IBUG_68 = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw, image-left to right
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 5, 4, 98, 97, 2, 326, 327,  # nose: bridge, base
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outer
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inner
)  # fmt: skip
"""Index of the mesh point for each of the 68 points in iBUG order (300-W, Sagonas et al. 2013)."""

_CONTOUR = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
            356)  # fmt: skip
_INNER_106: tuple[int | tuple[int, int], ...] = (
    (70, 46), 63, 105, 66, 107, 55, 65, 52, 53,  # image-left brow: outer end, upper edge, lower edge
    336, 296, 334, 293, (300, 276), 283, 282, 295, 285,  # image-right brow: upper edge, outer end, lower edge
    168, 197, 5, 4,  # nose: bridge
    193, 198, 64, 98, 97, 2, 326, 327, 294, 420, 417,  # nose: side, base, side
    33, 160, 159, 158, 133, 153, 145, 144, (159, 145),  # image-left eye, its middle
    362, 385, 386, 387, 263, 373, 374, 380, (386, 374),  # image-right eye, its middle
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outer
    78, 81, 13, 311, 308, 402, 14, 178,  # lips, inner
    468, 473,  # pupils
)  # fmt: skip


@cache
def weights_106() -> Float32:
    """(106, 478) float32, rows sum to 1: the 106 points in the order of the JD and LaPa data sets.

    33 contour points spaced evenly along the mesh's jaw line, then single mesh points or the middle of two.
    """
    rows = np.zeros((106, 478), np.float32)
    position = np.linspace(0, len(_CONTOUR) - 1, 33)
    for row, at in enumerate(position):
        low = min(int(at), len(_CONTOUR) - 2)
        rows[row, _CONTOUR[low]] += 1 - (at - low)
        rows[row, _CONTOUR[low + 1]] += at - low
    for row, index in enumerate(_INNER_106, start=33):
        pair = index if isinstance(index, tuple) else (index, index)
        rows[row, pair[0]] += 0.5
        rows[row, pair[1]] += 0.5
    rows.flags.writeable = False
    return rows


@cache
def weights_5() -> Float32:
    """(5, 478) float32, rows sum to 1: eye centres (mean of the lid contours), nose tip, mouth corners."""
    rows = np.zeros((5, 478), np.float32)
    rows[0, list(IMAGE_LEFT_EYE)] = rows[1, list(IMAGE_RIGHT_EYE)] = 1 / 16
    rows[2, 4] = rows[3, 61] = rows[4, 291] = 1
    rows.flags.writeable = False
    return rows


def to_68(landmarks: Landmarks) -> Landmarks:
    """68 points in iBUG order."""
    index = np.array(IBUG_68)
    return Landmarks(landmarks.xy[index], None if landmarks.z is None else landmarks.z[index])


def to_106(landmarks: Landmarks) -> Landmarks:
    """106 points in JD and LaPa order."""
    return _mixed(landmarks, weights_106())


def to_5(landmarks: Landmarks) -> Landmarks:
    """Image-left eye, image-right eye, nose tip, image-left and image-right mouth corner."""
    return _mixed(landmarks, weights_5())


def _mixed(landmarks: Landmarks, weights: Float32) -> Landmarks:
    return Landmarks(weights @ landmarks.xy, None if landmarks.z is None else weights @ landmarks.z)
