"""Colour for black-and-white frames, by a learned colouriser; there is none among the bundled weights."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.frame_colorizer.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.frame_colorizer.colorizer import FrameColorizer

__all__ = ["FrameColorizer", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "FrameColorizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.frame_colorizer.colorizer import FrameColorizer

    return FrameColorizer
