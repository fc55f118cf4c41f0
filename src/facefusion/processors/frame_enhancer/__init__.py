"""The bundled upscaler: larger frames with crisp edges, by resampling and back-projection, without any weights."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.frame_enhancer.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.frame_enhancer.enhancer import FrameEnhancer

__all__ = ["FrameEnhancer", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "FrameEnhancer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.frame_enhancer.enhancer import FrameEnhancer

    return FrameEnhancer
