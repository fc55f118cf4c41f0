"""Alignment templates: where five keypoints of an upright face lie on a square canvas.

Order: image-left eye, image-right eye, nose, image-left mouth corner, image-right mouth corner.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from facefusion.core import Float32, Landmarks
from facefusion.core.arrays import frozen
from facefusion.geometry.transforms import similarity

TemplateName = Literal[
    "arcface_112_v1",
    "arcface_112_v2",
    "arcface_128",
    "ffhq_512",
    "mtcnn_512",
    "dfl_whole_face",
    "wav2lip_96",
    "live_portrait_512",
]

_ARCFACE_V2 = ((38.295, 51.696), (73.532, 51.501), (56.025, 71.737), (41.549, 92.366), (70.730, 92.204))
_POINTS: dict[TemplateName, tuple[int, tuple[tuple[float, float], ...]]] = {
    "arcface_112_v1": (112, ((39.730, 51.138), (72.270, 51.138), (56.0, 68.493), (42.463, 87.010), (69.537, 87.010))),
    "arcface_112_v2": (112, _ARCFACE_V2),
    "arcface_128": (128, tuple((x + 8, y) for x, y in _ARCFACE_V2)),
    "ffhq_512": (
        512,
        ((192.981, 239.947), (318.903, 240.194), (256.634, 314.019), (201.261, 371.410), (313.089, 371.151)),
    ),
    "mtcnn_512": (
        512,
        ((187.202, 239.277), (324.124, 238.520), (256.098, 317.148), (199.849, 397.306), (313.236, 396.679)),
    ),
    # the square around 68 points and an eighth more above, upright as FFHQ: x 107 to 411, y 163 to 467 of its 512
    "wav2lip_96": (96, ((27.152, 24.299), (66.917, 24.377), (47.253, 47.690), (29.767, 65.814), (65.081, 65.732))),
    # FFHQ seen from further away: everything two thirds as far from the tip of the nose
    "live_portrait_512": (
        512,
        ((214.199, 264.638), (298.147, 264.802), (256.634, 314.019), (219.719, 352.280), (294.271, 352.107)),
    ),
    "dfl_whole_face": (
        512,
        ((180.952, 201.143), (321.524, 201.143), (249.143, 276.571), (198.857, 352.0), (306.286, 352.0)),
    ),
}


def template_points(name: TemplateName, *, size: int | None = None) -> Float32:
    """(5, 2) float32 keypoints on a canvas of `size` pixels (default: the template's own).

    Raises ValueError for an unknown name.
    """
    if name not in _POINTS:
        raise ValueError(f"template: got {name!r}, supported are {', '.join(get_args(TemplateName))}")
    canvas, points = _POINTS[name]
    scale = 1.0 if size is None else size / canvas
    scaled: Float32 = frozen((np.array(points, np.float64) * scale).astype(np.float32))
    return scaled


def template_size(name: TemplateName) -> int:
    """The canvas that the template's numbers are given for, in pixels."""
    return _POINTS[name][0]


def align_matrix(keypoints: Landmarks, name: TemplateName, *, size: int | None = None) -> Float32:
    """(2, 3) float32, picture pixels → canvas pixels: the similarity that best lays `keypoints` on the template."""
    return similarity(keypoints.xy, template_points(name, size=size))
