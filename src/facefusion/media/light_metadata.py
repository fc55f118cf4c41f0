"""HDR's static metadata: the display a film was graded on (SMPTE ST 2086) and how bright it gets (CTA-861.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Point = tuple[Fraction, Fraction]
"""CIE 1931 x and y."""


@dataclass(frozen=True, slots=True)
class MasteringDisplay:
    """Primaries, white point, and luminance in cd/m²."""

    red: Point
    green: Point
    blue: Point
    white: Point
    min_nits: Fraction
    max_nits: Fraction


@dataclass(frozen=True, slots=True)
class LightMetadata:
    """mastering: None when unknown. max_cll, max_fall: brightest pixel and average frame in cd/m², 0 when unknown."""

    mastering: MasteringDisplay | None = None
    max_cll: int = 0
    max_fall: int = 0

    @property
    def has_levels(self) -> bool:
        return bool(self.max_cll or self.max_fall)


def light_metadata_of(picture: Any) -> LightMetadata | None:
    """What a decoded picture carries; None when it carries nothing."""
    mastering = picture.side_data.get("MASTERING_DISPLAY_METADATA")
    levels = picture.side_data.get("CONTENT_LIGHT_LEVEL")
    display = None if mastering is None else _display(bytes(mastering))
    max_cll, max_fall = (0, 0) if levels is None else struct.unpack("=2I", bytes(levels)[:8])
    found = LightMetadata(display, max_cll, max_fall)
    return None if found == LightMetadata() else found


def encoder_options(codec: str, light: LightMetadata) -> tuple[str, str] | None:
    """(option, value to add) that lets a codec's encoder write `light` into the pictures; None where it cannot."""
    style = _STYLES.get(codec)
    if style is None:
        return None
    option, mastering, levels, write = style
    entries = [] if light.mastering is None else [f"{mastering}={write(light.mastering)}"]
    if light.has_levels:
        entries.append(f"{levels}={light.max_cll},{light.max_fall}")
    return option, ":".join(entries)


def is_close(wanted: LightMetadata | None, found: LightMetadata | None) -> bool:
    """Whether nothing of `wanted` was lost but rounding (AV1 keeps 16 bits of a coordinate)."""
    if wanted is None or found is None:
        return wanted is None
    if (wanted.max_cll, wanted.max_fall) != (found.max_cll, found.max_fall):
        return False
    if wanted.mastering is None or found.mastering is None:
        return wanted.mastering is None
    pairs = zip(_numbers(wanted.mastering), _numbers(found.mastering), strict=True)
    return all(abs(a - b) <= max(Fraction(1, 10_000), a / 1000) for a, b in pairs)


def _display(raw: bytes) -> MasteringDisplay | None:
    """libav's AVMasteringDisplayMetadata: eleven rationals less one, then two flags; None unless both flags are set."""
    numbers = struct.unpack("=22i", raw[:88])
    if not (numbers[20] and numbers[21]) or not all(numbers[1:20:2]):
        return None
    values = [Fraction(numbers[n], numbers[n + 1]) for n in range(0, 20, 2)]
    red, green, blue, white = (tuple(values[n : n + 2]) for n in range(0, 8, 2))
    return MasteringDisplay(red, green, blue, white, values[8], values[9])  # type: ignore[arg-type]


def _numbers(display: MasteringDisplay) -> list[Fraction]:
    return [*display.green, *display.blue, *display.red, *display.white, display.max_nits, display.min_nits]


def _in_steps(display: MasteringDisplay) -> str:
    """In steps of 0.00002 and 0.0001 cd/m², as H.264 and H.265 store it."""
    steps = [*(round(number * 50_000) for number in _numbers(display)[:8])]
    return _written([str(step) for step in steps], *(str(round(n * 10_000)) for n in _numbers(display)[8:]))


def _in_decimals(display: MasteringDisplay) -> str:
    numbers = [f"{float(number):.6f}" for number in _numbers(display)]
    return _written(numbers[:8], *numbers[8:])


def _written(points: list[str], brightest: str, darkest: str) -> str:
    pairs = [f"{name}({points[2 * n]},{points[2 * n + 1]})" for n, name in enumerate(("G", "B", "R", "WP"))]
    return "".join(pairs) + f"L({brightest},{darkest})"


_STYLES: dict[str, Any] = {
    "h264": ("x264-params", "mastering-display", "cll", _in_steps),
    "h265": ("x265-params", "master-display", "max-cll", _in_steps),
    "av1": ("svtav1-params", "mastering-display", "content-light", _in_decimals),
}
