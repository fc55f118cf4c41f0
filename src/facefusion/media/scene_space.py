"""Colour spaces of film pictures: linear light of any primaries, and every space of an OpenColorIO config.

Frames are worked on in the sRGB curve over Rec.709 primaries, which goes on below 0 and above 1: effects see what a
screen shows, and nothing that a film picture holds is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from facefusion.core import ColorInfo, Float32, Frame, to_unit
from facefusion.errors import UsageError
from facefusion.geometry.primaries import (
    ACES_AP0,
    ACES_AP1,
    REC709,
    Chromaticities,
    chromaticities_of,
    is_same,
    rgb_to_rgb,
)
from facefusion.media.packages import film_package

_SRGB = 13
WORKING = ColorInfo(primaries=1, transfer=_SRGB, matrix=0, full_range=True)
"""H.273 tags of the pixels of a frame that was read from linear light."""
DEFAULT_CONFIG = "ocio://studio-config-latest"
_REFERENCE = "lin_rec709"
_KNOWN: dict[str, Chromaticities] = {"ACES2065-1": ACES_AP0, "ACEScg": ACES_AP1, "Linear Rec.709 (sRGB)": REC709}
_INTEROP = {"ACES2065-1": "lin_ap0_scene", "ACEScg": "lin_ap1_scene", "Linear Rec.709 (sRGB)": "lin_rec709_scene"}


@dataclass(frozen=True, slots=True)
class SceneSpace:
    """One colour space. name: in the OpenColorIO `config`; empty for linear light of the `chromaticities` alone.

    is_linear: whether its values are proportional to light.
    """

    name: str = ""
    config: str = DEFAULT_CONFIG
    chromaticities: Chromaticities | None = REC709
    is_linear: bool = True

    @property
    def interop_id(self) -> str | None:
        """The name that EXR files give the space (Color Interop Forum), where there is one."""
        for name, chromaticities in _KNOWN.items():
            same = self.chromaticities is not None and is_same(self.chromaticities, chromaticities)
            if self.is_linear and same:
                return _INTEROP[name]
        return None

    def to_linear_709(self, pixels: Float32) -> Float32:
        """(H, W, 3) float32 of this space as linear light of Rec.709."""
        if self.name:
            return _applied(_processor(self.config, self.name, _REFERENCE), pixels)
        return _moved(pixels, self.chromaticities or REC709, REC709)

    def from_linear_709(self, linear: Float32) -> Float32:
        """The opposite."""
        if self.name:
            return _applied(_processor(self.config, _REFERENCE, self.name), linear)
        return _moved(linear, REC709, self.chromaticities or REC709)


def check_config(config: str) -> None:
    """Raise UsageError for an OpenColorIO config that cannot be read; a built-in one is not looked at."""
    if not config.startswith("ocio://"):
        _config(config)


def space_called(name: str, config: str = DEFAULT_CONFIG) -> SceneSpace:
    """The space `name` (or an alias of it) of an OpenColorIO config: a file, or a built-in one such as `ocio://default`.

    Raises UsageError for an unknown config or space, naming near ones.
    """
    import difflib

    opened = _config(config)
    found = opened.getColorSpace(name)
    if found is None:
        names = list(opened.getColorSpaceNames())
        near = difflib.get_close_matches(name.lower(), [one.lower() for one in names], n=4, cutoff=0.3)
        likely = [one for one in names if one.lower() in near] or names[:6]
        raise UsageError(f"colour space {name!r}: not in {config}; it has {', '.join(likely)}, … ({len(names)} in all)")
    if found.isData():
        raise UsageError(f"colour space {name!r}: holds data, no colour; name a space of pictures")
    try:
        _processor(config, found.getName(), _REFERENCE)
    except Exception as error:
        raise UsageError(f"{config}: cannot convert {name} to {_REFERENCE} ({_line(error)}); take another") from None
    is_linear = found.getEncoding() == "scene-linear"
    return SceneSpace(found.getName(), config, _KNOWN.get(found.getName()), is_linear)


def linear_space(chromaticities: Chromaticities) -> SceneSpace:
    """Linear light of `chromaticities`. Raises ValueError when they span no triangle."""
    rgb_to_rgb(chromaticities, REC709)
    return SceneSpace(chromaticities=chromaticities)


def working_pixels(linear_709: Float32) -> Float32:
    """(H, W, 3) linear light of Rec.709 as the pixels that frames hold."""
    from facefusion.geometry.transfer import from_linear

    return from_linear(linear_709, _SRGB)


def linear_709_of(frame: Frame) -> Float32:
    """(H, W, 3) float32 linear light of Rec.709 of a frame's pixels, by its colour tags."""
    return coded_to_linear_709(to_unit(frame.pixels), frame.color)


def coded_to_linear_709(pixels: Float32, color: ColorInfo) -> Float32:
    """(H, W, 3) float32 in [0, 1] coded as `color` says; untagged RGB is sRGB, untagged video BT.709."""
    from facefusion.geometry.transfer import to_linear

    return _moved(to_linear(pixels, curve_of(color)), chromaticities_of(color.primaries), REC709)


def curve_of(color: ColorInfo) -> int:
    """The H.273 transfer that is meant."""
    from facefusion.geometry.transfer import is_known

    if is_known(color.transfer):
        return color.transfer
    return _SRGB if color.matrix == 0 else 1


def _moved(pixels: Float32, source: Chromaticities, target: Chromaticities) -> Float32:
    if is_same(source, target):
        return pixels
    matrix = rgb_to_rgb(source, target)
    moved: Float32 = (pixels.astype(np.float64) @ matrix.T).astype(np.float32)
    return moved


def _applied(processor: Any, pixels: Float32) -> Float32:
    copy = np.array(pixels, np.float32, order="C")
    processor.applyRGB(copy)
    return copy


@lru_cache(maxsize=8)
def _config(name: str) -> Any:
    ocio = film_package("PyOpenColorIO", what="colour spaces by name")
    try:
        return ocio.Config.CreateFromFile(name)
    except Exception as error:
        builtin = ", ".join(f"ocio://{one[0]}" for one in ocio.BuiltinConfigRegistry().getBuiltinConfigs())
        raise UsageError(
            f"OpenColorIO config {name!r}: cannot be read ({_line(error)}); give a config.ocio file or one of {builtin}"
        ) from None


@lru_cache(maxsize=16)
def _processor(config: str, source: str, target: str) -> Any:
    return _config(config).getProcessor(source, target).getDefaultCPUProcessor()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


LINEAR_REC709 = SceneSpace()
