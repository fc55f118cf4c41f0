"""Hides who somebody is. The heavy parts load on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facefusion.processors.face_anonymiser.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser

__all__ = ["FaceAnonymiser", "Settings"]


def __getattr__(name: str) -> Any:
    if name == "FaceAnonymiser":
        from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser

        return FaceAnonymiser
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
