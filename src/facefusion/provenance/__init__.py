"""Marks: the visible label, the metadata, and reading them back. Light to import: names load on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from facefusion.provenance.settings import LabelPosition, LabelSettings

if TYPE_CHECKING:
    from facefusion.provenance.aigc import AigcMark as AigcMark
    from facefusion.provenance.label import Labeller as Labeller
    from facefusion.provenance.metadata import Marks as Marks
    from facefusion.provenance.packets import read_xmp as read_xmp
    from facefusion.provenance.places import mark_place as mark_place
    from facefusion.provenance.places import sidecar_path as sidecar_path
    from facefusion.provenance.report import Finding as Finding
    from facefusion.provenance.report import MarkReport as MarkReport
    from facefusion.provenance.terms import EditKind as EditKind
    from facefusion.provenance.verification import verify as verify
    from facefusion.provenance.verification import verify_all as verify_all

_HOMES = {
    "AigcMark": "aigc",
    "EditKind": "terms",
    "Finding": "report",
    "Labeller": "label",
    "MarkReport": "report",
    "Marks": "metadata",
    "mark_place": "places",
    "read_xmp": "packets",
    "sidecar_path": "places",
    "verify": "verification",
    "verify_all": "verification",
}

__all__ = [
    "AigcMark",
    "EditKind",
    "Finding",
    "LabelPosition",
    "LabelSettings",
    "Labeller",
    "MarkReport",
    "Marks",
    "mark_place",
    "read_xmp",
    "sidecar_path",
    "verify",
    "verify_all",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
