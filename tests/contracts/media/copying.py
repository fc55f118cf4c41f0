"""Decoding and encoding a whole clip, as tests of writers do."""

from __future__ import annotations

from pathlib import Path

from facefusion.media import VideoWriter, open_media
from facefusion.media.policy import ReadPolicy

EVERY_CODEC = [
    ("h264", ".mp4", 8),
    ("h264", ".mp4", 10),
    ("h265", ".mp4", 8),
    ("h265", ".mov", 10),
    ("vp9", ".webm", 8),
    ("vp9", ".mp4", 8),
    ("av1", ".mp4", 8),
    ("av1", ".mkv", 10),
    ("prores", ".mov", 8),
    ("prores", ".mov", 10),
    ("ffv1", ".mkv", 8),
    ("ffv1", ".mkv", 10),
    ("ffv1", ".avi", 8),
    ("h264", ".ts", 8),
]
"""(codec, suffix of a container that takes it, bits)"""


def copy_clip(
    source: Path,
    output: Path,
    *,
    start: int = 0,
    stop: int | None = None,
    policy: ReadPolicy | None = None,
    **options: object,
) -> VideoWriter:
    """Decode and encode a clip, sound and all."""
    with open_media(source, policy=policy) as reader:
        times = reader.timestamps()
        if start or stop is not None:
            options["start"] = times[start]
            options["stop"] = times[stop] if stop is not None and stop < len(times) else None
        options.setdefault("copy_streams_from", source)
        with VideoWriter(output, like=reader.info, **options) as writer:  # type: ignore[arg-type]
            for frame in reader.frames(start=start, stop=stop):
                writer.write(frame)
    return writer
