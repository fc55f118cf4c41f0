"""Face swapping by a textured mesh. The heavy parts load on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facefusion.processors.face_swapper.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.face_swapper.swapper import FaceSwapper

__all__ = ["FaceSwapper", "Settings"]


def __getattr__(name: str) -> Any:
    if name == "FaceSwapper":
        from facefusion.processors.face_swapper.swapper import FaceSwapper

        return FaceSwapper
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
