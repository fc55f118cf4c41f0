"""Lips that follow speech, by a learned network; there is none among the bundled weights."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.lip_syncer.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.lip_syncer.syncer import LipSyncer

__all__ = ["LipSyncer", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "LipSyncer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.lip_syncer.syncer import LipSyncer

    return LipSyncer
