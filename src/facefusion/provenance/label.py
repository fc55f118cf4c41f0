"""The visible label: drawn once, then mixed into every picture of an output."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Box, ColorInfo, Pixels
from facefusion.core.arrays import check_pixels
from facefusion.errors import InvalidInput
from facefusion.provenance.fonts import find_font
from facefusion.provenance.placement import Spot, find_spot
from facefusion.provenance.plate import LARGEST_SHARE, Plate, draw_plate
from facefusion.provenance.settings import LabelSettings

MARGIN = 0.02
"""Gap between label and edge, fraction of the shorter side."""
RULE_SIZE = 0.05
"""Least letter height of GB 45438-2025, fraction of the shorter side (pictures) or of the height (opening label)."""
LEAST_CORNER_SIZE = 0.02

_INK = {16: (0.58, 0.62), 18: (0.75, 0.62), 8: (1.0, 0.88)}
"""H.273 transfer → (text level, plate opacity). PQ and HLG: text at diffuse white (203 cd/m², ITU-R BT.2408);
linear light needs a denser plate for the same contrast. Everything else is display-referred."""
_DISPLAY_INK = (1.0, 0.64)
"""White on a plate that turns a white ground into sRGB 0.36: contrast 1.05 / (0.107 + 0.05) ≈ 6.7 ≥ 4.5 (WCAG 2.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Overlay:
    """A plate at its place: `out = pixels × keep + ink`; one (keep, ink) a dtype, both (h, w, 3)."""

    plate: Plate
    levels: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]
    spot: Spot = Spot(0, 0)

    @property
    def box(self) -> Box:
        width, height = self.plate.size
        return Box(self.spot.x, self.spot.y, self.spot.x + width, self.spot.y + height)

    def mix(self, pixels: Pixels) -> None:
        x, y = self.spot.x, self.spot.y
        width, height = self.plate.size
        region = pixels[y : y + height, x : x + width]
        region[...] = _mixed(region, *self.levels[region.dtype.name])


class Labeller:
    """The label of one output of `width` × `height` pixels.

    On pictures one label; on video a large opening label, then a quieter corner mark that stays. It cannot be left
    out. The same settings, size and boxes give the same bytes. `place` gives a labeller that keeps off faces; use one
    for a whole shot, so that the label does not jump.

    Raises InvalidInput when the picture is too small or the text too long to be read, or no font has its characters.
    """

    def __init__(
        self, settings: LabelSettings, *, width: int, height: int, is_video: bool, color: ColorInfo | None = None
    ) -> None:
        self._settings = settings
        self._picture = (width, height)
        self._is_video = is_video
        levels = _INK.get((color or ColorInfo()).transfer, _DISPLAY_INK)
        short = min(width, height)
        size = settings.corner_size if is_video else settings.size
        least = LEAST_CORNER_SIZE if is_video else RULE_SIZE
        self._lasting = self._overlay(size * short, least * short, levels)
        self._opening = (
            self._overlay(settings.opening_size * height, RULE_SIZE * short, levels) if is_video else self._lasting
        )

    def place(self, avoid: Sequence[Box]) -> Labeller:
        """A labeller whose label keeps off every box of `avoid`, in pixels: the faces of a picture or a whole shot."""
        placed = copy.copy(self)
        placed._lasting = self._placed(self._lasting, avoid)
        placed._opening = self._placed(self._opening, avoid)
        return placed

    def apply(self, pixels: Pixels, *, seconds: float | None = None) -> Pixels:
        """A copy of `pixels` (H, W, 3; uint8, uint16 or float32) with the label; only `box` differs.

        seconds: time since the first frame of the output; needed on video, ignored on pictures.
        """
        labelled = pixels.copy()
        self.draw(labelled, seconds=seconds)
        return labelled

    def draw(self, pixels: Pixels, *, seconds: float | None = None) -> None:
        """As `apply`, into `pixels` themselves: for an array that the caller owns. Saves copying the frame."""
        check_pixels("label", pixels)
        if pixels.shape[:2] != (self._picture[1], self._picture[0]):
            raise ValueError(
                f"label: got a picture of shape {pixels.shape}, supported is the labeller's {self._picture}"
            )
        self._at(seconds).mix(pixels)

    def box(self, *, seconds: float | None = None) -> Box:
        """The pixels that the label changes, whole numbers, exclusive end."""
        return self._at(seconds).box

    def covers_face(self, *, seconds: float | None = None) -> bool:
        """True when the boxes given to `place` left no free place, so that the label lies where it covers least."""
        return self._at(seconds).spot.covered_px > 0

    def letter_height_px(self, *, seconds: float | None = None) -> int:
        """Height of a capital letter, in pixels."""
        return self._at(seconds).plate.rise_px

    def _at(self, seconds: float | None) -> _Overlay:
        if not self._is_video:
            return self._lasting
        if seconds is None:
            raise ValueError("label: got no time on video, supported is seconds since the output's first frame")
        return self._opening if seconds < self._settings.opening_seconds else self._lasting

    def _overlay(self, wanted_px: float, least_px: float, levels: tuple[float, float]) -> _Overlay:
        width, height = self._picture
        margin = self._margin
        room = (width - 2 * margin, int(LARGEST_SHARE * height))
        font = find_font(self._settings.text, self._settings.font)
        plate = draw_plate(font, self._settings.text, wanted_px=wanted_px, least_px=least_px, room=room)
        if plate is None:
            raise InvalidInput(
                f"label: {self._settings.text!r} cannot be made legible on a picture of {width}×{height} pixels; "
                "supported is a shorter label-text or a larger picture"
            )
        level, opacity = levels
        text, ground = plate.text[..., None], plate.plate[..., None]
        keep = (1.0 - np.float32(opacity) * ground) * (1.0 - text)
        return self._placed(_Overlay(plate, _levels(keep, text * np.float32(level))), ())

    def _placed(self, overlay: _Overlay, avoid: Sequence[Box]) -> _Overlay:
        spot = find_spot(
            self._settings.position, label=overlay.plate.size, picture=self._picture, margin=self._margin, avoid=avoid
        )
        return replace(overlay, spot=spot)

    @property
    def _margin(self) -> int:
        return round(MARGIN * min(self._picture))


def _levels(keep: NDArray[np.float32], ink: NDArray[np.float32]) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """`keep` and `ink` for each dtype; for integers as fixed-point numbers, so that every machine gives the same."""
    keep, ink = np.repeat(keep, 3, axis=2), np.repeat(ink, 3, axis=2)
    fixed: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {"float32": (keep, ink)}
    wide: dict[int, type[Any]] = {8: np.uint16, 16: np.uint32}
    for bits, word in wide.items():
        one = 1 << bits
        kept = np.rint(keep.astype(np.float64) * one)
        added = np.rint(ink.astype(np.float64) * ((one - 1) * one)) + one // 2
        fixed[f"uint{bits}"] = kept.astype(word), added.astype(word)
    return fixed


def _mixed(region: Pixels, keep: NDArray[Any], ink: NDArray[Any]) -> NDArray[Any]:
    """`region × keep + ink` in the region's own type."""
    if region.dtype == np.float32:  # brighter than white, negative or not a number: the plate must hide it all the same
        return np.fmax(np.fmin(region, np.float32(1.0)), np.float32(0.0)) * keep + ink
    mixed = np.multiply(region, keep, dtype=keep.dtype)
    mixed += ink
    mixed >>= keep.dtype.type(8 * region.dtype.itemsize)
    return mixed
