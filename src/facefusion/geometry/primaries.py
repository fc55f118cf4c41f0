"""Primaries of colour spaces as chromaticities, and matrices between them (SMPTE RP 177, Bradford adaptation)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of red, green, blue and white."""

REC709: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
ACES_AP0: Chromaticities = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, 0.32168, 0.33767)
ACES_AP1: Chromaticities = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
_H273: dict[int, Chromaticities] = {
    1: REC709,
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def chromaticities_of(primaries: int) -> Chromaticities:
    """Of an H.273 code point; Rec.709 where it says nothing."""
    return _H273.get(primaries, REC709)


def is_same(one: Chromaticities, other: Chromaticities) -> bool:
    """Whether two sets agree to what files round them to."""
    return all(abs(a - b) < 6e-4 for a, b in zip(one, other, strict=True))


def rgb_to_rgb(source: Chromaticities, target: Chromaticities) -> NDArray[np.float64]:
    """(3, 3): linear RGB of `source` → linear RGB of `target`; white stays white. Raises ValueError for no triangle."""
    if is_same(source, target):
        return np.eye(3)
    adapted = _adaptation(source[6:], target[6:])
    return np.asarray(np.linalg.inv(_to_xyz(target)) @ adapted @ _to_xyz(source))


def _to_xyz(space: Chromaticities) -> NDArray[np.float64]:
    columns = np.stack([_xyz(x, y) for x, y in zip(space[0:6:2], space[1:6:2], strict=True)], axis=1)
    try:
        return columns * np.linalg.solve(columns, _xyz(*space[6:]))
    except np.linalg.LinAlgError:
        raise ValueError(f"chromaticities {space}: span no triangle") from None


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    if y == 0:
        raise ValueError(f"chromaticity ({x}, {y}): has no luminance")
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(source: tuple[float, ...], target: tuple[float, ...]) -> NDArray[np.float64]:
    gains = (_BRADFORD @ _xyz(*target)) / (_BRADFORD @ _xyz(*source))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD)
