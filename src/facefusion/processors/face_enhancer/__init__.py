"""The bundled face enhancer: a small network against blur and blocks, detail, denoise, local contrast, colour."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.face_enhancer.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.face_enhancer.enhancer import FaceEnhancer

__all__ = ["FaceEnhancer", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "FaceEnhancer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.face_enhancer.enhancer import FaceEnhancer

    return FaceEnhancer
