"""How likely a picture shows nudity: Yahoo's open_nsfw (Mahadeokar, Pesavento 2016), through the model's card."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facefusion.core import Pixels, to_unit
from facefusion.models import open_session

MODEL = "open_nsfw"
_WHOLE_PX, _MIDDLE_PX = 256, 224


def scores_of(pictures: Sequence[Pixels]) -> list[float]:
    """One score, 0 to 1, for each RGB picture (H, W, 3) of any size and depth. Raises ModelError."""
    session = open_session(MODEL)
    spec = session.inputs[0]
    return [float(session.run(spec.encode(_prepared(one)))[0][0, 1]) for one in pictures]


def _prepared(picture: Pixels) -> Pixels:
    """(224, 224, 3) float32 in [0, 1]: squeezed to 256 × 256, the middle cut out, as the network was trained."""
    size = (_WHOLE_PX, _WHOLE_PX)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    edge = (_WHOLE_PX - _MIDDLE_PX) // 2
    middle = to_unit(small[edge : edge + _MIDDLE_PX, edge : edge + _MIDDLE_PX])
    return np.clip(np.nan_to_num(middle), 0.0, 1.0).astype(np.float32)
