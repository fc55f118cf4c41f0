"""Where the marks of an output live, by its format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

MarkPlace = Literal["xmp", "tags", "sidecar"]

XMP_SUFFIXES = frozenset({".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".exr"})
TAG_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm"})
SIDECAR_STILLS = frozenset({".bmp", ".dpx", ".hdr", ".gif", ".ppm", ".tga", ".jp2"})
SIDECAR_CLIPS = frozenset({".avi", ".mxf", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv", ".ogv", ".y4m", ".wmv"})
MEDIA_SUFFIXES = XMP_SUFFIXES | TAG_SUFFIXES | SIDECAR_STILLS | SIDECAR_CLIPS


def mark_place(path: Path) -> MarkPlace:
    """Where: a packet inside the picture ("xmp"), tags of the container, or a sidecar file (see `sidecar_path`).

    Decided by the suffix. A format that is not known gets a sidecar, so that nothing goes out unmarked.
    """
    suffix = Path(path).suffix.lower()
    if suffix in XMP_SUFFIXES:
        return "xmp"
    return "tags" if suffix in TAG_SUFFIXES else "sidecar"


def sidecar_path(path: Path) -> Path:
    """`shot.bmp` → `shot.bmp.xmp`. The whole name is kept, so that `shot.bmp` and `shot.exr` do not share one."""
    path = Path(path)
    return path.with_name(path.name + ".xmp")
