"""Decoding and encoding a whole clip, as tests of writers do."""

from __future__ import annotations

from pathlib import Path

from facefusion.media import VideoWriter, open_media
from facefusion.media.policy import ReadPolicy


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
