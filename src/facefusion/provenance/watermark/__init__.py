"""The invisible watermark: 64 bits in the pixels themselves. Light to import: names load on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facefusion.provenance.watermark.embedding import Watermark as Watermark
    from facefusion.provenance.watermark.reading import Reading as Reading
    from facefusion.provenance.watermark.reading import detect as detect
    from facefusion.provenance.watermark.reading import read_watermark as read_watermark

_HOMES = {"Watermark": "embedding", "Reading": "reading", "detect": "reading", "read_watermark": "reading"}

__all__ = ["Reading", "Watermark", "detect", "read_watermark"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
