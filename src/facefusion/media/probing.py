"""Which reader a path needs, decided by content, never by suffix."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from facefusion.media.image_header import read_image_header, sniff_image
from facefusion.media.paths import NumberedPattern, check_input

ReaderKind = Literal["video", "animation", "image", "sequence", "folder"]


def kind_of(path: Path) -> ReaderKind:
    """Raises InvalidInput for a path that is nothing readable."""
    try:
        if path.is_dir():
            return "folder"
        if NumberedPattern.is_pattern(path):
            return "sequence"
    except OSError:  # too long a name, say: `check_input` tells it
        pass
    check_input(path)
    name = sniff_image(path)
    if name is None:
        return "video"
    return "animation" if read_image_header(path, name=name).is_animated else "image"
