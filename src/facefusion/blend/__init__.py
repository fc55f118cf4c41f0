"""Masks and pasting: how an edit meets the picture. Knows nothing of models. The heavy parts load on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facefusion.blend.settings import ALL_AREAS, Area, BlendMode, BlendSettings, MaskSettings

if TYPE_CHECKING:
    from facefusion.blend.masks import face_mask, restrict
    from facefusion.blend.pasting import paste

__all__ = ["ALL_AREAS", "Area", "BlendMode", "BlendSettings", "MaskSettings", "face_mask", "paste", "restrict"]


def __getattr__(name: str) -> Any:
    if name == "paste":
        from facefusion.blend.pasting import paste

        return paste
    if name in ("face_mask", "restrict"):
        from facefusion.blend import masks

        return getattr(masks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
