"""Small media of every format, with metadata marks."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from facefusion.core import Frame, Timestamp
from facefusion.media import AnimationWriter, VideoFormat, VideoWriter, write_image
from facefusion.provenance import Marks

MARKS = Marks.of({"mesh"}, created=datetime(2026, 3, 1, 12, tzinfo=UTC), produce_id="job-1", version="1.2.3")


def picture(index: int = 0) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)


def write_medium(path: Path) -> Path:
    """A small picture, animation or clip in the format of its suffix, with the metadata marks."""
    frames = [Frame(picture(i), timestamp=Timestamp(i, Fraction(1, 10)), duration_pts=1) for i in range(6)]
    if path.suffix in (".gif", ".apng"):
        packet = MARKS.xmp() if path.suffix == ".apng" else None
        with AnimationWriter(path, xmp=packet) as animation:
            for frame in frames:
                animation.write(frame)
    elif path.suffix in (".mp4", ".mov", ".mkv", ".webm", ".avi"):
        like = VideoFormat(64, 48, time_base=Fraction(1, 10), average_fps=Fraction(10))
        with VideoWriter(path, like=like, metadata=MARKS.container_tags()) as clip:
            for frame in frames:
                clip.write(frame)
    else:
        write_image(path, frames[0], xmp=MARKS.xmp())
    return path
